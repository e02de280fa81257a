import Relay
import RelayHub
import TestSupport
import Testing

/// The inbox as data: rows to SELECT and to join, and a choice that any SQL tool can write.
@Suite struct InboxStories {
  let fleet: Fleet
  let a: Fleet.Device
  let b: Fleet.Device
  let office: Fleet.Device

  init() throws {
    (fleet, a, b) = try Fleet.pair()
    office = try fleet.add("office", "*")
    try a.sql("INSERT INTO person (id, unit, phone) VALUES ('p', 'u1', '0')")
    try fleet.syncAll()
    try fleet.syncAll()
  }

  /// Two phones at once; a's is judged first, b's is shown.
  private func clash() throws {
    try a.sql("UPDATE person SET phone = '1'")
    fleet.clock.advance(1000)
    try b.sql("UPDATE person SET phone = '2'")
    for device in [a, b, a, office] { try fleet.sync(device) }
  }

  private func shell(_ device: Fleet.Device, _ sql: String) throws {
    try Database(path: device.replica.path, mode: .readWrite).script(sql)
  }

  private func conflict(_ device: Fleet.Device) throws -> InboxItem {
    try #require(try device.replica.inbox().first { $0.kind == .conflict })
  }

  @Test("A conflict is rows that an app joins to its own table: what was before, and each value with who and when")
  func rows() throws {
    try clash()
    for device in [a, b, office] {
      let found = try device.values(
        """
        SELECT p.id, i.status, i.base, i.choice, i.opened_at, s.position, s.is_shown, s.value, s.author, s.device,
          s.time, s.seq
        FROM relay_inbox AS i JOIN person AS p ON p.id = i.row_key JOIN relay_sibling AS s ON s.inbox_id = i.id
        WHERE i.kind = 'conflict' ORDER BY s.position
        """)
      let before: Value = "0"
      #expect(
        found == [
          [
            "p", "open", before, .null, "2023-11-14T22:13:21Z", 0, 1, "2", "b", "b", "2023-11-14T22:13:21Z", 3,
          ],
          [
            "p", "open", before, .null, "2023-11-14T22:13:21Z", 1, 0, "1", "a", "a", "2023-11-14T22:13:20Z", 2,
          ],
        ] || device === a, "\(device.name): \(found)")
      let item = try conflict(device)
      #expect(item.siblings.map(\.values) == [["2"], ["1"]])
      #expect(item.siblings.map(\.author) == ["b", "a"])
      #expect(item.siblings.map(\.seq) == [3, 2])
      #expect(item.siblings.map(\.isShown) == [true, false])
      #expect(item.siblings.map(\.dot.replica) == [try b.replica.replicaID(), try a.replica.replicaID()])
    }
    // What both authors had seen, on every device, also where one's own value was confirmed before.
    for device in [a, b, office] { #expect(try conflict(device).base == .values(["0"])) }
  }

  @Test("The value before stays what it was when the row changes again while the conflict is open")
  func baseStays() throws {
    try clash()
    let before = try conflict(b)
    try office.sql("UPDATE person SET area = 'North'")
    for device in [office, b] { try fleet.sync(device) }
    #expect(try b.values("SELECT area FROM person") == [["North"]])
    let after = try conflict(b)
    #expect(after.id == before.id)
    #expect(after.base == .values(["0"]))
    #expect(after.openedAt == before.openedAt)
  }

  @Test("An UPDATE of choice by another program settles a conflict everywhere", arguments: ["1", "'1'", "'[\"1\"]'"])
  func choiceByShell(choice: String) throws {
    try clash()
    try shell(b, "UPDATE relay_inbox SET choice = \(choice) WHERE kind = 'conflict'")
    try fleet.sync(b)
    try fleet.syncAll()
    for device in [a, b, office] {
      #expect(try device.values("SELECT phone FROM person") == [["1"]])
      #expect(try device.replica.status().conflicts == 0)
      #expect(try device.values("SELECT count(*) FROM relay_sibling") == [[0]])
    }
  }

  @Test("Choosing the value that is shown already is a real answer, and the item says that it is on its way")
  func shownChosen() throws {
    try clash()
    try shell(a, "UPDATE relay_inbox SET choice = 0 WHERE kind = 'conflict'")
    try a.sql("UPDATE person SET area = 'North'")
    let item = try conflict(a)
    #expect(item.status == .answered)
    #expect(try a.values("SELECT choice FROM relay_inbox") == [[.null]])
    #expect(try a.replica.status().pending == 2)
    // Something else comes to the same row meanwhile: the answer is still on its way.
    try b.sql("UPDATE person SET top = 7")
    try fleet.sync(b)
    let request = try a.replica.nextRequest()
    var unheard = request
    unheard.push = []
    let reply = try #require(try fleet.answer(a, unheard))
    _ = try a.replica.receive(reply, to: request)
    #expect(try conflict(a).status == .answered)
    try fleet.sync(a)
    try fleet.syncAll()
    for device in [a, b, office] {
      #expect(try device.values("SELECT phone FROM person") == [["2"]])
      #expect(try device.replica.status().conflicts == 0)
    }
  }

  @Test(
    "A choice that cannot be is put back with the reason, and everything else goes on",
    arguments: ["7", "-1", "'nonsense'", "'[\"1\", \"2\"]'", "'{}'", "'[{}]'", "x'00'", "1.5"])
  func impossible(choice: String) throws {
    try clash()
    let area = "UPDATE person SET area = 'North'"
    try shell(b, "BEGIN; UPDATE relay_inbox SET choice = \(choice); \(area); COMMIT")
    try fleet.sync(b)
    #expect(try b.values("SELECT area, phone FROM person") == [["North", "2"]])
    #expect(try b.values("SELECT choice FROM relay_inbox WHERE kind = 'conflict'") == [[.null]])
    let item = try conflict(b)
    #expect(item.status == .open)
    #expect(item.message?.hasPrefix("this choice cannot be taken: ") == true)
    // The next one is as good as the first would have been.
    try shell(b, "UPDATE relay_inbox SET choice = 1 WHERE kind = 'conflict'")
    try fleet.sync(b)
    #expect(try b.values("SELECT phone FROM person") == [["1"]])
    #expect(try b.replica.status().conflicts == 0)
  }

  @Test("A choice on something that is no conflict fails at once; on a row that was deleted here it is put back")
  func notToBeChosen() throws {
    let there = try fleet.add("there", "unit/u2")
    try there.sql("INSERT INTO person (id, unit) VALUES ('k', 'u2')")
    try fleet.sync(there)
    try a.sql("INSERT INTO person (id, unit) VALUES ('k', 'u1')")
    try fleet.sync(a)
    try clash()
    let error = #expect(throws: RelayError.self) { try shell(a, "UPDATE relay_inbox SET choice = 0") }
    #expect(error?.message.contains("only a conflict is settled by a choice") == true)
    let refused = try #require(try a.replica.inbox().first { $0.kind == .refused })
    #expect(refused.message?.contains("this key cannot be used") == true)
    try shell(a, "DELETE FROM person WHERE id = 'p'; UPDATE relay_inbox SET choice = 0 WHERE kind = 'conflict'")
    try a.sql("")
    #expect(try a.values("SELECT count(*) FROM relay_inbox WHERE choice IS NOT NULL") == [[0]])
    #expect(try conflict(a).message?.hasPrefix("this choice cannot be taken: ") == true)
  }

  @Test("A value keeps its place while the conflict lasts: who read before a sync chooses what they read")
  func places() throws {
    try clash()
    let read = try conflict(office).siblings
    #expect(read.map(\.values) == [["2"], ["1"]])
    // A third value, later than both, is shown now; b, whose value it replaces, had seen its own alone.
    let late = try fleet.add("late", scopes: ["unit/u1"], skew: 60_000)
    try late.sql("INSERT INTO person (id, unit, phone) VALUES ('p', 'u1', '3')")
    try fleet.sync(late)
    try fleet.sync(office)
    let now = try conflict(office).siblings
    #expect(now.map(\.values) == [["2"], ["1"], ["3"]])
    #expect(now.map(\.isShown) == [false, false, true])
    try shell(office, "UPDATE relay_inbox SET choice = \(read[1].position) WHERE kind = 'conflict'")
    for _ in 0..<2 { try fleet.syncAll() }
    for device in [a, b, office, late] {
      #expect(try device.values("SELECT phone FROM person WHERE id = 'p'") == [["1"]])
      #expect(try device.replica.status().conflicts == 0)
    }
  }

  @Test("Two people settle one conflict differently: it is the same conflict, open again, with both answers")
  func twoAnswers() throws {
    try clash()
    let id = try conflict(a).id
    try shell(a, "UPDATE relay_inbox SET choice = '[\"3\"]' WHERE kind = 'conflict'")
    try shell(b, "UPDATE relay_inbox SET choice = '[\"4\"]' WHERE kind = 'conflict'")
    try fleet.syncAll()
    try fleet.syncAll()
    for device in [a, b, office] {
      let item = try conflict(device)
      #expect(item.id == id)
      #expect(item.status == .open)
      #expect(Set(item.siblings.map(\.values)) == [["3"], ["4"]])
      #expect(Set(item.siblings.map(\.device)) == ["a", "b"])
    }
    // What both had seen when they answered: the value that was shown.
    for device in [a, b, office] { #expect(try conflict(device).base == .values(["2"])) }
  }

  @Test("A row deleted here and changed there: the choice is by position, and the values say there and deleted")
  func existence() throws {
    try a.sql("DELETE FROM person")
    try b.sql("UPDATE person SET area = 'North'")
    for device in [a, b, office] { try fleet.sync(device) }
    let item = try conflict(office)
    #expect(item.column == "(existence)")
    #expect(item.base == .flag(true))
    #expect(try office.values("SELECT value FROM relay_sibling ORDER BY position") == [["there"], ["deleted"]])
    try shell(office, "UPDATE relay_inbox SET choice = 1")
    try fleet.sync(office)
    try fleet.syncAll()
    for device in [a, b, office] {
      #expect(try device.values("SELECT id FROM person").isEmpty)
      #expect(try device.replica.status().conflicts == 0)
    }
  }

  @Test("A notice shows the value in force and the own one, and can be dismissed once it was read")
  func notice() throws {
    try a.sql("UPDATE person SET area = 'North'")
    fleet.clock.advance(1000)
    try b.sql("UPDATE person SET area = 'South'")
    for device in [a, b, a] { try fleet.sync(device) }
    let item = try #require(try a.replica.inbox().first { $0.kind == .notice })
    #expect(item.status == .told)
    #expect(item.siblings.map(\.values) == [["South"], ["North"]])
    #expect(item.siblings.map(\.isShown) == [true, false])
    #expect(item.siblings.map(\.device) == ["b", "a"])
    try a.replica.dismiss(item.id)
    #expect(try a.replica.inbox().isEmpty)
    #expect(try a.values("SELECT count(*) FROM relay_sibling") == [[0]])
    let error = #expect(throws: RelayError.self) { try a.replica.dismiss(item.id) }
    #expect(error?.code == .entryUnknown)
    try fleet.syncAll()
    #expect(try a.replica.inbox().isEmpty)
  }
}
