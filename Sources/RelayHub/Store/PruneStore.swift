internal import RelayProtocol

/// What a hub forgets with time, and up to where it has (rule 28).
protocol PruneStore {
  /// When a transaction was received; nil for a seq that has none.
  func received(_ seq: UInt64) throws(RelayError) -> Int64?

  /// Exits, the oldest first.
  func exits(upTo seq: UInt64, most: Int) throws(RelayError) -> [OldExit]
  func remove(_ exit: OldExit) throws(RelayError)

  /// Dead rows that no other row hangs on and nobody is asked about, ascending by seq.
  func deadRows(upTo seq: UInt64, after place: FeedPlace, most: Int) throws(RelayError) -> [DeadRow]
  /// Removes a row with all that the store has about it but its places.
  func remove(_ row: DeadRow) throws(RelayError)

  /// Bodies of accepted transactions, the oldest first.
  func bodies(upTo seq: UInt64, most: Int) throws(RelayError) -> [UInt64]
  func removeBody(_ seq: UInt64) throws(RelayError)

  /// Of which transactions which devices were told, or what is held against them, ascending.
  func told(_ what: Told, upTo seq: UInt64, after place: ToldPlace, most: Int) throws(RelayError) -> [ToldPlace]
  /// Removes what a device was told of a transaction.
  func remove(_ what: Told, at place: ToldPlace) throws(RelayError)
  /// Removes conflicts that ended up to a seq, the oldest first.
  ///
  /// - Returns: how many.
  func removeEntries(endedUpTo seq: UInt64, most: Int) throws(RelayError) -> Int

  /// Up to which seq it is told no more what left a scope or died in it; 0 where everything is.
  func horizon(of scope: String) throws(RelayError) -> UInt64
  func raiseHorizon(of scope: String, to seq: UInt64) throws(RelayError)
  /// Has any scope a horizon above a seq? Mostly none has, for a device that is not away for long.
  func hasHorizon(above seq: UInt64) throws(RelayError) -> Bool
}

struct OldExit {
  var scope: String
  var row: RowID
  var seq: UInt64
}

struct DeadRow {
  var place: FeedPlace
  var row: RowID
  /// Encoded, as `StoredRow.scopes` reads them.
  var scopes: [UInt8]
}

/// What devices are told, or what is held against them.
enum Told: String, CaseIterable {
  /// To whom a write belongs that is not shown.
  case notices = "notice"
  /// Refused inserts and deletes, and the accepted ones after them: what later work builds on (rule 18).
  case marks = "standing"
}

struct ToldPlace: Sendable, Equatable {
  var seq: UInt64 = 0
  var device: Int64 = 0
}

struct SQLPruning: PruneStore {
  let db: any HubSQL

  func received(_ seq: UInt64) throws(RelayError) -> Int64? {
    try db.number("SELECT received FROM txn WHERE seq = $1", [.seq(seq)])
  }

  func exits(upTo seq: UInt64, most: Int) throws(RelayError) -> [OldExit] {
    try db.query(
      "SELECT scope, tbl, key, seq FROM exits WHERE seq <= $1 ORDER BY seq LIMIT $2",
      [.seq(seq), .integer(Int64(most))]
    ) { (row) throws(RelayError) in OldExit(scope: row.text(0), row: try row.rowID(1, 2), seq: try row.seq(3)) }
  }

  func remove(_ exit: OldExit) throws(RelayError) {
    try db.run(
      "DELETE FROM exits WHERE scope = $1 AND tbl = $2 AND key = $3", [.text(exit.scope)] + Value.row(exit.row))
  }

  func deadRows(upTo seq: UInt64, after place: FeedPlace, most: Int) throws(RelayError) -> [DeadRow] {
    try db.query(
      """
      SELECT seq, id, tbl, key, scopes FROM row r WHERE alive = 0 AND (seq, id) > ($1, $2) AND seq <= $3
        AND NOT EXISTS (SELECT 1 FROM row c WHERE c.parent_tbl = r.tbl AND c.parent = r.key)
        AND NOT EXISTS (SELECT 1 FROM entry e WHERE e.tbl = r.tbl AND e.key = r.key AND e.status = 'open')
      ORDER BY seq, id LIMIT $4
      """, [.seq(place.seq), .integer(place.row), .seq(seq), .integer(Int64(most))]
    ) { (row) throws(RelayError) in
      DeadRow(
        place: FeedPlace(seq: try row.seq(0), row: row.int(1)), row: try row.rowID(2, 3), scopes: row.blob(4))
    }
  }

  func remove(_ row: DeadRow) throws(RelayError) {
    let id = Value.integer(row.place.row)
    try db.run("DELETE FROM increment WHERE row = $1", [id])
    try db.run("DELETE FROM history WHERE row = $1", [id])
    try db.run("DELETE FROM entry WHERE tbl = $1 AND key = $2", Value.row(row.row))
    try db.run("DELETE FROM row WHERE id = $1", [id])
  }

  func bodies(upTo seq: UInt64, most: Int) throws(RelayError) -> [UInt64] {
    try db.query(
      """
      SELECT b.seq FROM body b JOIN txn t ON t.seq = b.seq WHERE b.seq <= $1 AND t.accepted = 1
      ORDER BY b.seq LIMIT $2
      """, [.seq(seq), .integer(Int64(most))]
    ) { (row) throws(RelayError) in try row.seq(0) }
  }

  func removeBody(_ seq: UInt64) throws(RelayError) { try db.run("DELETE FROM body WHERE seq = $1", [.seq(seq)]) }

  func told(_ what: Told, upTo seq: UInt64, after place: ToldPlace, most: Int) throws(RelayError) -> [ToldPlace] {
    try db.query(
      """
      SELECT DISTINCT seq, device FROM \(what.rawValue) WHERE (seq, device) > ($1, $2) AND seq <= $3
      ORDER BY seq, device LIMIT $4
      """, [.seq(place.seq), .integer(place.device), .seq(seq), .integer(Int64(most))]
    ) { (row) throws(RelayError) in ToldPlace(seq: try row.seq(0), device: row.int(1)) }
  }

  func remove(_ what: Told, at place: ToldPlace) throws(RelayError) {
    try db.run(
      "DELETE FROM \(what.rawValue) WHERE seq = $1 AND device = $2", [.seq(place.seq), .integer(place.device)])
  }

  func removeEntries(endedUpTo seq: UInt64, most: Int) throws(RelayError) -> Int {
    let removed = try db.query(
      """
      DELETE FROM entry WHERE (tbl, key, cell, opened) IN
        (SELECT tbl, key, cell, opened FROM entry WHERE ended <= $1 ORDER BY ended LIMIT $2) RETURNING opened
      """, [.seq(seq), .integer(Int64(most))]
    ) { (row) throws(RelayError) in try row.seq(0) }
    return removed.count
  }

  func horizon(of scope: String) throws(RelayError) -> UInt64 {
    try Count.of(try db.number("SELECT seq FROM horizon WHERE scope = $1", [.text(scope)]) ?? 0)
  }

  func hasHorizon(above seq: UInt64) throws(RelayError) -> Bool {
    try db.has("SELECT 1 FROM horizon WHERE seq > $1 LIMIT 1", [.seq(seq)])
  }

  func raiseHorizon(of scope: String, to seq: UInt64) throws(RelayError) {
    guard try horizon(of: scope) < seq else { return }
    try db.run(
      "INSERT INTO horizon VALUES ($1, $2) ON CONFLICT (scope) DO UPDATE SET seq = excluded.seq",
      [.text(scope), .seq(seq)])
  }
}
