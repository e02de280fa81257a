import Relay
internal import RelayMerge
internal import RelayProtocol
import TestSupport
import Testing

@testable import RelayHub

/// Rows that two devices make larger than a message, each with what is small enough: the later is told, and nobody's
/// sync stops.
@Suite struct LargeRowStories {
  private let large = Limits.value * 6 / 10

  private func text(_ letter: String, _ bytes: Int) -> String { "printf('%.*c', \(bytes), '\(letter)')" }

  /// Everybody syncs to the end, and holds the same.
  private func settle(_ fleet: Fleet, _ devices: [Fleet.Device]) throws {
    try fleet.settle()
    let rows = "SELECT id, length(phone), length(area), length(tags) FROM person ORDER BY id"
    for device in devices {
      #expect(try device.replica.status().pending == 0)
      #expect(try device.replica.status().mismatch.isEmpty)
      #expect(try device.values(rows) == devices[0].values(rows))
    }
  }

  private func refusals(_ device: Fleet.Device) throws -> [String?] {
    try device.replica.inbox().filter { $0.kind == .refused }.map(\.rule)
  }

  private func world() throws -> (Fleet, Fleet.Device, Fleet.Device) {
    let fleet = try Fleet()
    let (a, b) = (try fleet.add("a", "unit/1"), try fleet.add("b", "unit/1"))
    try a.sql("INSERT INTO person (id, unit) VALUES ('p', '1')")
    try fleet.syncAll()
    return (fleet, a, b)
  }

  @Test("Two large elements of one set: the second is refused and kept, and goes in once there is room")
  func largeElements() throws {
    let (fleet, a, b) = try world()
    for (device, letter) in [(a, "a"), (b, "b")] {
      try device.sql("UPDATE person SET tags = json_array(\(text(letter, large))) WHERE id = 'p'")
    }
    try b.sql("INSERT INTO person (id, unit) VALUES ('next', '1')")
    try settle(fleet, [a, b])
    #expect(try refusals(a) == [])
    #expect(try refusals(b) == ["row_too_large"])
    #expect(try a.values("SELECT id, substr(tags, 1, 3) FROM person ORDER BY id") == [["next", "[]"], ["p", "[\"a"]])
    try a.sql("UPDATE person SET tags = '[]' WHERE id = 'p'")
    try fleet.syncAll()
    try b.replica.resubmit(try #require(try b.replica.inbox().first { $0.kind == .refused }).id)
    try settle(fleet, [a, b])
    #expect(try refusals(b) == [])
    #expect(try a.values("SELECT substr(tags, 1, 3) FROM person WHERE id = 'p'") == [["[\"b"]])
  }

  @Test("A set of more elements than a message lists")
  func manyElements() throws {
    let (fleet, a, b) = try world()
    for (device, first) in [(a, 0), (b, 6000)] {
      try device.sql(
        """
        UPDATE person SET tags = (WITH RECURSIVE n (i) AS (SELECT \(first) UNION ALL SELECT i + 1 FROM n
          WHERE i < \(first) + 5999) SELECT json_group_array(i) FROM n) WHERE id = 'p'
        """)
    }
    try settle(fleet, [a, b])
    #expect(try refusals(b) == ["row_too_large"])
    #expect(try a.values("SELECT json_array_length(tags) FROM person") == [[6000]])
    // Elements come and go, more of them in all than any limit: what is gone does not count.
    for first in [6000, 12_000] {
      try a.sql(
        """
        UPDATE person SET tags = (WITH RECURSIVE n (i) AS (SELECT \(first) UNION ALL SELECT i + 1 FROM n
          WHERE i < \(first) + 5999) SELECT json_group_array(i) FROM n) WHERE id = 'p'
        """)
      try fleet.sync(a)
    }
    let late = try fleet.add("late", "unit/1")
    try settle(fleet, [a, b, late])
    #expect(try late.values("SELECT json_array_length(tags), tags ->> 0 FROM person") == [[6000, 12_000]])
    #expect(try refusals(a) == [])
  }

  @Test("Large values in conflict: what would not fit beside the others is refused, and nobody is stopped")
  func largeSiblings() throws {
    let (fleet, a, b) = try world()
    let third = try fleet.add("third", "unit/1")
    try fleet.syncAll()
    for (device, letter) in [(a, "a"), (b, "b"), (third, "c")] {
      try device.sql(
        "UPDATE person SET phone = \(text(letter, Limits.value)), area = \(text(letter, Limits.value)) WHERE id = 'p'")
    }
    try settle(fleet, [a, b, third])
    #expect(try refusals(a) == [])
    #expect(try refusals(b) + refusals(third) == ["row_too_large", "row_too_large"])
    #expect(try b.values("SELECT substr(phone, 1, 1), substr(area, 1, 1) FROM person") == [["a", "a"]])
  }

  @Test(
    "Six large texts lost in one sync: all are told of, cut where they would not fit, and the history has them whole")
  func largeNotices() throws {
    let (fleet, a, b) = try world()
    try a.sql((0..<6).map { "INSERT INTO person (id, unit) VALUES ('r\($0)', '1')" }.joined(separator: ";"))
    try fleet.settle()
    for (device, letter) in [(a, "a"), (b, "b")] {
      try device.sql("UPDATE person SET area = \(text(letter, Limits.value)) WHERE id <> 'p'")
      fleet.clock.advance(1000)
    }
    // a's are judged first and are the earlier ones: a loses.
    try fleet.sync(a)
    try fleet.sync(b)
    let request = try a.replica.nextRequest()
    let response = try #require(try fleet.answer(a, request))
    #expect(response.encoded().count <= Limits.body)
    _ = try a.replica.receive(response, to: request)
    try settle(fleet, [a, b])
    let notices = try a.replica.inbox().filter { $0.kind == .notice }
    #expect(notices.map(\.key).sorted() == (0..<6).map { "r\($0)" })
    let lost = notices.flatMap(\.siblings).filter { !$0.isShown }.compactMap { $0.values.first?.text }
    #expect(lost.count == 6)
    #expect(lost.allSatisfy { $0.hasPrefix("aaa") && $0.hasSuffix("a…") && $0.utf8.count <= Limits.value / 4 })
    let whole = try fleet.history(a, "person", "r0").cells.first { $0.column == "area" }
    #expect(whole?.writes.map { $0.values.first?.text?.utf8.count } == [Limits.value, Limits.value])
  }

  @Test("Nobody makes a row's existence outgrow a message: neither a dead row's nor a parent's")
  func existence() throws {
    let office = try Office(
      [("rogue", ["all"])],
      json: """
        {"name":"t","version":1,"roles":["office"],"tables":[
         {"id":1,"name":"team","key":["id"],"delete":"delete_wins","columns":[{"id":1,"name":"id","type":"text"}],
          "scopes":["all"],"homes":["all"],"access":{"office":{"read":true,"write":true}}},
         {"id":2,"name":"talk","key":["id"],"parent":{"column":"team","table":"team"},
          "columns":[{"id":1,"name":"id","type":"text"},{"id":2,"name":"team","type":"text"}],
          "access":{"office":{"read":true,"write":true}}}]}
        """)
    for id in ["dead", "alive"] { try office.push("rogue", office.sealed(7, Office.row(id), .insert([]))) }
    try office.push("rogue", office.sealed(7, Office.row("dead"), .delete, base: 1))
    // As if ten thousand had written to each at once, nobody having seen another.
    for id in ["dead", "alive"] {
      var row = try #require(try office.writer.session.load(Office.row(id)))
      let one = row.state.writes(.live)[0]
      let more = (1..<Limits.siblings).map { at in
        CellWrite(dot: Dot(ReplicaID(bits: 8), UInt64(at)), seq: one.seq, effective: one.effective, value: .flag(true))
      }
      row.state.replace(.live, ([one] + more).sorted { $0.dot < $1.dot })
      try office.writer.session.save(&row)
    }
    let rules = try [
      office.sealed(9, Office.row("dead"), .touch),
      office.sealed(9, Office.row("t", table: 2), .insert([GroupValues(group: 2, values: ["alive"])])),
      // Whoever has seen them makes room.
      office.sealed(9, Office.row("alive"), .touch, base: 3),
      office.sealed(9, Office.row("t", table: 2), .insert([GroupValues(group: 2, values: ["alive"])])),
    ].map { try office.push("rogue", $0)[0].refusal?.rule }
    #expect(rules == [.rowTooLarge, .rowTooLarge, nil, nil])
    // Whoever pulls can read all of it.
    var token: [UInt8] = []
    repeat {
      let page = try office.pull("rogue", pageBytes: 4 << 20, token: token)
      let response = SyncResponse(epoch: Office.epoch, time: 0, page: page)
      #expect(try SyncResponse(decoding: response.encoded()).page == page)
      token = page.token
    } while !token.isEmpty
  }

  @Test("What one device commits always fits; what several made larger can still be changed")
  func withinOneDevice() throws {
    let fleet = try Fleet(
      schema: Array(
        """
        {"name":"t","version":1,"roles":["field"],"tables":[
         {"id":1,"name":"person","key":["id"],"scopes":["unit/{unit}"],"homes":["unit/{unit}"],"columns":[
           {"id":1,"name":"id","type":"text"},{"id":2,"name":"unit","type":"text"},
           {"id":3,"name":"x","policy":"set","default":"[]","required":true},
           {"id":4,"name":"y","policy":"set","default":"[]","required":true},
           {"id":5,"name":"a","type":"text"},{"id":6,"name":"b","type":"text"},{"id":7,"name":"c","type":"text"},
           {"id":8,"name":"d","type":"text"}],
          "access":{"field":{"read":true,"write":true}}}]}
        """.utf8),
      ddl: """
        CREATE TABLE person (id TEXT PRIMARY KEY, unit TEXT, x TEXT NOT NULL DEFAULT '[]', y TEXT NOT NULL DEFAULT '[]',
          a TEXT, b TEXT, c TEXT, d TEXT)
        """)
    let (a, b) = (try fleet.add("a", "unit/1"), try fleet.add("b", "unit/1"))
    let many = """
      (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000) SELECT json_group_array(i) FROM n)
      """
    let error = #expect(throws: RelayError.self) {
      try a.sql("INSERT INTO person (id, unit, x, y) VALUES ('p', '1', \(many), \(many))")
    }
    #expect(error?.code == .valueNotAllowed)
    // 2.8 MiB, and two more pieces at once.
    let most = Limits.value
    try a.sql(
      """
      INSERT INTO person (id, unit, a, b, c) VALUES ('p', '1', \(text("a", most)), \(text("b", most)),
        \(text("c", most * 8 / 10)))
      """)
    try fleet.syncAll()
    try a.sql("UPDATE person SET c = \(text("c", most * 95 / 100))")
    try b.sql("UPDATE person SET d = \(text("d", most * 15 / 100))")
    try fleet.settle()
    for device in [a, b] { #expect(try device.rules() == []) }
    try b.sql("UPDATE person SET d = d || 'more'")
    try fleet.settle()
    #expect(try a.values("SELECT length(d) FROM person") == [[.integer(Int64(most * 15 / 100) + 4)]])
    #expect(throws: RelayError.self) { try b.sql("UPDATE person SET d = \(text("d", most))") }
  }

  @Test(
    "More rows leave than an answer lists: the pull brings everything anew, and what does not come goes",
    arguments: [1, 1 << 20])
  func wholePull(pageBytes: UInt64) throws {
    let fleet = try Fleet()
    let office = try fleet.add("office", "*")
    let a = try fleet.add("a", "unit/1", "unit/2")
    try office.sql(
      (0..<20).map { "INSERT INTO person (id, unit) VALUES ('p\($0)', '\(1 + $0 % 2)')" }.joined(separator: ";"))
    try office.sql("INSERT INTO visit VALUES ('v0', 'p0', 'x'), ('v1', 'p1', 'y')")
    try fleet.settle()
    fleet.reader.session.mostExits = 5
    // Work that nobody has judged, on a row that stays and on one that goes.
    for id in ["p0", "p1"] { try a.sql("UPDATE person SET phone = '7' WHERE id = '\(id)'") }
    try fleet.grant(a, ["unit/1"])
    let moment = try a.replica.moment()
    try fleet.sync(a, pageBytes: pageBytes)
    let request = try a.replica.nextRequest()
    #expect(try fleet.answer(a, request)?.page?.isWhole == false)
    try fleet.settle()
    #expect(try a.values("SELECT count(*), min(unit), max(unit) FROM person") == [[10, "1", "1"]])
    #expect(try a.values("SELECT id FROM visit") == [["v0"]])
    // Both were in the device's hands when it wrote.
    #expect(try office.values("SELECT id FROM person WHERE phone = '7' ORDER BY id") == [["p0"], ["p1"]])
    #expect(try a.rules().isEmpty)
    #expect(try a.values("SELECT count(*) FROM relay_image") == [[0]])
    // Many that move away at once are as many.
    try office.sql("UPDATE person SET unit = '2' WHERE id <> 'p0'")
    try fleet.sync(office)
    #expect(try fleet.answer(a, try a.replica.nextRequest())?.page?.isWhole == true)
    try fleet.sync(a, pageBytes: pageBytes)
    #expect(try a.values("SELECT id FROM person") == [["p0"]])
    // A form that was open before has seen nothing of what came.
    try a.replica.write(author: "a", seenAt: moment) { (db) throws(RelayError) in
      try db.script("UPDATE person SET area = 'North'")
    }
    try fleet.settle()
    for device in [a, office] {
      #expect(try device.replica.status().mismatch.isEmpty)
      #expect(try device.replica.status().pending == 0)
    }
  }

  @Test("What leaves between the pages of a whole pull, or was deleted here, does not stay or come back")
  func wholePullMeanwhile() throws {
    let fleet = try Fleet()
    let office = try fleet.add("office", "*")
    let a = try fleet.add("a", "unit/1", "unit/2")
    try office.sql(
      (0..<20).map { "INSERT INTO person (id, unit) VALUES ('p\($0)', '\(1 + $0 % 2)')" }.joined(separator: ";"))
    try fleet.settle()
    fleet.reader.session.mostExits = 5
    // Deleted where nobody knows yet that the row goes elsewhere.
    try a.sql("DELETE FROM person WHERE id = 'p0'")
    try office.sql("UPDATE person SET unit = '3' WHERE id = 'p0'")
    try fleet.sync(office)
    try fleet.grant(a, ["unit/1"])
    var pages = 0
    while true {
      let step = try fleet.roundTrip(a, pageBytes: 1)
      if case .installed? = step { break }
      pages += 1
      if pages == 3 {
        try office.sql("UPDATE person SET unit = '3' WHERE id IN ('p2', 'p4', 'p18')")
        try fleet.sync(office)
      }
    }
    #expect(pages > 3)
    try fleet.settle()
    let wanted = [6, 8, 10, 12, 14, 16].map { "p\($0)" }
    #expect(try Set(a.values("SELECT id FROM person").map { $0[0].text ?? "" }) == Set(wanted))
    #expect(try a.replica.status().mismatch.isEmpty)
    #expect(try a.values("SELECT count(*) FROM relay_image") == [[0]])
  }

  @Test("A comparison row by row of a table with long keys comes in answers that can be sent")
  func longKeys() throws {
    let (fleet, a, _) = try world()
    try a.sql(
      """
      INSERT INTO person (id, unit) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
        SELECT printf('%01000d', i), '1' FROM n
      """)
    try fleet.sync(a)
    let device = try fleet.reader.authenticate(token: "token-a")
    var (found, after): (Int, [UInt8]) = (0, [])
    var answers = 0
    while true {
      let answer = try fleet.reader.verify(
        VerifyRequest(epoch: try fleet.reader.epoch(), base: try fleet.reader.head(), table: 1, after: after),
        device: device)
      #expect(answer.encoded().count <= Limits.body)
      (found, answers) = (found + answer.rows.count, answers + 1)
      guard answer.more, let last = answer.rows.last else { break }
      after = last.key
    }
    #expect(found == 5001)
    #expect(answers == 2)
  }

  @Test("Pages of large rows stay within a message, first pull and with every stamp")
  func pages() throws {
    let (fleet, a, b) = try world()
    for id in 0..<6 {
      try a.sql(
        """
        INSERT INTO person (id, unit, phone, area) VALUES ('r\(id)', '1', \(text("x", Limits.value)),
          \(text("y", Limits.value)))
        """)
    }
    try fleet.sync(a)
    try expectPages(fleet, b, rows: 6)
    try a.sql("UPDATE person SET tags = '[1]' WHERE id <> 'p'")
    try fleet.sync(a)
    // A row that waits asks for every stamp.
    try b.sql("INSERT INTO person (id, unit) VALUES ('mine', '1')")
    try expectPages(fleet, b, rows: 7)
    try settle(fleet, [a, b])
  }

  /// A pull, round trip by round trip.
  private func expectPages(_ fleet: Fleet, _ device: Fleet.Device, rows: Int) throws {
    var found = 0
    while true {
      let request = try device.replica.nextRequest()
      let response = try #require(try fleet.answer(device, request))
      #expect(response.encoded().count <= Limits.body)
      found += response.page?.rowCount ?? 0
      if case .installed = try device.replica.receive(response, to: request) { break }
    }
    #expect(found == rows)
  }
}
