import Foundation
import Relay
import RelayHub
internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite
import TestSupport
import Testing

/// A file that is damaged is made anew: what can be believed of its unsent work goes out once, everything else comes from
/// the hub.
@Suite struct RebuildStories {
  let fleet: Fleet
  let a: Fleet.Device
  let b: Fleet.Device

  init() throws {
    (fleet, a, b) = try Fleet.pair()
    try a.sql("INSERT INTO person (id, unit, guests) VALUES ('p', 'u1', 1), ('q', 'u1', 1)")
    try fleet.settle()
    try b.sql("UPDATE person SET guests = guests + 10 WHERE id = 'p'")
    try b.sql("INSERT INTO person (id, unit, area) VALUES ('r', 'u1', 'b')")
    try b.sql("UPDATE person SET area = 'b' WHERE id = 'q'")
  }

  /// A copy of b's file, with something done to it.
  private func damaged(_ name: String = "damaged", _ sql: String = "") throws -> String {
    let path = fleet.folder + "/\(name).db"
    try Database(path: b.replica.path, mode: .readWrite).script("VACUUM INTO '\(path)'")
    if !sql.isEmpty { try Database(path: path, mode: .readWrite).script(sql) }
    return path
  }

  private func fresh(_ name: String = "fresh") throws -> Fleet.Device {
    let clock = fleet.clock
    let bits = UInt64(name.utf8.reduce(7) { $0 &* 31 &+ Int($1) })
    let environment = Environment(now: { clock.now }, random: { bits &* 0x9E37_79B9_7F4A_7C15 })
    let replica = try Replica(at: fleet.folder + "/\(name).db", schema: Fleet.schema, environment: environment) {
      (db) throws(RelayError) in try db.script(Fleet.ddl)
    }
    return Fleet.Device(name: "b", replica: replica)
  }

  private func check(_ device: Fleet.Device, sourceLocation: SourceLocation = #_sourceLocation) throws {
    for _ in 0..<3 { for one in [device, a] { try fleet.sync(one) } }
    let status = try device.replica.status()
    #expect(status.pending == 0 && status.mismatch.isEmpty && status.device == "b", sourceLocation: sourceLocation)
    for rows in ["relay_lost", "relay_break"] {
      #expect(try device.values("SELECT count(*) FROM \(rows)") == [[0]], "\(rows)", sourceLocation: sourceLocation)
    }
    let rows = "SELECT * FROM person ORDER BY id"
    let expected = try a.values(rows)
    #expect(try device.values(rows) == expected, sourceLocation: sourceLocation)
  }

  @Test("Where nothing is damaged all unsent work comes along, counts once, and the file works on")
  func whole() throws {
    let path = try damaged()
    let found = try Replica.examine(path, schema: Fleet.schema)
    #expect(found.damage.isEmpty && found.lost.isEmpty && found.unsent == 3 && found.isEnrolled)
    // The hub has the first already; its answer was lost.
    _ = try fleet.roundTrip(b, loss: .response)
    let device = try fresh()
    let rebuilt = try device.replica.rebuild(from: path)
    #expect(rebuilt.unsent == 3 && rebuilt.isEnrolled && rebuilt.damage.isEmpty)
    try check(device)
    #expect(try a.values("SELECT guests FROM person WHERE id = 'p'") == [[11]])
    #expect(try a.values("SELECT id FROM person WHERE area = 'b' ORDER BY id") == [["q"], ["r"]])
    try device.sql("UPDATE person SET guests = guests + 100 WHERE id = 'p'")
    try check(device)
    #expect(try a.values("SELECT guests FROM person WHERE id = 'p'") == [[111]])
    #expect(try device.replica.inbox().isEmpty && a.replica.inbox().isEmpty)
  }

  @Test(
    "A transaction that is not what was sealed is named and not sent; those before and after it are", arguments: 1...3)
  func flipped(counter: Int) throws {
    let path = try damaged(
      "flipped-\(counter)",
      """
      UPDATE relay_transaction SET bytes = CAST(substr(bytes, 1, length(bytes) - 1) || x'7f' AS BLOB)
      WHERE dot = (SELECT dot FROM relay_transaction ORDER BY dot LIMIT 1 OFFSET \(counter - 1))
      """)
    let found = try Replica.examine(path, schema: Fleet.schema)
    #expect(found.damage == ["relay_transaction: a transaction is not what was sealed"] && found.unsent == 2)
    #expect(found.lost.count == 1, "\(found.lost)")
    let device = try fresh()
    #expect(try device.replica.rebuild(from: path).unsent == 2)
    try check(device)
    #expect(try a.values("SELECT guests FROM person WHERE id = 'p'") == [[counter == 1 ? 1 : 11]])
    let there = try a.values("SELECT id FROM person WHERE area = 'b' ORDER BY id")
    #expect(there == (counter == 1 ? [["q"], ["r"]] : counter == 2 ? [["q"]] : [["r"]]))
    // Nothing waits behind the gap later either.
    try device.sql("UPDATE person SET top = 5 WHERE id = 'p'")
    try check(device)
    #expect(try a.values("SELECT top FROM person WHERE id = 'p'") == [[5]])
  }

  @Test("Whichever page of the file is overwritten: nothing traps, and what still verifies is sent once")
  func pages() throws {
    let path = try damaged()
    let db = try Database(path: path, mode: .readOnly)
    let size = Int(try db.first("PRAGMA page_size")?[0].integer ?? 4096)
    let roots = try db.query(
      "SELECT name, rootpage FROM sqlite_master WHERE rootpage > 0 AND name NOT LIKE 'sqlite_%' ORDER BY rootpage"
    ) { (row) throws(RelayError) in (name: row[0].text ?? "", page: row[1].integer ?? 0) }
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    #expect(roots.count > 30)
    var carried = 0
    for (name, page) in roots {
      for fill in [UInt8(0), 0xFF] {
        let copy = fleet.folder + "/page-\(page)-\(fill).db"
        var bytes = whole
        bytes.replaceSubrange((Int(page) - 1) * size..<Int(page) * size, with: repeatElement(fill, count: size))
        try bytes.write(to: URL(fileURLWithPath: copy))
        let found = try Replica.examine(copy, schema: Fleet.schema)
        #expect(!found.damage.isEmpty, "\(name)")
        let device = try fresh("new-\(page)-\(fill)")
        let rebuilt = try device.replica.rebuild(from: copy)
        #expect(rebuilt.unsent == (name == "relay_transaction" ? 0 : 3), "\(name): \(rebuilt)")
        #expect(rebuilt.isEnrolled == (name != "relay_state"), "\(name)")
        carried += rebuilt.unsent
        // The hub knows it after the first of them; each of the others changes nothing.
        if rebuilt.isEnrolled, page % 4 == 0 {
          for _ in 0..<3 { try fleet.sync(device) }
          #expect(try device.replica.status().pending == 0, "\(name)")
          #expect(try device.values("SELECT guests FROM person WHERE id = 'p'") == [[11]], "\(name)")
        }
      }
    }
    #expect(carried > 100)
    try fleet.sync(a)
    #expect(try a.values("SELECT guests FROM person WHERE id = 'p'") == [[11]])
  }

  @Test("A file that was cut off is named, and is not taken for a whole one")
  func truncated() throws {
    let path = try damaged()
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    for part in 1..<8 {
      let copy = fleet.folder + "/cut-\(part).db"
      try whole.prefix(whole.count * part / 8).write(to: URL(fileURLWithPath: copy))
      let found = try Replica.examine(copy, schema: Fleet.schema)
      #expect(!found.damage.isEmpty)
      let device = try fresh("from-cut-\(part)")
      let rebuilt = try device.replica.rebuild(from: copy)
      #expect(rebuilt.unsent <= 3 && rebuilt.unsent == found.unsent)
      guard rebuilt.isEnrolled else { continue }
      for _ in 0..<3 { try fleet.sync(device) }
      #expect(try device.replica.status().pending == 0)
    }
    try fleet.sync(a)
    #expect([[[1]], [[11]]].contains(try a.values("SELECT guests FROM person WHERE id = 'p'")))
  }

  @Test("Refused work keeps its place in the inbox, and can be written again")
  func refused() throws {
    for _ in 0..<2 { try fleet.sync(b) }
    try a.sql("DELETE FROM person WHERE id = 'q'")
    try fleet.settle()
    try b.replica.write(author: "b", mode: .strict) { (db) throws(RelayError) in
      try db.execute("UPDATE person SET phone = '2' WHERE id = 'p'")
    }
    try a.sql("UPDATE person SET phone = '1' WHERE id = 'p'")
    for device in [a, b, a, b] { try fleet.sync(device) }
    #expect(try b.rules() == ["strict_concurrent"])
    let device = try fresh()
    #expect(try device.replica.rebuild(from: try damaged()).refused == 1)
    #expect(try device.rules() == ["strict_concurrent"])
    try check(device)
    try device.replica.resubmit(try #require(try device.replica.inbox().first { $0.kind == .refused }).id)
    try check(device)
    #expect(try a.values("SELECT phone FROM person WHERE id = 'p'") == [["2"]])
  }

  @Test("Tables of the app that do not sync come along; a file with work of its own takes nothing over")
  func otherTables() throws {
    let path = try damaged(
      "other", "CREATE TABLE note (id INTEGER PRIMARY KEY, text); INSERT INTO note VALUES (1, 'a'), (2, x'00');")
    let device = try fresh()
    #expect(try device.replica.rebuild(from: path).otherRows == 2)
    #expect(try device.values("SELECT * FROM note") == [[1, "a"], [2, .blob([0])]])
    #expect(throws: RelayError.self) { try a.replica.rebuild(from: path) }
  }
}
