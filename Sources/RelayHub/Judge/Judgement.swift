internal import RelayMerge
internal import RelayProtocol

/// One transaction on its way through the hub: rows as they were and as they would be.
final class Judgement {
  let session: HubSession
  let transaction: Transaction
  let authority: Authority
  /// The role that it is judged by.
  let role: String
  let seq: UInt64
  let effective: HybridTime
  /// Milliseconds since 1970.
  let now: Int64
  /// The transaction's own rows, in its order, which ascends.
  private var own: [RowWork?]
  /// Rows that it does not write but looks at: parents, and those above them.
  private var others: [RowID: RowWork] = [:]
  private var isClean: Bool?
  /// Looked for once: refused work that its author had seen, of which is forgotten what it did.
  private var forgotten: Dot??
  /// Of a transaction that was made in a history that this hub has lost.
  var originalBases: OriginalBases?
  /// Does it come after what its replica did later? It waited, and that did not.
  var isLate = false
  /// By seq: later work of its replica, as it was looked at.
  var whole: [UInt64: (transaction: Transaction, changes: [RowID: RowChange])] = [:]
  /// Where its rows are among those that were looked up for its group.
  var ahead: Range<Int>?
  /// What an accepted transaction writes, ascending.
  var judged: [RowWork]?
  private var lastView: TableView?

  init(
    _ session: HubSession, _ transaction: Transaction, _ authority: Authority, seq: UInt64, effective: HybridTime,
    now: Int64
  ) {
    self.session = session
    self.transaction = transaction
    self.authority = authority
    role = authority.role(transaction.role)
    self.seq = seq
    self.effective = effective
    self.now = now
    // Most have one row: a literal costs a fifth of what a repetition does.
    own = transaction.rows.count == 1 ? [nil] : Array(repeating: nil, count: transaction.rows.count)
  }

  var device: HubDevice { authority.device }

  // MARK: Rows

  /// The work on one of the transaction's own rows; nil where the hub has no such table.
  func own(_ at: Int) throws(RelayError) -> RowWork? {
    if let known = own[at] { return known }
    try lookUp(at)
    return own[at]
  }

  /// Rows that are looked up together: each look-up is a round trip where the store is a server.
  private static let together = 1000

  /// Looks up the own rows from one on, as far as they are not known.
  private func lookUp(_ first: Int) throws(RelayError) {
    if transaction.rows.count == 1 { return try lookUpOnly() }
    var places: [Int] = []
    for at in first..<min(first + Self.together, transaction.rows.count)
    where own[at] == nil && table(transaction.rows[at].row.table) != nil { places.append(at) }
    for (at, old) in zip(places, try found(places)) {
      let change = transaction.rows[at]
      guard let table = table(change.row.table) else { continue }
      own[at] = RowWork(change.row, table, change, old: old)
    }
  }

  /// Most pushes have one row.
  private func lookUpOnly() throws(RelayError) {
    let change = transaction.rows[0]
    guard let table = table(change.row.table) else { return }
    let old: StoredRow?
    if let ahead, let known = session.memory?.ahead, ahead.upperBound <= known.count {
      old = try session.row(change.row, ahead: known[ahead.lowerBound])
    } else {
      old = try session.load(change.row)
    }
    own[0] = RowWork(change.row, table, change, old: old)
  }

  private func found(_ places: [Int]) throws(RelayError) -> [StoredRow?] {
    guard let ahead, let known = session.memory?.ahead, ahead.upperBound <= known.count else {
      return try session.load(places.map { transaction.rows[$0].row })
    }
    var list: [StoredRow?] = []
    list.reserveCapacity(places.count)
    for at in places {
      list.append(try session.row(transaction.rows[at].row, ahead: known[ahead.lowerBound + at]))
    }
    return list
  }

  /// The work on any row; nil where the hub has no such table.
  func work(_ row: RowID) throws(RelayError) -> RowWork? {
    if let at = index(row) { return try own(at) }
    if let known = others[row] { return known }
    guard let table = table(row.table) else { return nil }
    let work = RowWork(row, table, nil, old: try session.load(row))
    others[row] = work
    return work
  }

  /// Where the transaction's own change of a row stands.
  func index(_ row: RowID) -> Int? {
    var (low, high) = (0, transaction.rows.count)
    while low < high {
      let middle = (low + high) / 2
      if transaction.rows[middle].row < row { low = middle + 1 } else { high = middle }
    }
    return low < transaction.rows.count && transaction.rows[low].row == row ? low : nil
  }

  /// The transaction's own change of a row.
  func change(_ row: RowID) -> RowChange? { index(row).map { transaction.rows[$0] } }

  /// Every row that the transaction makes another one, ascending.
  func written() -> [RowWork] {
    var written: [RowWork] = []
    written.reserveCapacity(own.count)
    for case let work? in own where work.isWritten { written.append(work) }
    let signed = others.isEmpty ? [] : others.values.filter(\.isWritten)
    return signed.isEmpty ? written : (written + signed).sorted { $0.row < $1.row }
  }

  func table(_ id: UInt32) -> TableSchema? {
    if let lastView, lastView.table.id == id { return lastView.table }
    return session.schema.table(id)
  }

  // MARK: Tables

  /// What does not change from row to row of a table.
  func view(_ table: TableSchema) -> TableView {
    if let lastView, lastView.table.id == table.id { return lastView }
    let view = TableView(
      table, author: table.access(transaction.role), now: table.access(device.role), writes: table.access(role).writes)
    lastView = view
    return view
  }

  /// What the author of a change had seen.
  func context(_ view: TableView, base: UInt64) -> WriteContext {
    WriteContext(
      dot: transaction.dot, seq: seq, effective: effective, seen: transaction.seen, base: base, author: view.author,
      now: view.now)
  }

  // MARK: Places

  /// Where a row is once the whole transaction is merged; by its own rules, or its parent's place.
  func place(_ row: RowID) throws(RelayError) -> Place {
    guard let work = try work(row) else { return Place() }
    return try place(work)
  }

  func place(_ work: RowWork) throws(RelayError) -> Place {
    if let known = work.place { return known }
    var place = try ageless(work)
    if try isOver(work) { place.scopes = [] }
    work.place = place
    return place
  }

  /// Where a row lies however old it is, or follows one that is over.
  private func ageless(_ work: RowWork) throws(RelayError) -> Place {
    if work.table.parent == nil, work.isThere {
      return Place(of: work.table, try work.values(), isDead: !work.isAlive)
    }
    // Most rows that follow one follow one that was looked at just before.
    if work.isThere, let parent = work.table.parentRow(try work.values()),
      let above = try self.work(parent)?.place, !above.isCircular
    {
      return Place(under: above, isDead: !work.isAlive)
    }
    var places = Places(session.schema)
    func look(_ row: RowID) throws(RelayError) -> Places.Looked? {
      guard let work = try self.work(row), work.isThere else { return nil }
      return (try work.values(), work.isAlive)
    }
    let place = try places.place(of: work.row, look)
    if let parent = work.table.parentRow(try work.values()), let above = try self.work(parent) {
      var its = try places.place(of: parent, look)
      if try isOver(above) { its.scopes = [] }
      above.place = its
    }
    return place
  }

  /// The refused transaction that an operation on this row would build on (rule 18).
  func buildsOnRefused(_ row: RowID, isInsert: Bool) throws(RelayError) -> Dot? {
    if transaction.seen.intervals.isEmpty { return nil }
    if forgotten == nil { forgotten = .some(try session.forgottenRefusal(seenBy: transaction, device.id)) }
    if let dot = forgotten ?? nil { return dot }
    if isClean == nil { isClean = try !session.hasMarks(device.id) }
    guard isClean == false else { return nil }
    return Standing.lacks(try session.standing(row, seen: transaction.seen, device.id), inserts: isInsert)
  }
}

/// One row as a transaction finds it and as it makes it.
final class RowWork {
  let row: RowID
  let table: TableSchema
  /// Nil where the transaction does not write it.
  let change: RowChange?
  let old: StoredRow?
  /// The row once merged; nil as long as nothing was.
  var new: StoredRow? { didSet { (isWritten, known, place) = (new != nil, nil, nil) } }
  private(set) var isWritten = false
  /// There is nothing left that it could change.
  var isVoid = false
  /// Where it is once the whole transaction is merged.
  var place: Place?
  private var known: [Value]?

  init(_ row: RowID, _ table: TableSchema, _ change: RowChange?, old: StoredRow?) {
    (self.row, self.table, self.change, self.old) = (row, table, change, old)
  }

  /// Has the hub the row, dead or alive, so far?
  var isThere: Bool { isWritten || old != nil }
  var isAlive: Bool { new?.isAlive(table) ?? old?.isAlive(table) ?? false }

  /// Every column's value as it is so far, dead or alive.
  func values() throws(RelayError) -> [Value] {
    if let known { return known }
    let values = try (new ?? old ?? StoredRow(row)).allValues(table)
    known = values
    return values
  }

  /// Why no message could carry the row as it is so far; nil where one can.
  func outgrown() throws(RelayError) -> String? {
    if let plain = new?.plain { return table.outgrown(plain.fresh, plain.state) }
    guard let state = new?.state ?? old?.state else { return nil }
    return table.outgrown(try values(), state)
  }
}

/// What of a table is the same for every row of one transaction.
final class TableView {
  let table: TableSchema
  /// Of the role in the header, and of the device's role now.
  let author: TableAccess
  let now: TableAccess
  let writes: Bool

  init(_ table: TableSchema, author: TableAccess, now: TableAccess, writes: Bool) {
    (self.table, self.author, self.now, self.writes) = (table, author, now, writes)
  }

  /// Could the author see the group, by the role that it wrote under and by the one that it has now?
  func reads(_ group: GroupID) -> Bool {
    (table.reads(group, author) || Mutation.isPlanted(.roleNow)) && table.reads(group, now)
  }
}
