internal import RelayProtocol
internal import RelaySQLite

/// `relay_replica`: the replicas that this file has been, by number. More than one where it was restored or cloned (rule
/// 26): what the older ones did may still be pending. Where the hub found a fork (rule 16) the end of a replica's work has
/// another name than its bytes say; its numbers in this file stay what they were.
final class ReplicaStore {
  private let db: Database

  /// From a counter on, transactions of a number are called by this replica id, counted from 1.
  private struct Stretch {
    var number: Int64
    var first: UInt64
    var id: ReplicaID
    /// Is this the name in the transactions' bytes?
    var isSealed: Bool

    func dot(_ counter: UInt64) -> Dot { Dot(id, counter - first + 1) }
  }

  /// All of them, ascending; empty before somebody asked. Another process may add one: `forget`.
  private var known: [Stretch] = []
  private var renames: Int64 = 0

  static let ddl = """
    -- The replicas that this file has been. A dot in the other tables is number * 2^53 + counter. first: from which counter
    -- on the number's transactions have this id; 0 for the id that they were sealed with.
    CREATE TABLE IF NOT EXISTS relay_replica (
      number INTEGER NOT NULL, first INTEGER NOT NULL, id INTEGER NOT NULL UNIQUE, PRIMARY KEY (number, first));
    """

  init(_ db: Database) { self.db = db }

  // MARK: Names

  func dot(_ key: DotKey) throws(RelayError) -> Dot { try stretch(key).dot(key.counter) }

  /// An own transaction by the name that it has now. One from before a fork was found is another copy's work.
  func named(_ dot: Dot) throws(RelayError) -> DotKey? {
    guard let key = try key(dot), try self.dot(key) == dot else { return nil }
    return key
  }

  /// - Parameter dot: as it is called now, or as it was sealed.
  /// - Returns: nil for a dot of somebody else.
  func key(_ dot: Dot) throws(RelayError) -> DotKey? {
    var found = known.first { $0.id == dot.replica }
    if found == nil { found = try stretches().first { $0.id == dot.replica } }
    guard let found else { return nil }
    let (counter, overflow) = dot.counter.addingReportingOverflow(found.first - 1)
    return overflow || counter > Limits.sequence ? nil : DotKey(number: found.number, counter: counter)
  }

  func isOwn(_ dot: Dot) throws(RelayError) -> Bool { try named(dot) != nil }

  /// The name that a transaction was sealed with.
  func sealedDot(_ key: DotKey) throws(RelayError) -> Dot {
    guard let first = try stretches().first(where: { $0.number == key.number && $0.isSealed }) else {
      throw lacks(key.number)
    }
    return first.dot(key.counter)
  }

  /// Own transactions from one to another as they are called: an interval for each name.
  func intervals(_ low: DotKey, _ high: DotKey) throws(RelayError) -> [DotSet.Interval] {
    let (first, last) = (try dot(low), try dot(high))
    if first.replica == last.replica {
      return [DotSet.Interval(replica: first.replica, low: first.counter, high: last.counter)]
    }
    let next = try stretches().filter { $0.number == low.number && $0.first > low.counter }.map(\.first).min() ?? 0
    let end = try dot(DotKey(number: low.number, counter: next - 1))
    return [DotSet.Interval(replica: first.replica, low: first.counter, high: end.counter)]
      + (try intervals(DotKey(number: low.number, counter: next), high))
  }

  /// Dots that were named before a fork was found, as they are called now; those of others stay.
  func current(_ seen: DotSet) throws(RelayError) -> DotSet {
    guard try isRenamed() else { return seen }
    return try seen.renamed { (interval) throws(RelayError) in
      guard let low = try key(Dot(interval.replica, interval.low)),
        let high = try key(Dot(interval.replica, interval.high))
      else { return [interval] }
      return try intervals(low, high)
    }
  }

  /// Has this file been more than one, by whatever name?
  func areSeveral() throws(RelayError) -> Bool { try stretches().count > 1 }

  /// Has any own work another name than its bytes say?
  func isRenamed() throws(RelayError) -> Bool { try stretches().contains { !$0.isSealed } }

  /// Another process may have renamed something since.
  ///
  /// - Parameter renames: how often that happened to this file.
  func keepCurrent(_ renames: Int64) {
    guard self.renames != renames else { return }
    (known, self.renames) = ([], renames)
  }

  func forget() { known = [] }

  private func stretches() throws(RelayError) -> [Stretch] {
    if !known.isEmpty { return known }
    known = try db.query("SELECT number, first, id FROM relay_replica ORDER BY number, first") {
      (row) throws(RelayError) in
      Stretch(
        number: row.int(0), first: UInt64(max(1, row.int(1))), id: ReplicaID(bits: UInt64(bitPattern: row.int(2))),
        isSealed: row.int(1) == 0)
    }
    return known
  }

  private func stretch(_ key: DotKey) throws(RelayError) -> Stretch {
    func find(_ list: [Stretch]) -> Stretch? {
      list.count == 1 && list[0].number == key.number
        ? list[0] : list.last { $0.number == key.number && $0.first <= max(1, key.counter) }
    }
    if let found = find(known) { return found }
    known = []
    guard let found = find(try stretches()) else { throw lacks(key.number) }
    return found
  }

  private func lacks(_ number: Int64) -> RelayError {
    RelayError(.corrupt, "\(db.path): relay_replica has no number \(number)")
  }

  // MARK: Changes

  /// The file is another replica from now on.
  ///
  /// - Returns: its number.
  func add(_ id: ReplicaID) throws(RelayError) -> Int64 {
    let next = try nextNumber()
    guard next < DotKey.mostReplicas else {
      throw RelayError(.limitExceeded, "\(db.path): the file has been \(next) replicas already")
    }
    try insert(number: next, first: 0, id)
    return next
  }

  /// A name under which nothing was sealed is another one.
  func replace(_ number: Int64, by id: ReplicaID) throws(RelayError) {
    try db.execute(
      "UPDATE relay_replica SET id = ? WHERE number = ? AND first = 0",
      [.integer(Int64(bitPattern: id.bits)), .integer(number)])
    known = []
  }

  func nextNumber() throws(RelayError) -> Int64 {
    try db.first("SELECT coalesce(max(number) + 1, 0) FROM relay_replica")?[0].integer ?? 0
  }

  /// From this transaction on its number's work is called otherwise.
  func rename(from key: DotKey, _ id: ReplicaID) throws(RelayError) {
    try insert(number: key.number, first: key.counter, id)
  }

  /// A hub that was put back, and met the copies in another order, calls a transaction as it was called before a fork was
  /// found: what has parted from that name up to there goes on with it.
  ///
  /// - Returns: false where it was never called so.
  func takeBack(_ key: DotKey, to name: Dot) throws(RelayError) -> Bool {
    let before = try stretches().last {
      $0.number == key.number && $0.first <= max(1, key.counter) && $0.dot(key.counter) == name
    }
    guard let before else { return false }
    try db.execute(
      "DELETE FROM relay_replica WHERE number = ? AND first > ? AND first <= ?",
      [.integer(key.number), before.isSealed ? 0 : Value(before.first), Value(key.counter)])
    known = []
    return true
  }

  private func insert(number: Int64, first: UInt64, _ id: ReplicaID) throws(RelayError) {
    try db.execute(
      "INSERT INTO relay_replica (number, first, id) VALUES (?, ?, ?)",
      [.integer(number), Value(first), .integer(Int64(bitPattern: id.bits))])
    known = []
  }

  // MARK: Work

  /// The hash of own work that is in the file still.
  func hash(_ key: DotKey) throws(RelayError) -> Hash128? {
    let found = try db.first(
      """
      SELECT hash FROM relay_transaction WHERE dot = ?1 UNION ALL SELECT hash FROM relay_lost WHERE dot = ?1
      UNION ALL SELECT hash FROM relay_accepted WHERE dot = ?1 UNION ALL SELECT hash FROM relay_refusal WHERE dot = ?1
      """, [Value(key)])
    guard case .blob(let bytes)? = found?[0] else { return nil }
    return Hash128(bytes: bytes)
  }

  /// Is all of this work in the file, pending, refused or accepted?
  func holds(_ work: DotSet.Interval) throws(RelayError) -> Bool {
    guard let low = try key(Dot(work.replica, work.low)), let high = try key(Dot(work.replica, work.high)) else {
      return false
    }
    let count = try db.first(
      """
      SELECT (SELECT count(*) FROM relay_transaction WHERE dot BETWEEN ?1 AND ?2)
        + (SELECT count(*) FROM relay_refusal WHERE dot BETWEEN ?1 AND ?2)
        + (SELECT count(*) FROM relay_accepted WHERE dot BETWEEN ?1 AND ?2)
      """, [Value(low), Value(high)])?[0].integer
    return count == high.value - low.value + 1
  }
}
