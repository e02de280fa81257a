import Relay
import RelayHub
internal import RelayProtocol
import TestSupport
import Testing

/// What the hub refused: readable value by value, written again put right with all that built on it, or forgotten.
@Suite struct RefusedStories {
  let fleet: Fleet
  let a: Fleet.Device
  let there: Fleet.Device
  let office: Fleet.Device

  init() throws {
    fleet = try Fleet()
    a = try fleet.add("a", "unit/u1")
    there = try fleet.add("there", "unit/u2")
    office = try fleet.add("office", "*")
    try a.sql("INSERT INTO person (id, unit, phone) VALUES ('p', 'u1', '0')")
    try there.sql("INSERT INTO person (id, unit, area) VALUES ('k', 'u2', 'secret')")
    try fleet.syncAll()
    try fleet.syncAll()
  }

  /// A person under a key that is taken elsewhere, a change of it, a visit to it, and something that is fine.
  private func takenKey() throws {
    try a.replica.write(author: "Chen") { (db) throws(RelayError) in
      try db.script("INSERT INTO person (id, unit, phone, guests, tags) VALUES ('k', 'u1', '7', 2, '[\"x\"]')")
    }
    try a.sql("UPDATE person SET area = 'mine', guests = guests + 3, tags = '[\"x\",\"y\"]' WHERE id = 'k'")
    try a.sql("INSERT INTO visit VALUES ('v', 'k', 'first')")
    try a.sql("UPDATE visit SET note = 'second' WHERE id = 'v'")
    try a.sql("UPDATE person SET area = 'fine' WHERE id = 'p'")
  }

  private func refused(_ device: Fleet.Device) throws -> [InboxItem] {
    try device.replica.inbox().filter { $0.kind == .refused }
  }

  /// Nothing of the refused work is left in Relay's own tables, and the views are right.
  private func isClean(_ device: Fleet.Device) throws {
    let tables = ["transaction", "refusal", "pending", "image", "inbox", "refused", "sibling"].map { "relay_" + $0 }
    for table in tables {
      #expect(try device.values("SELECT count(*) FROM \(table)") == [[0]], "\(device.name): \(table)")
    }
    #expect(try device.replica.status().mismatch.isEmpty)
  }

  @Test("A refusal lists what was refused, value by value, and what else was refused with it")
  func listed() throws {
    try takenKey()
    try fleet.sync(a)
    let items = try refused(a)
    #expect(items.map(\.rule) == ["key_unavailable"] + Array(repeating: "depends_on_refused", count: 3))
    #expect(items[0].dependents == items.dropFirst().map(\.id))
    #expect(items.dropFirst().map(\.dependsOn) == [items[0].id, items[0].id, items[2].id])
    #expect(items[2].dependents == [items[3].id])
    let rows = try a.values(
      """
      SELECT r.table_name, r.row_key, r.operation, r.column_name, r.value FROM relay_refused AS r
      JOIN relay_inbox AS i ON i.id = r.inbox_id WHERE i.rule = 'depends_on_refused' ORDER BY i.opened, r.position
      """)
    #expect(
      rows == [
        ["person", "k", "set", "area", "mine"], ["person", "k", "increment", "guests", 3],
        ["person", "k", "add", "tags", "y"], ["visit", "v", "insert", "person", "k"],
        ["visit", "v", "insert", "note", "first"], ["visit", "v", "set", "note", "second"],
      ])
    let insert = items[0].operations.map { "\($0.column ?? "") \($0.value)" }
    #expect(insert == ["unit 'u1'", "phone '7'", "area NULL", "guests 2", "tags '[\"x\"]'", "top NULL"])
    #expect(items[0].openedAt == "2023-11-14T22:13:20Z")
    #expect(try a.values("SELECT id FROM person") == [["p"]])
  }

  @Test("Resubmitted under another key, all of it arrives as one transaction, the visit with its person")
  func resubmitted() throws {
    try takenKey()
    try fleet.sync(a)
    let first = try refused(a)[0]
    try a.replica.resubmit(
      first.id, corrections: [RowCorrection(row: first.row, key: ["k2"], values: ["phone": "8"])])
    #expect(try a.replica.inbox().isEmpty)
    #expect(try a.replica.status().pending == 1)
    let whole: [[Value]] = [["k2", "8", "mine", 5, "[\"x\",\"y\"]"], ["p", "0", "fine", 0, "[]"]]
    #expect(try a.values("SELECT id, phone, area, guests, tags FROM person ORDER BY id") == whole)
    try fleet.syncAll()
    #expect(try refused(a).isEmpty)
    #expect(
      try office.values("SELECT id, phone, area, guests, tags FROM person WHERE unit = 'u1' ORDER BY id") == whole)
    #expect(try office.values("SELECT id, person, note FROM visit") == [["v", "k2", "second"]])
    #expect(try there.values("SELECT id, area FROM person") == [["k", "secret"]])
    try fleet.syncAll()
    try isClean(a)
    let history = try a.replica.history(table: "person", key: ["k2"])
    #expect(history.isHere)
  }

  @Test("What the caller corrects in SQL goes into the same transaction")
  func correctedInSQL() throws {
    try takenKey()
    try fleet.sync(a)
    try a.replica.resubmit(try refused(a)[0].id, author: "Li") { (db) throws(RelayError) in
      try db.script("UPDATE person SET id = 'k3' WHERE id = 'k'; UPDATE visit SET person = 'k3' WHERE id = 'v'")
    }
    try fleet.syncAll()
    #expect(try refused(a).isEmpty)
    #expect(try office.values("SELECT id, person FROM visit") == [["v", "k3"]])
    try fleet.syncAll()
    try isClean(a)
  }

  @Test("When the correction fails, nothing was changed")
  func atomic() throws {
    try takenKey()
    try fleet.sync(a)
    let before = try a.replica.inbox()
    let tables = ["person", "visit", "relay_transaction", "relay_refusal", "relay_pending", "relay_refused"]
    let dump = { try tables.map { try a.values("SELECT * FROM \($0)") } }
    let rows = try dump()
    let error = #expect(throws: RelayError.self) {
      try a.replica.resubmit(before[0].id) { (_) throws(RelayError) in throw RelayError(.usage, "changed my mind") }
    }
    #expect(error?.message == "changed my mind")
    for correction in [
      RowCorrection(row: before[0].row, key: ["p"]), RowCorrection(row: before[0].row, values: ["unit": .null]),
      RowCorrection(row: before[0].row, values: ["colour": "red"]), RowCorrection(row: before[0].row, key: ["x", "y"]),
      RowCorrection(row: RowID(table: 1, values: ["p"]), values: ["area": "elsewhere"]),
    ] {
      #expect(throws: RelayError.self) { try a.replica.resubmit(before[0].id, corrections: [correction]) }
    }
    #expect(try a.replica.inbox() == before)
    #expect(try dump() == rows)
    try a.replica.resubmit(before[0].id, corrections: [RowCorrection(row: before[0].row, key: ["k4"])])
    try fleet.syncAll()
    #expect(try refused(a).isEmpty)
  }

  @Test("Resubmitted as it was, it is refused again and loses nothing")
  func resubmittedUnchanged() throws {
    try takenKey()
    try fleet.sync(a)
    try a.replica.resubmit(try refused(a)[0].id)
    #expect(try a.values("SELECT area, guests FROM person WHERE id = 'k'") == [["mine", 5]])
    try fleet.sync(a)
    let items = try refused(a)
    #expect(items.map(\.rule) == ["key_unavailable"])
    #expect(items[0].operations.contains { $0.table == "visit" && $0.value == "second" })
    #expect(try a.values("SELECT id FROM person") == [["p"]])
    try a.replica.discard(items[0].id)
    try isClean(a)
  }

  @Test("Discarded, the refused work and all that built on it is forgotten here, and the hub still has it")
  func discarded() throws {
    try takenKey()
    try fleet.sync(a)
    let items = try refused(a)
    #expect(try a.replica.discard(items[0].id) == items.map(\.id))
    #expect(try a.values("SELECT id, area FROM person") == [["p", "fine"]])
    try isClean(a)
    try fleet.syncAll()
    try isClean(a)
    let error = #expect(throws: RelayError.self) { try a.replica.discard(items[0].id) }
    #expect(error?.code == .entryUnknown)
  }

  @Test("A refused change of a row that is confirmed leaves the row as it is when it is discarded")
  func refusedChange() throws {
    try fleet.grant(a, ["unit/u2"])
    try a.sql("UPDATE person SET area = 'x' WHERE id = 'p'; INSERT INTO person (id, unit) VALUES ('n', 'u1')")
    // So long ago that the rights of then count no more.
    fleet.clock.advance(31 * 24 * 3600 * 1000)
    try fleet.sync(a)
    let items = try refused(a)
    try #require(items.count == 1)
    #expect(try a.values("SELECT id, area FROM person") == [["k", "secret"]])
    try a.replica.discard(items[0].id)
    #expect(try a.values("SELECT id, area FROM person") == [["k", "secret"]])
    try fleet.syncAll()
    try isClean(a)
  }

  @Test("Forgotten before any pull confirmed it: later work that was sealed on top is still left out of the view")
  func discardedEarly() throws {
    try a.sql("INSERT INTO person (id, unit) VALUES ('k', 'u1')")
    let request = try a.replica.nextRequest()
    try a.sql("UPDATE person SET area = 'on top' WHERE id = 'k'")
    try hearVerdicts(request)
    #expect(try a.values("SELECT id FROM person") == [["p"]])
    try a.replica.discard(try refused(a)[0].id)
    #expect(try a.values("SELECT id FROM person") == [["p"]])
    try a.sql("INSERT INTO person (id, unit, area) VALUES ('n', 'u1', 'new')")
    try fleet.sync(a)
    #expect(try a.values("SELECT id FROM person ORDER BY id") == [["n"], ["p"]])
    let left = try refused(a)
    #expect(left.map(\.rule) == ["depends_on_refused"])
    #expect(left[0].dependsOn == nil)
    // What it builds on is gone: it cannot be written again by itself.
    let error = #expect(throws: RelayError.self) { try a.replica.resubmit(left[0].id) }
    #expect(error?.code == .constraint)
    try a.replica.discard(left[0].id)
    try fleet.syncAll()
    try isClean(a)
  }

  /// The verdicts come with the push; the pull is lost.
  private func hearVerdicts(_ request: SyncRequest) throws {
    var reply = try #require(try fleet.answer(a, request))
    reply.page = nil
    _ = try a.replica.receive(reply, to: request)
  }

  @Test("What is written once a refusal is known has not seen what was refused, whether or not a pull has confirmed it")
  func writtenAfterTheVerdict() throws {
    try a.sql("DELETE FROM person WHERE id = 'p'; INSERT INTO person (id, unit, phone) VALUES ('k', 'u1', '7')")
    try a.sql("INSERT INTO person (id, unit, phone) VALUES ('p', 'u1', '41')")
    try hearVerdicts(try a.replica.nextRequest())
    #expect(try refused(a).map(\.rule) == ["key_unavailable", "depends_on_refused"])
    #expect(try a.values("SELECT id, phone FROM person") == [["p", "0"]])
    let moment = try a.replica.moment(of: [("person", ["p"])])
    try a.sql("UPDATE person SET phone = '50' WHERE id = 'p'")
    try a.sql("DELETE FROM person WHERE id = 'p'")
    try a.sql("INSERT INTO person (id, unit, phone) VALUES ('p', 'u1', '59')")
    try a.sql("INSERT INTO visit VALUES ('v', 'p', 'later')")
    try a.replica.write(seenAt: moment) { (db) throws(RelayError) in
      try db.script("UPDATE person SET area = 'form' WHERE id = 'p'")
    }
    let second = try refused(a)[1]
    try a.replica.resubmit(second.id, corrections: [RowCorrection(row: second.row, key: ["q"])])
    let whole: [[Value]] = [["p", "59"], ["q", "41"]]
    #expect(try a.values("SELECT id, phone FROM person ORDER BY id") == whole)
    try fleet.syncAll()
    #expect(try refused(a).map(\.rule) == ["key_unavailable"])
    #expect(try office.values("SELECT id, phone FROM person WHERE unit = 'u1' ORDER BY id") == whole)
    #expect(try office.values("SELECT id, person FROM visit") == [["v", "p"]])
  }

  @Test("What was forgotten before a pull confirmed its refusal does not count as seen")
  func writtenAfterForgetting() throws {
    try a.sql("INSERT INTO person (id, unit) VALUES ('m', 'u1')")
    try a.sql("DELETE FROM person WHERE id = 'p'; INSERT INTO person (id, unit, phone) VALUES ('k', 'u1', '7')")
    try a.sql("INSERT INTO person (id, unit, phone) VALUES ('p', 'u1', '41')")
    try hearVerdicts(try a.replica.nextRequest())
    try a.sql("INSERT INTO person (id, unit) VALUES ('n', 'u1')")
    #expect(try a.replica.discard(try refused(a)[0].id).count == 2)
    #expect(try a.values("SELECT id, phone FROM person WHERE id = 'p'") == [["p", "0"]])
    let moment = try a.replica.moment(of: [("person", ["p"])])
    try a.sql("UPDATE person SET phone = '50' WHERE id = 'p'")
    try a.replica.write(seenAt: moment) { (db) throws(RelayError) in
      try db.script("UPDATE person SET area = 'form' WHERE id = 'p'")
    }
    try fleet.syncAll()
    #expect(try refused(a).isEmpty)
    #expect(try office.values("SELECT phone, area FROM person WHERE id = 'p'") == [["50", "form"]])
    #expect(try a.values("SELECT count(*) FROM relay_forgotten") == [[0]])
  }

  @Test("Resubmitted before any pull confirmed the refusal, it goes out once and in the right order")
  func resubmittedEarly() throws {
    try a.sql("INSERT INTO person (id, unit) VALUES ('k', 'u1')")
    let request = try a.replica.nextRequest()
    try a.sql("UPDATE person SET area = 'on top' WHERE id = 'k'")
    try hearVerdicts(request)
    let item = try refused(a)[0]
    try a.replica.resubmit(item.id, corrections: [RowCorrection(row: item.row, key: ["k5"])])
    #expect(try a.values("SELECT id FROM person ORDER BY id") == [["k5"], ["p"]])
    // The old reply once more, whole.
    _ = try a.replica.receive(try #require(try fleet.answer(a, request)), to: request)
    try fleet.sync(a)
    #expect(try a.values("SELECT id, area FROM person ORDER BY id") == [["k5", .null], ["p", .null]])
    let left = try refused(a)
    try #require(left.map(\.rule) == ["depends_on_refused"])
    try a.replica.resubmit(left[0].id, corrections: [RowCorrection(row: left[0].row, key: ["k5"])])
    try fleet.syncAll()
    #expect(
      try office.values("SELECT id, area FROM person WHERE unit = 'u1' ORDER BY id") == [
        ["k5", "on top"], ["p", .null],
      ])
    try fleet.syncAll()
    try isClean(a)
  }

  @Test("A refused answer to a conflict opens the conflict again, and resubmitting settles it")
  func refusedAnswer() throws {
    let b = try fleet.add("b", "unit/u1")
    try fleet.sync(b)
    try a.sql("UPDATE person SET phone = '1' WHERE id = 'p'")
    try b.sql("UPDATE person SET phone = '2' WHERE id = 'p'")
    for device in [a, b, a] { try fleet.sync(device) }
    let readable = [ScopeGrant(scope: "unit/u1", writable: false)]
    try fleet.writer.grant(device: "a", role: nil, grants: readable, now: fleet.clock.now)
    try office.sql("INSERT INTO person (id, unit) VALUES ('q', 'u1')")
    try fleet.sync(office)
    // Only what is written from here on is judged by the new rights.
    for _ in 0..<2 { try fleet.sync(a) }
    let conflict = try #require(try a.replica.inbox().first { $0.kind == .conflict })
    try a.replica.resolve(conflict.id, .values(["3"]), author: "Chen")
    #expect(try a.replica.inbox().first { $0.kind == .conflict }?.status == .answered)
    try fleet.sync(a)
    #expect(try a.replica.inbox().first { $0.kind == .conflict }?.status == .open)
    let item = try #require(try refused(a).first)
    #expect(item.rule == "not_writable")
    try fleet.grant(a, ["unit/u1"])
    try a.replica.resubmit(item.id)
    try fleet.syncAll()
    try fleet.syncAll()
    for device in [a, b, office] {
      #expect(try device.values("SELECT phone FROM person WHERE id = 'p'") == [["3"]])
      #expect(try device.replica.status().conflicts == 0)
    }
    let event = try fleet.history(office, "person", "p").events.first
    #expect(event?.resolves == conflict.opened)
    #expect(event?.author == "Chen")
  }
}
