internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// One page of a pull (rules 21–25), read inside one snapshot.
struct Pull {
  let store: HubSession
  let request: SyncRequest
  let device: HubDevice
  /// The schema as the device knows it: nothing else is told.
  let view: SyncSchema
  let upgrade: Upgrade?
  let granted: Set<String>
  let installed: Set<String>
  /// Scopes that the device does not hold yet, or holds as another role saw them.
  let entered: Set<String>
  var token: PullToken

  init(
    _ store: HubSession, _ request: SyncRequest, _ device: HubDevice, _ view: SyncSchema
  ) throws(RelayError) {
    self.store = store
    self.view = view
    upgrade = try Upgrade(store, from: request.installed, to: view, role: device.role)
    self.request = request
    self.device = device
    granted = device.readable
    #if MUTATIONS
      let who = "\(store.db.path) \(device.id)"
      installed = Mutation.isPlanted(.hubRemembers) ? Mutation.memory.sent(who) : Set(request.scopes)
    #else
      installed = Set(request.scopes)
    #endif
    token = PullToken(request, device, epoch: store.epoch, view: view)
    if let bytes = request.pull?.token, !bytes.isEmpty {
      try token.resume(bytes)
    } else {
      token.wholeSince = try Pull.losesTooMany(store, request, device) ? try store.head() : nil
    }
    entered =
      (request.role == device.role || Mutation.isPlanted(.roleUnnamed)) && token.wholeSince == nil
      ? granted.subtracting(installed) : granted
  }

  /// Did more rows leave the device than a closing can list?
  static func losesTooMany(
    _ store: HubSession, _ request: SyncRequest, _ device: HubDevice
  ) throws(RelayError) -> Bool {
    var count: Int64 = 0
    let granted = device.readable
    for scope in try store.everGranted(device.id) where granted.contains(scope) || request.scopes.contains(scope) {
      let isGone = !granted.contains(scope)
      let rows =
        !isGone
        ? "SELECT count(*) FROM exits WHERE scope = ?1 AND seq > ?2"
        : scope == ScopeGrant.everything
          ? "SELECT count(*) FROM row"
          : "SELECT count(*) FROM feed WHERE scope = (SELECT id FROM scope WHERE name = ?1)"
      count += try store.db.first(rows, isGone ? [.text(scope)] : [.text(scope), .seq(request.base)])?[0].integer ?? 0
    }
    return count > Int64(store.mostExits)
  }

  mutating func page() throws(RelayError) -> PullPage {
    var page = PullPage(grants: device.grants, role: device.role)
    #if MUTATIONS
      if request.pull?.token.isEmpty != false {
        Mutation.memory.begin("\(store.db.path) \(device.id)", try store.head())
      }
    #endif
    var brought = PageRows(device: device, schema: view)
    page.isWhole = token.wholeSince != nil
    let limit = Int(clamping: max(1, request.pull?.pageBytes ?? 0))
    // A large row has a page for itself, so that the page stays one that can be sent.
    let most = max(limit, Limits.part)
    var size = 0
    while let seq = try nextSeq() {
      for stored in try rows(at: seq) where seq > token.seq || token.row < stored.row {
        if size >= limit {
          (page.token, page.rows) = (token.encoded, brought.finished)
          return page
        }
        if let record = try record(stored, seq) {
          let bytes = brought.size(record)
          if size > 0, size + bytes > most {
            (page.token, page.rows) = (token.encoded, brought.finished)
            return page
          }
          brought.append(record)
          size += bytes
        }
        (token.seq, token.row) = (seq, stored.row)
      }
      (token.seq, token.row) = (seq + 1, RowID(table: 0, key: []))
    }
    page.rows = brought.finished
    if size > most { page.token = token.encoded } else { page.closing = try closing() }
    return page
  }

  /// The scopes to walk; the one that holds everything makes the others needless.
  private var walked: [String] { granted.contains(ScopeGrant.everything) ? [ScopeGrant.everything] : granted.sorted() }

  private func start(_ scope: String) -> UInt64 {
    max(token.seq, entered.contains(scope) ? 0 : min(request.base + 1, upgrade?.start ?? .max))
  }

  private func nextSeq() throws(RelayError) -> UInt64? {
    var next: UInt64?
    for scope in walked {
      let found: Int64?
      if scope == ScopeGrant.everything {
        found = try store.db.first("SELECT min(seq) FROM row WHERE seq >= ?", [.seq(start(scope))])?[0].integer
      } else {
        found = try store.db.first(
          "SELECT min(seq) FROM feed WHERE scope = (SELECT id FROM scope WHERE name = ?) AND seq >= ?",
          [.text(scope), .seq(start(scope))])?[0].integer
      }
      if let found, next == nil || UInt64(found) < next! { next = UInt64(found) }
    }
    return next
  }

  /// Rows whose place in this pull is `seq`, by (table, key).
  private func rows(at seq: UInt64) throws(RelayError) -> [StoredRow] {
    var ids: Set<Int64> = []
    for scope in walked where seq >= start(scope) {
      if scope == ScopeGrant.everything {
        ids.formUnion(
          try store.db.query("SELECT id FROM row WHERE seq = ?", [.seq(seq)]) { (row) throws(RelayError) in row.int(0) }
        )
      } else {
        ids.formUnion(
          try store.db.query(
            "SELECT row FROM feed WHERE scope = (SELECT id FROM scope WHERE name = ?) AND seq = ?",
            [.text(scope), .seq(seq)]
          ) { (row) throws(RelayError) in row.int(0) })
      }
    }
    var list: [StoredRow] = []
    for id in ids.sorted() { if let stored = try store.load(id: id), position(stored) == seq { list.append(stored) } }
    return list.sorted { $0.row < $1.row }
  }

  /// A row in several scopes comes once: at its last change, or where it entered.
  private func position(_ stored: StoredRow) -> UInt64? {
    if granted.contains(ScopeGrant.everything) { return stored.seq }
    let newest = stored.scopes.filter { granted.contains($0.name) }.map(\.seq).max()
    if let newest, newest > request.base { return newest }
    return stored.scopes.filter { entered.contains($0.name) }.map(\.seq).max() ?? (upgrade == nil ? nil : newest)
  }

  /// Does the device hold the row at its base, as far as it knew the columns?
  private func isInstalled(_ stored: StoredRow, _ seq: UInt64) -> Bool {
    seq <= request.base && !entered.contains(ScopeGrant.everything)
      && !stored.scopes.contains { entered.contains($0.name) }
  }

  private func record(_ stored: StoredRow, _ seq: UInt64) throws(RelayError) -> RowRecord? {
    guard let table = view.table(stored.row.table), table.access(device.role).reads else { return nil }
    guard try !table.isUpOnly(stored.row, stored.state, device.role) else { return nil }
    guard let values = try table.shownValues(stored.row, stored.state) else {
      // What a dead row can still ask is whether it should be.
      let entries = try entries(stored, table).filter { $0.cell == .live }
      guard seq > request.base || !entries.isEmpty else { return nil }
      return RowRecord(row: stored.row, seq: seq, values: nil, entries: entries)
    }
    if let upgrade, isInstalled(stored, seq), !upgrade.brings(table, values) { return nil }
    var record = RowRecord(
      row: stored.row, seq: seq, values: table.readableColumns(device.role).map { values[$0] })
    record.stamps = table.stamped(try stamps(stored, table), values)
    record.entries = try entries(stored, table)
    return record
  }

  /// All live writes of the cells that have one newer than the floor.
  private func stamps(_ stored: StoredRow, _ table: TableSchema) throws(RelayError) -> [Cell] {
    var stamps: [Cell] = []
    for var cell in stored.state.cells where cell.isTelling && reads(cell.id, table) {
      guard cell.writes.contains(where: { $0.seq > request.floor }) else { continue }
      if table.group(cell.id.group)?.policy.travelsAsSum == true, let id = stored.id {
        cell.writes = try travelling(cell, id)
      }
      stamps.append(cell)
    }
    return stamps
  }

  func reads(_ cell: CellID, _ table: TableSchema) -> Bool {
    cell.group == 0
      ? table.access(device.role).reads : table.group(cell.group).map { table.reads($0, device.role) } ?? false
  }

  private func entries(_ stored: StoredRow, _ table: TableSchema) throws(RelayError) -> [EntryRecord] {
    let open = try store.db.query(
      "SELECT cell, opened FROM entry WHERE tbl = ? AND key = ? AND status = 'open' ORDER BY cell",
      [.integer(Int64(stored.row.table)), .blob(stored.row.key)]
    ) { (row) throws(RelayError) in (row.blob(0), UInt64(row.int(1))) }
    var list: [EntryRecord] = []
    for cell in open.isEmpty ? [] : stored.state.cells where reads(cell.id, table) {
      guard let found = open.first(where: { $0.0 == CellsBlob.encode(cell.id) }) else { continue }
      let shown = table.shownWrite(cell)
      var siblings: [SiblingRecord] = []
      for write in cell.writes.filter({ $0 == shown }) + cell.writes.filter({ $0 != shown }) {
        siblings.append(try store.sibling(write))
      }
      list.append(
        EntryRecord(
          cell: cell.id, opened: found.1, siblings: siblings,
          ancestor: try store.ancestor(of: cell, in: stored, table)))
    }
    return list
  }
}

/// The rows of one answer, with the columns that the device's role reads.
struct PageRows {
  let device: HubDevice
  let schema: SyncSchema
  private var writer = RowsWriter()
  private var table: (id: UInt32, columns: [UInt32])?

  init(device: HubDevice, schema: SyncSchema) {
    self.device = device
    self.schema = schema
  }

  var finished: EncodedRows { writer.finished }

  mutating func append(_ record: RowRecord) {
    if table?.id != record.row.table {
      let columns = columns(record.row.table)
      table = (record.row.table, columns)
      writer.begin(table: record.row.table, columns: columns)
    }
    writer.append(record)
  }

  /// Bytes on the wire, at most.
  func size(_ record: RowRecord) -> Int { record.size(columns: columns(record.row.table)) }

  private func columns(_ id: UInt32) -> [UInt32] {
    if let table, table.id == id { return table.columns }
    return schema.table(id).map { table in table.readableColumns(device.role).map { table.columns[$0].id } } ?? []
  }
}
