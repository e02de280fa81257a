internal import RelayProtocol
internal import RelaySQLite

/// What a file keeps of its own work, looked at after each sync: a note that outlives its work may take the place of other work
/// later.
enum Books {
  private static let questions = [
    "an own transaction stands in two places": """
    SELECT dot FROM (SELECT dot FROM relay_transaction UNION ALL SELECT dot FROM relay_accepted
      UNION ALL SELECT dot FROM relay_refusal UNION ALL SELECT dot FROM relay_lost WHERE bytes IS NOT NULL)
    GROUP BY dot HAVING count(*) > 1
    """,
    "relay_lost tells of a transaction that is nowhere": """
    SELECT dot FROM relay_lost WHERE bytes IS NULL AND dot NOT IN (SELECT dot FROM relay_transaction)
    """,
    "relay_brought tells of rows of no lost transaction": """
    SELECT dot FROM relay_brought WHERE dot NOT IN (SELECT dot FROM relay_lost)
    """,
    "relay_taken tells of no transaction": """
    SELECT dot FROM relay_taken WHERE dot NOT IN (SELECT dot FROM relay_transaction UNION SELECT dot FROM relay_lost
      UNION SELECT dot FROM relay_accepted)
    """,
    "relay_pending tells of a transaction that is nowhere": """
    SELECT dot FROM relay_pending WHERE fate = 0 AND dot NOT IN (SELECT dot FROM relay_transaction)
    """,
    "relay_lost_opening tells of a transaction that is nowhere": """
    SELECT dot FROM relay_lost_opening WHERE dot NOT IN (SELECT dot FROM relay_transaction UNION SELECT dot FROM relay_lost
      UNION SELECT dot FROM relay_accepted)
    """,
    "a refusal is in no inbox, or in the inbox and nowhere else": """
    SELECT n FROM (SELECT count(*) - (SELECT count(*) FROM relay_inbox WHERE kind = 'refused') AS n FROM relay_refusal)
    WHERE n <> 0
    """,
    "relay_lost_opening tells where work stood that is not lost": """
    SELECT dot FROM relay_lost_opening WHERE place IS NOT NULL AND dot NOT IN (SELECT dot FROM relay_lost)
    """,
    "relay_trail goes beyond where the file stands": """
    SELECT base FROM relay_trail WHERE base > (SELECT base FROM relay_state)
    """,
  ]

  /// Looks through a connection of its own, so that what the program does next reads and writes what it would have.
  static func check(_ path: String, of process: SimulatedProcess) throws {
    // Whoever watches is not hindered.
    let pending = process.pauseFaults()
    defer { process.goOn(with: pending) }
    let db = try Database(path: path, mode: .readOnly, vfs: process.name)
    for (what, sql) in questions.sorted(by: { $0.key < $1.key }) {
      let found = try db.query(sql) { (row) in row.int(0) }
      if !found.isEmpty { throw Broken("\(what): \(found)") }
    }
  }
}
