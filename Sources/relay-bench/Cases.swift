internal import Foundation
internal import Relay
internal import RelayGzip
internal import RelayHub

/// The cases; each makes its own files and gives the CPU seconds of what it measures, or a size.
struct Cases {
  let folder: String
  let rows: Int
  let writes: Int

  static let ddl = "CREATE TABLE item (id TEXT PRIMARY KEY, unit TEXT NOT NULL, name TEXT, note TEXT, n INTEGER)"
  static let schema = Array(
    """
    { "name": "bench", "version": 1, "roles": ["field"], "tables": [
      { "id": 1, "name": "item", "key": ["id"], "scopes": ["unit/{unit}"], "homes": ["unit/{unit}"],
        "columns": [
          { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "unit", "type": "text", "required": true },
          { "id": 3, "name": "name", "type": "text" }, { "id": 4, "name": "note", "type": "text" },
          { "id": 5, "name": "n", "type": "integer" } ],
        "access": { "field": { "read": true, "write": true } } } ] }
    """.utf8)

  // MARK: Local writes

  func plainWrites() throws -> Double {
    let db = try plain()
    try insert(100, db)
    return try cpu {
      for at in 0..<writes { try db.transaction { () throws(RelayError) in try update(at, db) } }
    }
  }

  func relayWrites() throws -> Double {
    let replica = try Fleet.replica(file(), 1)
    try replica.write { (db) throws(RelayError) in try insert(100, db) }
    return try cpu { for at in 0..<writes { try replica.write { (db) throws(RelayError) in try update(at, db) } } }
  }

  func plainInsert() throws -> Double {
    let db = try plain()
    return try cpu { try db.transaction { () throws(RelayError) in try insert(rows, db) } }
  }

  func relayInsert() throws -> Double {
    let replica = try Fleet.replica(file(), 1)
    return try cpu { try replica.write { (db) throws(RelayError) in try insert(rows, db) } }
  }

  // MARK: With a hub

  func install() throws -> Double {
    let fleet = try filled()
    let second = try fleet.add("second")
    let request = try second.nextRequest(pageBytes: 1 << 30)
    let response = try fleet.answer("second", request)
    return try cpu { _ = try second.receive(response, to: request) }
  }

  func sizes() throws -> (plain: Int, relay: Int) {
    let path = file()
    do {
      let db = try plain(path)
      try db.transaction { () throws(RelayError) in try insert(rows, db) }
      try db.script("PRAGMA wal_checkpoint(TRUNCATE)")
    }
    let fleet = try filled()
    let second = try fleet.add("second")
    try fleet.sync("second", second)
    let db = try Database(path: second.path, mode: .readWrite)
    try db.script("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")
    return (size(path), size(second.path))
  }

  func oneChangedRow() throws -> Double {
    let fleet = try filled()
    let second = try fleet.add("second")
    try fleet.sync("second", second)
    try fleet.first.write { (db) throws(RelayError) in try update(7, db) }
    try fleet.sync("first", fleet.first)
    return try cpu { try fleet.sync("second", second) }
  }

  func editsOnTheWire() throws -> Int {
    let fleet = try filled(1000)
    for at in 0..<1000 { try fleet.first.write { (db) throws(RelayError) in try update(at, db, of: 1000) } }
    return gzip(try fleet.first.nextRequest().encoded()).count
  }

  func quietSync() throws -> (up: Int, down: Int) {
    let fleet = try filled(10)
    let request = try fleet.first.nextRequest()
    return (request.encoded().count, try fleet.answer("first", request).encoded().count)
  }

  // MARK: Parts

  private func filled(_ count: Int? = nil) throws -> Fleet {
    let fleet = try Fleet(file())
    try fleet.first.write { (db) throws(RelayError) in try insert(count ?? rows, db) }
    try fleet.sync("first", fleet.first)
    return fleet
  }

  private func file() -> String { folder + "/" + UUID().uuidString }

  private func size(_ path: String) -> Int {
    (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
  }

  private func plain(_ path: String? = nil) throws -> Database {
    let db = try Database(path: path ?? file(), mode: .create)
    try db.script(Cases.ddl)
    return db
  }

  private func insert(_ count: Int, _ db: Database) throws(RelayError) {
    for at in 0..<count {
      try db.execute(
        "INSERT INTO item VALUES (?, 'u', ?, ?, ?)",
        [.text("item-\(at)"), .text("name of \(at)"), .text("a note of ordinary length"), .integer(Int64(at))])
    }
  }

  private func update(_ at: Int, _ db: Database, of count: Int = 100) throws(RelayError) {
    try db.execute("UPDATE item SET note = ? WHERE id = ?", [.text("note \(at)"), .text("item-\(at % count)")])
  }

  private func cpu(_ body: () throws -> Void) rethrows -> Double {
    func now() -> Double {
      var time = timespec()
      clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
    let start = now()
    try body()
    return now() - start
  }
}
