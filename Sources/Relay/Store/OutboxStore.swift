internal import RelayProtocol
internal import RelaySQLite

/// `relay_transaction`: own transactions that no installed pull has confirmed, in the order in which they were sealed. With
/// them which rows they touch (`OutboxStore+Rows`).
final class OutboxStore {
  let db: Database
  let replicas: ReplicaStore

  private let newest = Command(
    "SELECT dot, hash, time FROM relay_transaction WHERE dot > ? ORDER BY dot DESC LIMIT 1")
  private let ends = Command(
    // One after the other: of both at once SQLite would look at every row.
    "SELECT (SELECT min(dot) FROM relay_transaction), (SELECT max(dot) FROM relay_transaction), (SELECT min(dot) FROM relay_lost)"
  )
  private let append = Command(
    "INSERT INTO relay_transaction (dot, hash, time, floor, schema, batch, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)")
  private let stored = Command("SELECT seq, effective, bytes FROM relay_transaction WHERE dot = ?")
  private let head = Command("SELECT substr(bytes, 1, 262144) FROM relay_transaction WHERE dot = ?")
  private let judgedAt = Command("SELECT seq FROM relay_transaction WHERE dot = ?")
  private let answered = Command(
    "SELECT seq, effective, refusal IS NULL FROM relay_transaction WHERE dot = ? AND seq IS NOT NULL")
  private let refused = Command(
    """
    SELECT dot FROM relay_transaction WHERE refusal IS NOT NULL UNION ALL SELECT dot FROM relay_forgotten ORDER BY dot
    """)
  private let unconfirmed = Command(
    "SELECT dot FROM relay_transaction UNION SELECT dot FROM relay_lost WHERE bytes IS NOT NULL ORDER BY dot")
  let rows: RowCommands

  static let ddl = """
    -- Own transactions that no installed pull has confirmed. seq: NULL until the hub has judged it. refusal: why it refused
    -- it. effective: also of a verdict that is not believed any more. floor: the least base of its operations. schema: the
    -- least version of the sync schema that knows what it writes.
    -- batch: 1 where Relay put it together from what foreign writers left, 2 once that is sealed anew, apart.
    CREATE TABLE IF NOT EXISTS relay_transaction (
      dot INTEGER PRIMARY KEY, hash BLOB NOT NULL, time INTEGER NOT NULL, floor INTEGER NOT NULL, seq INTEGER,
      effective INTEGER, refusal TEXT, schema INTEGER NOT NULL, batch INTEGER NOT NULL, bytes BLOB NOT NULL);
    CREATE INDEX IF NOT EXISTS relay_transaction_judged ON relay_transaction (seq) WHERE seq IS NOT NULL;
    CREATE INDEX IF NOT EXISTS relay_transaction_refused ON relay_transaction (dot) WHERE refusal IS NOT NULL;
    \(ForgottenStore.ddl)
    \(RowCommands.ddl)
    """

  init(_ db: Database, _ replicas: ReplicaStore) {
    (self.db, self.replicas) = (db, replicas)
    rows = RowCommands()
  }

  /// What of the replica's chain is newer than its state says.
  func newest(after key: DotKey) throws(RelayError) -> (key: DotKey, hash: Hash128, time: HybridTime)? {
    guard let row = try db.first(newest, [Value(key)]) else { return nil }
    guard let dot = row[0].integer, case .blob(let bytes) = row[1], let hash = Hash128(bytes: bytes),
      let time = row[2].integer
    else { throw damaged("has no chain") }
    return (DotKey(dot), hash, HybridTime(bits: UInt64(bitPattern: time)))
  }

  /// The dots that no installed pull has confirmed: a request names them, to hear of each what became of it.
  ///
  /// - Complexity: a search for each replica of this file, however much is pending.
  func pendingDots() throws(RelayError) -> DotSet {
    guard let row = try db.first(ends) else { return DotSet() }
    if row[2] != .null, let exact = try dots(runs(unconfirmed)) { return exact }
    // Its verdict is lost, and its author has not forgotten that it did it.
    let lost =
      row[2] == .null ? DotSet() : DotSet(try lost.keys().map { (key) throws(RelayError) in try replicas.dot(key) })
    guard let low = row[0].integer, let high = row[1].integer else { return lost }
    // Confirmation comes in the hub's order, which keeps a replica's own: what is pending of it is one interval, where nothing
    // waits for what others have to offer to a hub that was put back.
    guard DotKey(low).number != DotKey(high).number else {
      return lost.union(DotSet(intervals: sorted(try intervals(DotKey(low), DotKey(high)))) ?? DotSet())
    }
    var intervals: [DotSet.Interval] = []
    for number in DotKey(low).number...DotKey(high).number {
      let range = [DotKey(number: number, counter: 0), DotKey(number: number, counter: Limits.sequence)]
      let ends = try db.first(
        """
        SELECT (SELECT min(dot) FROM relay_transaction WHERE dot >= ?1),
          (SELECT max(dot) FROM relay_transaction WHERE dot <= ?2)
        """, range.map { Value($0) })
      guard let low = ends?[0].integer, let high = ends?[1].integer, low <= high else { continue }
      intervals += try self.intervals(DotKey(low), DotKey(high))
    }
    return lost.union(DotSet(intervals: sorted(intervals)) ?? DotSet())
  }

  /// X: work that no installed pull has confirmed and that the tables show. What a reply has told refused they show no more,
  /// before a pull confirms that too, and what is written then does not build on it.
  ///
  /// - Complexity: as `pendingDots`, and linear in what is refused and not confirmed.
  func seenDots() throws(RelayError) -> DotSet {
    let pending = try pendingDots()
    if pending.intervals.isEmpty || Mutation.isPlanted(.refusedSeen) { return pending }
    let runs = try runs(refused)
    // `seen` has a limit. Of more gaps than that the old ones stay closed: what builds on them is refused with them.
    guard !runs.isEmpty, let gaps = try dots(Array(runs.suffix(Self.mostRuns))) else { return pending }
    return pending.subtracting(gaps)
  }

  private static let mostRuns = Limits.intervals / 4

  /// Own work as runs of counters that follow one another.
  private func runs(_ keys: Command) throws(RelayError) -> [(low: DotKey, high: DotKey)] {
    var runs: [(low: DotKey, high: DotKey)] = []
    try db.run(keys, []) { (row) throws(RelayError) in
      let key = DotKey(row.int(0))
      if let last = runs.last, last.high.number == key.number, last.high.counter &+ 1 == key.counter {
        runs[runs.count - 1].high = key
      } else {
        runs.append((key, key))
      }
      return true
    }
    return runs
  }

  /// - Returns: nil for more runs than a set of dots may have.
  private func dots(_ runs: [(low: DotKey, high: DotKey)]) throws(RelayError) -> DotSet? {
    guard runs.count <= Self.mostRuns else { return nil }
    var intervals: [DotSet.Interval] = []
    for run in runs { intervals += try self.intervals(run.low, run.high) }
    return DotSet(intervals: sorted(intervals))
  }

  private func intervals(_ low: DotKey, _ high: DotKey) throws(RelayError) -> [DotSet.Interval] {
    guard low.counter > 0, low <= high else { throw damaged("has a counter of \(low.counter)") }
    return try replicas.intervals(low, high)
  }

  private func sorted(_ intervals: [DotSet.Interval]) -> [DotSet.Interval] {
    intervals.count < 2 ? intervals : intervals.sorted { ($0.replica, $0.low) < ($1.replica, $1.low) }
  }

  private var lost: LostStore { LostStore(db: db) }

  func append(_ sealed: PendingTransaction) throws(RelayError) {
    try db.execute(
      append,
      [
        Value(sealed.key), .blob(sealed.hash.bytes), .integer(Int64(bitPattern: sealed.time.bits)),
        Value(sealed.floor), Value(sealed.schema), .integer(sealed.isBatch ? 1 : 0), .blob(sealed.bytes),
      ])
  }

  /// - Returns: nil for one that is not pending.
  func stored(_ key: DotKey) throws(RelayError) -> StoredTransaction? {
    var found: StoredTransaction?
    try db.run(stored, [Value(key)]) { (row) throws(RelayError) in
      found = StoredTransaction(seq: row[0].integer, effective: row[1].integer, bytes: row.blob(2))
      return false
    }
    return found
  }

  /// The least version of the sync schema that knows what a pending transaction writes; nil for one that is not pending.
  func schema(_ key: DotKey) throws(RelayError) -> UInt64? {
    try db.first("SELECT schema FROM relay_transaction WHERE dot = ?", [Value(key)])?[0].integer.map {
      UInt64(max(0, $0))
    }
  }

  /// How many rows a pending transaction changes; nil for one that is not pending.
  func rowCount(_ key: DotKey) throws(RelayError) -> Int? {
    // The header is far smaller than that.
    guard case .blob(let head)? = try db.first(head, [Value(key)])?[0] else { return nil }
    return try SealedTransaction.rowCount(head)
  }

  // MARK: Verdicts

  /// Does it wait for its verdict? False for one that is not pending.
  func waits(_ key: DotKey) throws(RelayError) -> Bool { try db.first(judgedAt, [Value(key)])?[0] == .null }

  /// May a closing speak of one as it does, by what a push was answered with? Not with another seq or time, nor as refused where
  /// that said accepted: what another copy did may have the same name.
  ///
  /// - Returns: nil for one without a verdict, and for one that is not pending.
  func fits(_ key: DotKey, _ verdict: Verdict) throws(RelayError) -> Bool? {
    guard let known = try db.first(answered, [Value(key)]) else { return nil }
    guard known[0] == Value(verdict.seq) else { return false }
    if Mutation.isPlanted(.otherWord) { return true }
    return known[1] == Value(verdict.effective) && (verdict.isAccepted || known[2] == 0)
  }

  func learn(_ key: DotKey, _ verdict: Verdict) throws(RelayError) {
    let refusal = verdict.refusal.map { Value.text("\($0.rule.rawValue): \($0.message)") } ?? .null
    try db.execute(
      "UPDATE relay_transaction SET seq = ?, effective = ?, refusal = ? WHERE dot = ?",
      [Value(verdict.seq), .integer(Int64(bitPattern: verdict.effective.bits)), refusal, Value(key)])
  }

  /// Whatever was said of it is not believed: it waits as if nobody had heard of it. The time that it was given stays: a hub that
  /// was put back since gives it no later one.
  func doubt(_ key: DotKey) throws(RelayError) {
    try db.execute("UPDATE relay_transaction SET seq = NULL, refusal = NULL WHERE dot = ?", [Value(key)])
  }

  /// Those that were refused after a seq, in a verdict that no pull has confirmed.
  func refused(after seq: UInt64) throws(RelayError) -> [DotKey] {
    try db.query(
      "SELECT dot FROM relay_transaction WHERE refusal IS NOT NULL AND seq > ? ORDER BY dot", [Value(seq)]
    ) { (row) in DotKey(row.int(0)) }
  }

  /// Those that have a verdict, with its seq.
  func judged() throws(RelayError) -> [(key: DotKey, seq: UInt64)] {
    try db.query("SELECT dot, seq FROM relay_transaction WHERE seq IS NOT NULL ORDER BY dot") { (row) in
      (key: DotKey(row.int(0)), seq: UInt64(max(0, row.int(1))))
    }
  }

  /// The newest seq of a verdict that no pull has confirmed; 0 for none.
  func newestVerdict() throws(RelayError) -> UInt64 {
    let newest = try db.first("SELECT max(seq) FROM relay_transaction WHERE seq IS NOT NULL")?[0].integer
    return UInt64(max(0, newest ?? 0))
  }

  /// A commit writes no state: the newest transaction tells counter, hash and time of the chain, which outlive it.
  func remove(_ key: DotKey) throws(RelayError) {
    try db.execute(
      """
      UPDATE relay_state SET (dot, hash, time) =
        (SELECT t.dot, t.hash, max(relay_state.time, t.time) FROM relay_transaction AS t WHERE t.dot = ?1)
      WHERE dot < ?1 AND EXISTS (SELECT 1 FROM relay_transaction WHERE dot = ?1)
      """, [Value(key)])
    try db.execute("DELETE FROM relay_transaction WHERE dot = ?", [Value(key)])
  }

  /// Did the author's clock run ahead of what the hub fixed? Of a verdict that was known before nobody asks again.
  func ranAhead(_ key: DotKey, of time: HybridTime) throws(RelayError) -> Bool {
    try db.first(
      "SELECT 1 FROM relay_transaction WHERE dot = ? AND time > ? AND seq IS NULL", [Value(key), Value(time)]) != nil
  }

  func setBack(to time: HybridTime) throws(RelayError) {
    try db.execute("UPDATE relay_transaction SET time = ?1 WHERE time > ?1", [Value(time)])
  }

  // MARK: Batches

  enum Batch: Int64 {
    case no = 0, yes = 1
    /// Refused, and sealed anew, apart.
    case sealedAnew = 2
  }

  func batch(_ key: DotKey) throws(RelayError) -> Batch {
    let found = try db.first("SELECT batch FROM relay_transaction WHERE dot = ?", [Value(key)])?[0].integer
    return found.flatMap { Batch(rawValue: $0) } ?? .no
  }

  func sealedAnew(_ key: DotKey) throws(RelayError) {
    try db.execute("UPDATE relay_transaction SET batch = 2 WHERE dot = ?", [Value(key)])
  }

  // MARK: Counts

  /// Transactions without a verdict, and their bytes.
  func unsent() throws(RelayError) -> (transactions: Int64, bytes: Int64) {
    let row = try db.first(
      "SELECT count(*), coalesce(sum(length(bytes)), 0) FROM relay_transaction WHERE seq IS NULL")
    return (row?[0].integer ?? 0, row?[1].integer ?? 0)
  }

  func hasUnsent() throws(RelayError) -> Bool {
    try db.first("SELECT 1 FROM relay_transaction WHERE seq IS NULL LIMIT 1") != nil
  }

  /// The least base of an operation; nil where nothing is pending.
  func floor() throws(RelayError) -> UInt64? {
    try db.first("SELECT min(floor) FROM relay_transaction")?[0].integer.map { UInt64(max(0, $0)) }
  }

  // MARK: What goes out

  /// One that waits to be sent.
  struct Outgoing {
    var key: DotKey
    var hash: Hash128
    var schema: UInt64
    var size: Int
    /// The effective time that it was told once, in a verdict that is not believed any more.
    var told: HybridTime?
  }

  /// Those without a verdict, in their order.
  ///
  /// - Parameter body: gives false to stop.
  func eachUnsent(_ body: (Outgoing) throws(RelayError) -> Bool) throws(RelayError) {
    try db.run(
      """
      SELECT dot, hash, schema, length(bytes), effective FROM relay_transaction AS t WHERE seq IS NULL
        AND NOT EXISTS (SELECT 1 FROM relay_lost AS l WHERE l.dot = t.dot AND l.judged = 0) ORDER BY dot
      """, []
    ) { (row) throws(RelayError) in
      guard let hash = Hash128(bytes: row.blob(1)) else { throw self.damaged("has no hash") }
      return try body(
        Outgoing(
          key: DotKey(row.int(0)), hash: hash, schema: UInt64(max(0, row.int(2))), size: Int(row.int(3)),
          told: row[4].integer.map { HybridTime(bits: UInt64(bitPattern: $0)) }))
    }
  }

  /// The least version of the sync schema, newer than the first, that an unsent transaction needs and the hub should know.
  func leastNewSchema(known: UInt64) throws(RelayError) -> UInt64? {
    try db.first(
      "SELECT min(schema) FROM relay_transaction WHERE seq IS NULL AND schema > 1 AND (?1 = 0 OR schema <= ?1)",
      [Value(known)])?[0].integer.map { UInt64(max(0, $0)) }
  }

  /// Is there an unsent transaction that needs a version above the one and up to the other?
  func waitsForSchema(above low: UInt64, upTo high: UInt64) throws(RelayError) -> Bool {
    try db.first(
      "SELECT 1 FROM relay_transaction WHERE seq IS NULL AND schema > ? AND schema <= ?", [Value(low), Value(high)])
      != nil
  }

  /// Transactions that touch a row and need a version above this one, but for refused ones.
  func touching(_ row: RowID, needing known: UInt64) throws(RelayError) -> [DotKey] {
    try db.query(
      """
      SELECT p.dot FROM relay_pending AS p JOIN relay_transaction AS t ON t.dot = p.dot
      WHERE p.tbl = ? AND p.key = ? AND t.schema > ? AND t.refusal IS NULL ORDER BY p.dot
      """, [.integer(Int64(row.table)), .blob(row.key), Value(known)]
    ) { (row) in DotKey(row.int(0)) }
  }

  /// The version that the first of those needs that a hub of this version cannot know.
  func firstSchema(above known: UInt64) throws(RelayError) -> UInt64? {
    try db.first(
      "SELECT schema FROM relay_transaction WHERE seq IS NULL AND schema > ? ORDER BY dot LIMIT 1", [Value(known)])?[0]
      .integer.map { UInt64(max(0, $0)) }
  }

  func damaged(_ what: String) -> RelayError { RelayError(.corrupt, "\(db.path): relay_transaction \(what)") }
}

/// A transaction on its way into the outbox.
struct PendingTransaction {
  var key: DotKey
  var hash: Hash128
  var time: HybridTime
  var floor: UInt64
  var schema: UInt64
  var isBatch: Bool
  var bytes: [UInt8]
}

/// A transaction as the file keeps it.
struct StoredTransaction {
  /// Of its verdict; nil while it has none.
  var seq: UInt64?
  var effective: HybridTime?
  var bytes: [UInt8]

  init(seq: Int64?, effective: Int64?, bytes: [UInt8]) {
    self.seq = seq.map { UInt64(max(0, $0)) }
    self.effective = effective.map { HybridTime(bits: UInt64(bitPattern: $0)) }
    self.bytes = bytes
  }
}

extension Value {
  init(_ time: HybridTime) { self = .integer(Int64(bitPattern: time.bits)) }
}
