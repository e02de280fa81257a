public import RelayProtocol

/// What tells work apart that a copy of a device's file did, and work that the hub had lost (rules 16, 26, 27).
protocol HealingStore {
  func fork(_ id: ReplicaID) throws(RelayError) -> Fork?
  /// Forks of what a replica sealed, ascending by their first transaction.
  func forks(of sealed: ReplicaID) throws(RelayError) -> [Fork]
  func add(_ fork: Fork) throws(RelayError)

  /// The hash of what belongs into a gap of a chain by this name; nil where nobody has said it.
  func gap(_ name: Dot) throws(RelayError) -> Hash128?
  /// Keeps what belongs there, unless that is known already.
  func addGap(_ name: Dot, _ hash: Hash128) throws(RelayError)
  func dropGap(_ name: Dot) throws(RelayError)
  /// The least counter from this one on that is kept of a gap of the chain.
  func gap(from name: Dot) throws(RelayError) -> UInt64?
  func hasGaps() throws(RelayError) -> Bool

  /// Where a transaction stood in the history that was lost; nil for one that was not offered again.
  func place(_ dot: Dot) throws(RelayError) -> LostPlace?
  /// Keeps what the envelope of a transaction that was offered again says of the history that was lost.
  func add(_ envelope: Envelope, of dot: Dot) throws(RelayError)

  /// How many transactions were offered again that stood beyond what their epoch shares with this one, and how many places
  /// there, up to the newest of them, none has taken.
  func offeredAgain() throws(RelayError) -> (count: UInt64, missing: UInt64)

  /// The epochs before this one, oldest first: the last hundred.
  func epochs() throws(RelayError) -> [PastEpoch]
  func add(_ epoch: PastEpoch) throws(RelayError)

  /// What the order is called, ascending: the newest of it.
  func openings() throws(RelayError) -> [Opening]
  /// What it is called from a seq on.
  func add(_ opening: Opening) throws(RelayError)
  /// What the order was called that the bases of a transaction are of; none for one whose author did not say.
  func openings(of dot: Dot) throws(RelayError) -> [Opening]
}

/// An epoch of this hub that is over.
public struct PastEpoch: Sendable, Equatable {
  public var id: Hash128
  /// The last seq that it shares with the one after it.
  public var fork: UInt64
}

/// The work of a copy, from the first transaction on that the other copy does not have.
struct Fork {
  var id: ReplicaID
  /// The replica that sealed it, by its bytes.
  var sealed: ReplicaID
  /// The first transaction's counter there.
  var first: UInt64
  /// What the transactions before it are called: the replica that sealed them, or another fork of it.
  var parent: ReplicaID

  /// What one of its transactions is called; nil for an earlier one.
  func name(_ counter: UInt64) -> Dot? { counter < first ? nil : Dot(id, counter - first + 1) }
}

struct SQLHealing: HealingStore {
  let db: any HubSQL

  private static let columns = "SELECT id, sealed, first, parent FROM fork"

  func fork(_ id: ReplicaID) throws(RelayError) -> Fork? {
    try db.first(Self.columns + " WHERE id = $1", [.bits(id.bits)], Self.fork)
  }

  func forks(of sealed: ReplicaID) throws(RelayError) -> [Fork] {
    try db.query(Self.columns + " WHERE sealed = $1 ORDER BY first, id", [.bits(sealed.bits)], Self.fork)
  }

  private static func fork(_ row: any SQLRow) throws(RelayError) -> Fork {
    Fork(
      id: ReplicaID(bits: row.bits(0)), sealed: ReplicaID(bits: row.bits(1)), first: try row.seq(2),
      parent: ReplicaID(bits: row.bits(3)))
  }

  func add(_ fork: Fork) throws(RelayError) {
    try db.run(
      "INSERT INTO fork VALUES ($1, $2, $3, $4)",
      [.bits(fork.id.bits), .bits(fork.sealed.bits), .seq(fork.first), .bits(fork.parent.bits)])
  }

  func gap(_ name: Dot) throws(RelayError) -> Hash128? {
    try db.first("SELECT hash FROM gap WHERE replica = $1 AND n = $2", Value.dot(name)) { (row) in row.hash(0) }
  }

  func addGap(_ name: Dot, _ hash: Hash128) throws(RelayError) {
    try db.run("INSERT INTO gap VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", Value.dot(name) + [.blob(hash.bytes)])
  }

  func dropGap(_ name: Dot) throws(RelayError) {
    try db.run("DELETE FROM gap WHERE replica = $1 AND n = $2", Value.dot(name))
  }

  func gap(from name: Dot) throws(RelayError) -> UInt64? {
    try db.first("SELECT n FROM gap WHERE replica = $1 AND n >= $2 ORDER BY n LIMIT 1", Value.dot(name)) {
      (row) throws(RelayError) in try row.seq(0)
    }
  }

  func hasGaps() throws(RelayError) -> Bool {
    try db.first("SELECT 1 FROM gap LIMIT 1", []) { (_) in true } ?? false
  }

  func place(_ dot: Dot) throws(RelayError) -> LostPlace? {
    let found = try db.first("SELECT epoch, seq FROM offered WHERE replica = $1 AND n = $2", Value.dot(dot)) {
      (row) throws(RelayError) in LostPlace(epoch: row.hash(0), seq: try row.seq(1))
    }
    guard var found else { return nil }
    found.opening = try context(dot)?.place ?? 0
    return found
  }

  func add(_ envelope: Envelope, of dot: Dot) throws(RelayError) {
    if let place = envelope.lost {
      try db.run(
        "INSERT INTO offered VALUES ($1, $2, $3, $4)", Value.dot(dot) + [.blob(place.epoch.bytes), .seq(place.seq)])
    }
    let (opening, openings) = (envelope.lost?.opening ?? 0, envelope.openings)
    guard opening != 0 || !openings.isEmpty else { return }
    var out = CBORWriter()
    if !openings.isEmpty { out.openings(openings) }
    try db.run("INSERT INTO lost_opening VALUES ($1, $2, $3, $4)", Value.dot(dot) + [.bits(opening), .blob(out.bytes)])
  }

  func offeredAgain() throws(RelayError) -> (count: UInt64, missing: UInt64) {
    let epochs = try db.query(
      """
      SELECT count(*), count(DISTINCT o.seq), max(o.seq) - s.shared FROM offered o JOIN
        (SELECT id, (SELECT min(l.fork) FROM epoch l WHERE l.number >= e.number) AS shared FROM epoch e) s ON s.id = o.epoch
      WHERE o.seq > s.shared GROUP BY s.id, s.shared
      """
    ) { (row) throws(RelayError) in (try row.seq(0), places: try row.seq(1), reached: try row.seq(2)) }
    return epochs.reduce(into: (0, 0)) { sum, epoch in
      sum.0 += epoch.0
      sum.1 += epoch.reached - min(epoch.reached, epoch.places)
    }
  }

  func openings(of dot: Dot) throws(RelayError) -> [Opening] {
    guard let bytes = try context(dot)?.bases, !bytes.isEmpty else { return [] }
    return try CBORReader.decode(bytes) { (reader) throws(RelayError) in try reader.openings() }
  }

  private func context(_ dot: Dot) throws(RelayError) -> (place: UInt64, bases: [UInt8])? {
    try db.first("SELECT place, bases FROM lost_opening WHERE replica = $1 AND n = $2", Value.dot(dot)) { (row) in
      (place: row.bits(0), bases: row.blob(1))
    }
  }

  func openings() throws(RelayError) -> [Opening] {
    try db.query("SELECT first, name FROM opening ORDER BY first DESC LIMIT \(Limits.openings)") {
      (row) throws(RelayError) in Opening(first: try row.seq(0), name: row.bits(1))
    }.reversed()
  }

  func add(_ opening: Opening) throws(RelayError) {
    try db.run("INSERT INTO opening VALUES ($1, $2)", [.seq(opening.first), .bits(opening.name)])
  }

  func epochs() throws(RelayError) -> [PastEpoch] {
    try db.query("SELECT id, fork FROM epoch ORDER BY number DESC LIMIT 100") { (row) throws(RelayError) in
      PastEpoch(id: row.hash(0), fork: try row.seq(1))
    }.reversed()
  }

  func add(_ epoch: PastEpoch) throws(RelayError) {
    try db.run(
      "INSERT INTO epoch SELECT coalesce(max(number), 0) + 1, $1, $2 FROM epoch",
      [.blob(epoch.id.bytes), .seq(epoch.fork)])
  }
}
