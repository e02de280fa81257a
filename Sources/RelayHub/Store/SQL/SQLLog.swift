internal import RelayProtocol

struct SQLLog: LogStore {
  let db: any HubSQL

  func head() throws(RelayError) -> UInt64 {
    try Count.of(try db.number("SELECT max(seq) FROM txn") ?? 0)
  }

  func logHash(_ seq: UInt64) throws(RelayError) -> Hash128? {
    try db.first("SELECT log FROM txn WHERE seq = $1", [.seq(seq)]) { (row) in row.hash(0) }
  }

  private static let record =
    "SELECT seq, replica, n, hash, device, author, eff, entries, refusal, received FROM txn"

  func record(_ dot: Dot) throws(RelayError) -> TransactionRecord? {
    try db.first(Self.record + " WHERE replica = $1 AND n = $2", Value.dot(dot), Self.record)
  }

  func record(at seq: UInt64) throws(RelayError) -> TransactionRecord? {
    try db.first(Self.record + " WHERE seq = $1", [.seq(seq)], Self.record)
  }

  func neighbour(before dot: Dot) throws(RelayError) -> TransactionRecord? {
    try db.first(Self.record + " WHERE replica = $1 AND n < $2 ORDER BY n DESC LIMIT 1", Value.dot(dot), Self.record)
  }

  func neighbour(after dot: Dot) throws(RelayError) -> TransactionRecord? {
    try db.first(Self.record + " WHERE replica = $1 AND n > $2 ORDER BY n LIMIT 1", Value.dot(dot), Self.record)
  }

  func records(_ set: DotSet) throws(RelayError) -> [TransactionRecord] {
    var list: [TransactionRecord] = []
    try db.each(
      Self.record + " WHERE replica = $1 AND n BETWEEN $2 AND $3",
      many: set.intervals.map { [.bits($0.replica.bits), .seq($0.low), .seq($0.high)] }
    ) { (_, row) throws(RelayError) in list.append(try Self.record(row)) }
    return list.sorted { $0.verdict.seq < $1.verdict.seq }
  }

  private static func record(_ row: any SQLRow) throws(RelayError) -> TransactionRecord {
    var verdict = Verdict(
      dot: try row.dot(1, 2), seq: try row.seq(0), effective: HybridTime(bits: row.bits(6)),
      opensEntries: row.int(7) != 0)
    if !row.isNull(8) { verdict.refusal = try Refusal(stored: row.blob(8)) }
    return TransactionRecord(
      verdict: verdict, hash: row.hash(3), device: row.int(4), author: row.text(5), received: row.int(9))
  }

  func base(at seq: UInt64) throws(RelayError) -> UInt64? {
    try db.first("SELECT base FROM txn WHERE seq = $1", [.seq(seq)]) { (row) throws(RelayError) in try row.seq(0) }
  }

  func body(_ seq: UInt64, most: Int) throws(RelayError) -> [UInt8]? {
    try db.first(
      "SELECT bytes FROM body WHERE seq = $1 AND length(bytes) <= $2", [.seq(seq), .integer(Int64(most))]
    ) { (row) in row.blob(0) }
  }

  func append(_ record: TransactionRecord, base: UInt64, log: Hash128, body: [UInt8]) throws(RelayError) {
    let verdict = record.verdict
    try db.run(
      """
      INSERT INTO txn(seq, replica, n, hash, device, author, eff, accepted, entries, refusal, base, log, received)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
      """,
      [
        .seq(verdict.seq), .bits(verdict.dot.replica.bits), .seq(verdict.dot.counter), .blob(record.hash.bytes),
        .integer(record.device), .text(record.author), .bits(verdict.effective.bits), .flag(verdict.isAccepted),
        .flag(verdict.opensEntries), verdict.refusal.map { .blob($0.stored) } ?? .null, .seq(base), .blob(log.bytes),
        .integer(record.received),
      ])
    try db.run("INSERT INTO body VALUES ($1, $2)", [.seq(verdict.seq), .blob(body)])
  }

  func advance(_ id: ReplicaID, to head: ReplicaRecord) throws(RelayError) {
    try db.run(Self.advance, SQLRights.values(id, head))
  }

  private static let advance =
    "INSERT INTO replica(id, device, n, hash, named, known) VALUES ($1, $2, $3, $4, $5, $6) \(PlainInsert.replaces)"

  // MARK: History

  func writers(
    of row: Int64, before seq: UInt64, by device: Int64?, most: Int
  ) throws(RelayError) -> [(seq: UInt64, dot: Dot)] {
    try db.query(
      """
      SELECT t.seq, t.replica, t.n FROM history h JOIN txn t ON t.seq = h.seq
      WHERE h.row = $1 AND h.seq < $2 \(device == nil ? "" : "AND t.device = $3")
      ORDER BY h.seq DESC LIMIT \(most)
      """, [.integer(row), .seq(seq)] + (device.map { [.integer($0)] } ?? [])
    ) { (row) throws(RelayError) in (seq: try row.seq(0), dot: try row.dot(1, 2)) }
  }

  func history(
    of row: Int64?, _ key: RowID, refusedTo device: Int64, before seq: UInt64, most: Int
  ) throws(RelayError) -> [UInt64] {
    try db.query(
      """
      SELECT seq FROM history WHERE row = $1 AND seq < $2
      UNION SELECT a.seq FROM attempt a JOIN txn t ON t.seq = a.seq
        WHERE a.tbl = $3 AND a.key = $4 AND a.seq < $2 AND t.device = $5
      ORDER BY 1 DESC LIMIT $6
      """, [.integer(row ?? 0), .seq(seq)] + Value.row(key) + [.integer(device), .integer(Int64(most))]
    ) { (row) throws(RelayError) in try row.seq(0) }
  }

  func addHistory(_ row: Int64, seq: UInt64) throws(RelayError) {
    try db.run("INSERT INTO history VALUES ($1, $2) ON CONFLICT DO NOTHING", [.integer(row), .seq(seq)])
  }
}
