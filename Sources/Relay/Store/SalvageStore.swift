internal import RelayProtocol
internal import RelaySQLite

/// Reads what is left of a damaged file. Nothing here trusts what it reads, and a page that cannot be read ends one table's
/// walk from one side only.
struct SalvageStore {
  let db: Database

  /// Tables in which sealed work lies, in the order in which it matters.
  enum Work: String, CaseIterable {
    case unsent = "relay_transaction"
    case lost = "relay_lost"
    case refused = "relay_refusal"
    case accepted = "relay_accepted"
  }

  struct Piece {
    var key: DotKey
    var hash: [UInt8]
    /// Of its verdict.
    var seq: Int64
    var effective: Int64
    var refusal: String?
    var schema: Int64
    var bytes: [UInt8]
  }

  /// What SQLite says of the file; empty where it says nothing.
  func integrity() -> [String] {
    do throws(RelayError) {
      let found = try db.query("PRAGMA integrity_check(20)") { (row) in row[0].text ?? "" }
      return found.filter { $0 != "ok" }
    } catch { return [error.message] }
  }

  /// Sealed work as far as it can be read.
  ///
  /// - Parameter damage: told where some of it cannot.
  func pieces(_ work: Work, _ damage: inout [String]) -> [Piece] {
    let columns =
      switch work {
      case .unsent: "hash, coalesce(seq, 0), coalesce(effective, 0), NULL, schema, bytes"
      case .lost: "hash, 0, effective, NULL, 1, bytes"
      case .refused: "hash, seq, effective, refusal, schema, bytes"
      case .accepted: "hash, seq, effective, NULL, 1, bytes"
      }
    let bytes = work == .lost ? "WHERE bytes IS NOT NULL" : ""
    var found: [Int64: Piece] = [:]
    var isWhole = false
    for order in ["ASC", "DESC"] where !isWhole {
      do throws(RelayError) {
        try db.run("SELECT dot, \(columns) FROM \(work.rawValue) \(bytes) ORDER BY dot \(order)", []) {
          (row) throws(RelayError) in
          found[row.int(0)] = Piece(
            key: DotKey(row.int(0)), hash: row.blob(1), seq: row.int(2), effective: row.int(3), refusal: row[4].text,
            schema: row.int(5),
            bytes: row.blob(6))
          return true
        }
        isWhole = true
      } catch {
        if order == "ASC" { damage.append("\(work.rawValue): \(error.message)") }
      }
    }
    return found.sorted { $0.key < $1.key }.map(\.value)
  }

  /// Why a table cannot be read from end to end; nil where it can.
  func readable(_ table: String) -> String? {
    do throws(RelayError) {
      try db.run("SELECT * FROM \(SQL.name(table))", []) { (_) throws(RelayError) in true }
      return nil
    } catch { return "\(table): \(error.message)" }
  }

  /// Names of tables, as far as the schema can be read.
  func tables(_ damage: inout [String]) -> [(name: String, sql: String)] {
    do throws(RelayError) {
      return try db.query("SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name") { (row) in
        (row[0].text ?? "", row[1].text ?? "")
      }
    } catch {
      damage.append("the list of tables: \(error.message)")
      return []
    }
  }

  /// The replicas that the file has been, as `relay_replica` has them.
  func replicas(_ damage: inout [String]) -> [(number: Int64, first: Int64, id: ReplicaID)] {
    do throws(RelayError) {
      return try db.query("SELECT number, first, id FROM relay_replica ORDER BY number, first") { (row) in
        (row.int(0), row.int(1), ReplicaID(bits: UInt64(bitPattern: row.int(2))))
      }
    } catch {
      damage.append("relay_replica: \(error.message)")
      return []
    }
  }

  /// Commits of other programs that were not sealed.
  func unsealed() -> Int64 {
    (try? db.first("SELECT count(*) FROM relay_log")?[0].integer) ?? 0
  }
}

/// The other half: what was read goes into an empty file.
struct RebuildStore {
  let db: Database

  /// Unsent work, as work that a hub has lost and to which nothing before it is needed (rule 27).
  func offer(_ key: DotKey, _ piece: SalvageStore.Piece) throws(RelayError) {
    try db.execute(
      "INSERT OR IGNORE INTO relay_lost (dot, epoch, seq, effective, hash, bytes) VALUES (?, zeroblob(16), 0, ?, ?, ?)",
      [Value(key), .integer(piece.effective), .blob(piece.hash), .blob(piece.bytes)])
  }

  /// No transaction up to this one waits for what comes before it in its replica's order.
  ///
  /// - Parameter seq: up to where its bases count.
  func breakChain(upTo key: DotKey, bases seq: UInt64) throws(RelayError) {
    try db.execute("INSERT OR IGNORE INTO relay_break (last, seq) VALUES (?, ?)", [Value(key), Value(seq)])
  }

  func keepRefused(_ key: DotKey, _ piece: SalvageStore.Piece) throws(RelayError) {
    try db.execute(
      """
      INSERT OR IGNORE INTO relay_refusal (dot, hash, seq, effective, refusal, schema, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)
      """,
      [
        Value(key), .blob(piece.hash), .integer(piece.seq), .integer(piece.effective),
        .text(piece.refusal ?? ""), .integer(piece.schema), .blob(piece.bytes),
      ])
  }

  func keepAccepted(_ key: DotKey, _ piece: SalvageStore.Piece) throws(RelayError) {
    try db.execute(
      """
      INSERT OR IGNORE INTO relay_accepted (seq, dot, hash, effective, total, bytes)
      SELECT ?1, ?2, ?3, ?4, length(?5) + coalesce((SELECT max(total) FROM relay_accepted), 0), ?5
      """,
      [.integer(piece.seq), Value(key), .blob(piece.hash), .integer(piece.effective), .blob(piece.bytes)])
  }
}
