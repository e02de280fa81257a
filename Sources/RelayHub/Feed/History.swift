internal import RelayMerge
internal import RelayProtocol

/// Why a row is what it is. `history` names the transactions that wrote a row that is here; `attempt` those that were
/// refused, by key, because their row may never have come to be.
extension HubSession {
  /// One page, newest first: of a row that the device may read now everything, of any other one only what this device
  /// itself was refused.
  func history(_ request: HistoryRequest, _ device: HubDevice) throws(RelayError) -> HistoryResponse {
    guard request.epoch == epoch || request.epoch == .zero else {
      throw RelayError(.hubRolledBack, "another history of the hub")
    }
    var response = HistoryResponse(head: try head())
    let view = try servedView(request.schemaVersion)
    let door = Door(device, view)
    guard let table = door.table(request.row.table) else { return response }
    let stored = try load(request.row)
    var isReadable = false
    if let stored, try door.holds(stored) != nil {
      isReadable = true
      // Later pages go on with the transactions alone.
      if request.before == 0 { response.cells = try cells(stored, table, door) }
    }
    let seqs = try seqs(request, isReadable ? stored?.id : nil, device)
    // Where the cells fill an answer, the transactions begin with the next one.
    var size = response.cells.reduce(0) { $0 + $1.size }
    for (at, seq) in seqs.enumerated() {
      guard response.records.count < max(1, request.most), size < Limits.part, at < Limits.historyPage else {
        response.next = seq + 1
        return response
      }
      let (record, bytes) = try record(seq, request.row, table, device.role)
      size += bytes
      if let record { response.records.append(record) }
    }
    return response
  }

  /// Of everything that concerns the row, descending; own refusals are seen, those of others are not.
  private func seqs(_ request: HistoryRequest, _ row: Int64?, _ device: HubDevice) throws(RelayError) -> [UInt64] {
    try store.log.history(
      of: row, request.row, refusedTo: device.id, before: request.before == 0 ? Limits.sequence : request.before,
      most: Limits.historyPage + 1)
  }

  /// - Returns: the record, nil where the role reads nothing of what was done; and how many bytes had to be read.
  private func record(
    _ seq: UInt64, _ row: RowID, _ table: TableSchema, _ role: String
  ) throws(RelayError) -> (HistoryRecord?, Int) {
    guard let transaction = try store.log.record(at: seq) else {
      throw RelayError(.invariant, "the history names transaction \(seq), which is not here")
    }
    var record = HistoryRecord(
      verdict: transaction.verdict, author: transaction.author, device: try deviceName(transaction.device),
      received: UInt64(max(0, transaction.received)), change: nil)
    guard let bytes = try store.log.body(seq, most: .max) else { return (record, 0) }
    let decoded = try Transaction(sealed: bytes, cutTo: row)
    var change = decoded.act(on: row)
    change.operations = change.operations.compactMap { table.readable($0, role) }
    guard !change.operations.isEmpty else { return (nil, bytes.count) }
    record.change = change
    return (record, bytes.count)
  }

  private func cells(_ stored: StoredRow, _ table: TableSchema, _ door: Door) throws(RelayError) -> [EntryRecord] {
    let open = try store.conflicts.openEntries(stored.row)
    var list: [EntryRecord] = []
    // Elements that were taken out are told too, as far as there is room for them.
    var room = Limits.columns + Limits.elements - stored.state.cells.count(where: \.isTelling)
    for var cell in stored.state.cells {
      if !cell.isTelling {
        guard room > 0 else { continue }
        room -= 1
      }
      let group = table.group(cell.id.group)
      if group?.policy.travelsAsSum == true, let id = stored.id { cell.writes = try listed(cell, id) }
      guard door.reads(cell.id, table) else { continue }
      let shown = table.shownWrite(cell)
      var siblings: [SiblingRecord] = []
      for write in cell.writes.filter({ $0 == shown }) + cell.writes.filter({ $0 != shown }) {
        siblings.append(try sibling(write))
      }
      let opened = open.first { $0.cell == CellsBlob.encode(cell.id) }?.opened ?? 0
      list.append(EntryRecord(cell: cell.id, opened: opened, siblings: siblings))
    }
    return list
  }

  /// What waits for a person in a row, as far as the device may read it.
  func entries(_ stored: StoredRow, _ table: TableSchema, _ door: Door) throws(RelayError) -> [EntryRecord] {
    // Where every cell has one write there is nothing to decide.
    guard stored.state.cells.contains(where: { $0.writes.count > 1 }) else { return [] }
    let open = try store.conflicts.openEntries(stored.row)
    var list: [EntryRecord] = []
    for cell in open.isEmpty ? [] : stored.state.cells where door.reads(cell.id, table) {
      guard let found = open.first(where: { $0.cell == CellsBlob.encode(cell.id) }) else { continue }
      let shown = table.shownWrite(cell)
      var siblings: [SiblingRecord] = []
      for write in cell.writes.filter({ $0 == shown }) + cell.writes.filter({ $0 != shown }) {
        siblings.append(try sibling(write))
      }
      list.append(
        EntryRecord(
          cell: cell.id, opened: found.opened, siblings: siblings,
          ancestor: try ancestor(of: cell, in: stored, table)))
    }
    return list
  }

  /// A counter's newest increments and the sum of those before, ascending by dot.
  private func listed(_ counter: Cell, _ row: Int64) throws(RelayError) -> [CellWrite] {
    let newest = try increments(row, counter.id.group, most: Limits.increments)
    let older = try older(counter, row, upTo: (newest.last?.seq ?? 1) - 1, without: newest)
    return (newest + older).sorted { $0.dot < $1.dot }
  }

  /// A live write with who wrote it.
  func sibling(_ write: CellWrite) throws(RelayError) -> SiblingRecord {
    let record = try store.log.record(write.dot)
    return SiblingRecord(
      write: write, author: record?.author ?? "",
      device: try record.map { (r) throws(RelayError) in try deviceName(r.device) } ?? "")
  }
}

extension TableSchema {
  /// What a role may know of an operation; nil where that is nothing.
  func readable(_ operation: Operation, _ role: String) -> Operation? {
    func reads(_ id: GroupID) -> Bool { group(id).map { self.reads($0, role) } ?? false }
    guard case .insert(let groups) = operation.kind else {
      return operation.group == 0 || reads(operation.group) ? operation : nil
    }
    return Operation(.insert(groups.filter { reads($0.group) }), resolves: operation.resolves)
  }
}
