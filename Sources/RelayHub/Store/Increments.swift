internal import RelayMerge
internal import RelayProtocol

/// The increments of counters, each by itself and for ever. In its row a counter lies as their sum, so that one more
/// costs the same however many there were, and no counter outgrows a message.
extension HubSession {
  /// A counter's live increments, newest first.
  ///
  /// - Parameter most: how many; all where it is not given.
  func increments(
    _ row: Int64, _ group: GroupID, _ seqs: ClosedRange<UInt64> = 0...Limits.sequence, most: Int = .max
  ) throws(RelayError) -> [CellWrite] { try store.rows.increments(row, group, seqs, most: most) }

  /// What a counter's increments up to `seq` come to: the whole sum without the `newer` ones, in the names of its own.
  func older(_ counter: Cell, _ row: Int64, upTo seq: UInt64, without newer: [CellWrite]) throws(RelayError)
    -> [CellWrite]
  {
    let rest = counter.writes.sum - newer.sum
    let names = try increments(row, counter.id.group, 0...seq, most: Int(clamping: rest.magnitude >> 63) + 1)
    return names.named(rest)
  }

  /// Each increment for itself in place of the sums, for what has to tell them apart: an insert covers those that its
  /// author had seen, a strict transaction asks about every one.
  func expand(_ stored: inout StoredRow) throws(RelayError) {
    guard let id = stored.id, let table = schema.table(stored.row.table), !stored.isExpanded else { return }
    stored.isExpanded = true
    for cell in stored.state.cells where table.group(cell.id.group)?.policy.travelsAsSum == true {
      stored.state.replace(cell.id, try increments(id, cell.id.group).sorted { $0.dot < $1.dot })
    }
  }

  /// Writes a row that the transaction `dot` wrote, and keeps what it did to the row's counters.
  func save(_ stored: inout StoredRow, writtenBy dot: Dot, isOwn: Bool) throws(RelayError) {
    // It was not there, and no counter of it was counted.
    guard stored.plain == nil else { return try save(&stored, isOwn: isOwn) }
    let counters = schema.table(stored.row.table)?.groups.filter(\.policy.travelsAsSum) ?? []
    let cells = counters.map { Cell(id: CellID($0.id), writes: stored.state.writes(CellID($0.id))) }
    let wasExpanded = stored.isExpanded
    for cell in cells { stored.state.replace(cell.id, cell.writes.summed) }
    stored.isExpanded = false
    try save(&stored, isOwn: isOwn)
    guard let id = stored.id else { throw RelayError(.invariant, "a row without an id") }
    for cell in cells {
      if wasExpanded {
        let live = Set(cell.writes.map(\.seq))
        for covered in try increments(id, cell.id.group) where !live.contains(covered.seq) {
          try store.rows.removeIncrement(id, cell.id.group, seq: covered.seq)
        }
      }
      guard let new = cell.writes.first(where: { $0.dot == dot }), case .delta(let delta) = new.value else { continue }
      try store.rows.addIncrement(new, delta: delta, id, cell.id.group)
    }
  }
}

extension [CellWrite] {
  var sum: Int128 {
    reduce(0) { sum, write in if case .delta(let delta) = write.value { sum + Int128(delta) } else { sum } }
  }

  /// One increment in place of all, which says what they say together; named by the newest, with the latest of their
  /// times. Several only where 64 bits cannot hold the sum.
  var summed: [CellWrite] { count > 1 ? named(sum) : self }

  /// `total` under the names of these writes, the newest first. They must be enough: as many as 64 bits take to hold it.
  func named(_ total: Int128) -> [CellWrite] {
    let latest = map(\.effective).max() ?? .zero
    var rest = total
    var sums: [CellWrite] = []
    for write in sorted(by: { $0.seq > $1.seq }) {
      let part = Int64(clamping: rest)
      sums.append(CellWrite(dot: write.dot, seq: write.seq, effective: latest, value: .delta(part)))
      rest -= Int128(part)
      if rest == 0 { break }
    }
    return sums.sorted { $0.dot < $1.dot }
  }
}

extension Pull {
  /// A counter as it travels: increments that no operation of the device can tell apart come as one. What is not newer
  /// than the floor every one of its pending operations has seen; what others wrote after its base none of them has;
  /// and its own work after the base has been seen by whatever it wrote later.
  ///
  /// Of what lies between floor and base the newest come by themselves, the rest as one: a device that inserts a row
  /// again over more foreign increments than that sees a preliminary sum until its insert is judged.
  func travelling(_ counter: Cell, _ row: Int64) throws(RelayError) -> [CellWrite] {
    // A device that holds nothing and has no work tells nothing apart.
    if request.base == 0, request.pending.intervals.isEmpty { return counter.writes }
    let newer = try session.increments(row, counter.id.group, request.floor + 1...Limits.sequence)
    let each = newer.filter { $0.seq > request.base }
    let late = Mutation.isPlanted(.sumsBlur) ? each.summed : each
    let between = newer.filter { $0.seq <= request.base }
    var writes = Array(between.prefix(Limits.increments))
    writes += Array(between.dropFirst(Limits.increments)).summed
    writes += late.filter { $0.dot.replica == request.replica }.summed
    writes += late.filter { $0.dot.replica != request.replica }.summed
    writes += try session.older(counter, row, upTo: request.floor, without: newer)
    // A device's clock goes on from the latest time that it is told.
    let latest = counter.writes.map(\.effective).max() ?? .zero
    for at in writes.indices { writes[at].effective = max(writes[at].effective, latest) }
    return writes.sorted { $0.dot < $1.dot }
  }
}
