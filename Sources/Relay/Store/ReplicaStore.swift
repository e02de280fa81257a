internal import RelayProtocol
internal import RelaySQLite

/// `relay_replica`: the replicas that this file has been, by number. More than one where it was restored, cloned or forked
/// (rules 16, 26): what the older ones did may still be pending.
final class ReplicaStore {
  private let db: Database
  private let byNumber = Command("SELECT id FROM relay_replica WHERE number = ?")
  private let byID = Command("SELECT number FROM relay_replica WHERE id = ?")
  /// A number never gets another id, so what was found once stays true.
  private var known: [Int64: ReplicaID] = [:]

  static let ddl = """
    -- The replicas that this file has been. A dot in the other tables is number * 2^53 + counter.
    CREATE TABLE IF NOT EXISTS relay_replica (number INTEGER PRIMARY KEY, id INTEGER NOT NULL UNIQUE);
    """

  init(_ db: Database) { self.db = db }

  func dot(_ key: DotKey) throws(RelayError) -> Dot {
    if let id = known[key.number] { return Dot(id, key.counter) }
    guard let bits = try db.first(byNumber, [.integer(key.number)])?[0].integer else {
      throw RelayError(.corrupt, "\(db.path): relay_replica has no number \(key.number)")
    }
    let id = ReplicaID(bits: UInt64(bitPattern: bits))
    known[key.number] = id
    return Dot(id, key.counter)
  }

  /// - Returns: nil for a dot of somebody else.
  func key(_ dot: Dot) throws(RelayError) -> DotKey? {
    if let number = known.first(where: { $0.value == dot.replica })?.key {
      return DotKey(number: number, counter: dot.counter)
    }
    let bits = Value.integer(Int64(bitPattern: dot.replica.bits))
    guard let number = try db.first(byID, [bits])?[0].integer else { return nil }
    known[number] = dot.replica
    return DotKey(number: number, counter: dot.counter)
  }

  func isOwn(_ dot: Dot) throws(RelayError) -> Bool { try key(dot) != nil }

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

  /// The file is another replica from now on.
  ///
  /// - Returns: its number.
  func add(_ id: ReplicaID) throws(RelayError) -> Int64 {
    let next = try db.first("SELECT coalesce(max(number) + 1, 0) FROM relay_replica")?[0].integer ?? 0
    guard next < DotKey.mostReplicas else {
      throw RelayError(.limitExceeded, "\(db.path): the file has been \(next) replicas already")
    }
    try db.execute(
      "INSERT INTO relay_replica (number, id) VALUES (?, ?)", [.integer(next), .integer(Int64(bitPattern: id.bits))])
    return next
  }
}
