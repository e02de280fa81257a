internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// The first half of an install: rows of which nothing is kept beside their table go from the page's bytes into it, in
/// the order in which they came. What needs thought is left for the second half.
struct ColdRows {
  let core: ReplicaCore
  let pull: CompletePull
  private let installs: UInt64
  private let exits: Set<RowID>
  /// What only lost work had brought.
  private let brought: Set<RowID>
  private let isWatched: Bool
  private var marks: RowMarks
  private var writers: [UInt32: TableWriter] = [:]
  /// Tables that this connection cannot write as they are.
  private var unwritable: Set<UInt32> = []
  /// Rows under work, in conflict, or refused by the file: the newest of each.
  private(set) var hot: [RowID: CompletePull.Arrived] = [:]
  /// Rows that follow a parent and were written already: only where a pull has several pages may one come again.
  private var followers: Set<RowID> = []
  var changed: Set<UInt32> = []
  private let own: OwnRows?
  private(set) var newest = HybridTime.zero

  init(_ core: ReplicaCore, _ pull: CompletePull, _ installs: UInt64, _ own: OwnRows?) throws(RelayError) {
    (self.core, self.pull, self.installs) = (core, pull, installs)
    exits = Set(pull.closing.exits)
    brought = Set(try core.stores.brought.rows())
    isWatched = core.view.shownRows != nil
    // Beside the app's triggers each row is shown with a note of it: what is written without one would be put back.
    self.own = isWatched ? nil : own
    marks = try RowMarks(core.db)
    if pull.leavesTheRest {
      try core.stores.arrived.begin()
    }
  }

  /// Once every page was written.
  mutating func finish() throws(RelayError) {
    for id in changed { if let table = core.schema.table(id) { core.shown(table) } }
    (writers, followers) = ([:], [])
  }

  mutating func write(_ row: inout RowCursor, _ sums: inout ScopeSums) throws(RelayError) {
    newest = max(newest, row.newest)
    if !brought.isEmpty {
      let row = RowID(table: row.table, key: Array(row.key))
      if brought.contains(row), !Mutation.isPlanted(.broughtGoes) { try core.stores.brought.arrived(row) }
    }
    if !exits.isEmpty, exits.contains(RowID(table: row.table, key: Array(row.key))) { return }
    if pull.leavesTheRest {
      try core.stores.arrived.add(RowID(table: row.table, key: Array(row.key)))
    }
    let found = try marks.marks(row.table, row.key)
    let isHot = !hot.isEmpty && hot[RowID(table: row.table, key: Array(row.key))] != nil
    guard !isHot, !row.hasEntries, found.isSubset(of: .dead) || own != nil && found.contains(.pending),
      let writer = try writer(row.table)
    else { return try leave(&row) }
    try writer.take(row)
    if found.contains(.pending) {
      guard let own, try confirm(&row, writer, found, own, &sums) else { return try leave(&row) }
      return
    }
    let isPut = try row.isAlive ? put(&row, writer, found, &sums) : bury(&row, writer, found, &sums)
    if isPut { changed.insert(row.table) } else { try leave(&row) }
  }

  /// For the second half.
  private mutating func leave(_ row: inout RowCursor) throws(RelayError) {
    let record = try row.record()
    hot[record.row] = CompletePull.Arrived(columns: row.columns, record: record)
  }

  private mutating func writer(_ id: UInt32) throws(RelayError) -> TableWriter? {
    if let writer = writers[id] { return writer }
    guard !unwritable.contains(id) else { return nil }
    let table = try core.table(id)
    do throws(RelayError) {
      let writer = try TableWriter(core, table, role: pull.newRole)
      writers[id] = writer
      return writer
    } catch {
      guard error.isOfTheRow else { throw error }
      unwritable.insert(id)
      return nil
    }
  }

  // MARK: A living row

  /// - Returns: false where it needs thought; then nothing was written.
  private mutating func put(
    _ row: inout RowCursor, _ writer: TableWriter, _ found: RowMark, _ sums: inout ScopeSums
  ) throws(RelayError) -> Bool {
    let isPlain = !isWatched && !writer.mayChange(row)
    if sums.kind == .fresh, isPlain, found.isEmpty {
      switch try writer.insert(row) {
      case .written:
        sums.add(row, writer)
        return true
      case .refused: return false
      case .exists: break
      }
    }
    let was = try writer.standing()
    let table = writer.table
    if was == nil, sums.kind == .change { try noteEntered(&row, table) }
    // In a first pull all that stands without a mark came with an earlier page.
    let id = was == nil && !sums.mayBeParent(table.id) && isPlain ? nil : RowID(table: row.table, key: Array(row.key))
    if let id {
      try sums.keepPlace(id, table, was, core)
    }
    guard try store(row, writer, id, hadRow: was != nil, isPlain) else { return false }
    if let id, let was { try sums.remove(id, table, was, core, isOfThisPull: isRepeated(id, sums)) }
    if found.contains(.dead) {
      try core.stores.dead.remove(RowID(table: row.table, key: Array(row.key)))
      sums.noteRevived(row.table)
    }
    sums.add(row, writer)
    if let id {
      remember(id, table, sums)
    } else if pull.hasPages, table.parent != nil, sums.kind == .change {
      followers.insert(RowID(table: row.table, key: Array(row.key)))
    }
    return true
  }

  private func isRepeated(_ row: RowID, _ sums: ScopeSums) -> Bool { sums.kind == .fresh || followers.contains(row) }

  mutating func remember(_ row: RowID, _ table: TableSchema, _ sums: ScopeSums) {
    if pull.hasPages, table.parent != nil, sums.kind == .change { followers.insert(row) }
  }

  private func store(
    _ row: RowCursor, _ writer: TableWriter, _ id: RowID?, hadRow: Bool, _ isPlain: Bool
  ) throws(RelayError) -> Bool {
    if isPlain {
      return try (hadRow ? writer.update(row) : writer.insert(row)) == .written
    }
    guard let id else { return false }
    guard try core.view.show(id, writer.values(row), writer.table) == nil else { return false }
    try core.view.show(seq: row.seq, id, writer.table)
    return true
  }

  private func noteEntered(_ row: inout RowCursor, _ table: TableSchema) throws(RelayError) {
    let arrived = CompletePull.Arrived(columns: row.columns, record: try row.record())
    try core.noteEntered(
      arrived.record.row, table, try arrived.values(table), try arrived.stamps(table), pull, installs)
  }

  // MARK: A dead row

  private mutating func bury(
    _ row: inout RowCursor, _ writer: TableWriter, _ found: RowMark, _ sums: inout ScopeSums
  ) throws(RelayError) -> Bool {
    let (id, table) = (RowID(table: row.table, key: Array(row.key)), writer.table)
    let was = try writer.standing()
    if was == nil, sums.kind == .change, found.isEmpty { try noteEntered(&row, table) }
    try sums.keepPlace(id, table, was, core)
    if let was {
      let isGone = try isWatched ? core.view.show(id, nil, table) == nil : writer.remove() == .written
      guard isGone else { return false }
      try sums.remove(id, table, was, core, isOfThisPull: isRepeated(id, sums))
    }
    try marks.fill(.dead)
    try core.stores.dead.add(id, base: pull.closing.head)
    return true
  }
}
