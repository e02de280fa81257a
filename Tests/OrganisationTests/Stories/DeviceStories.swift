import Relay
import Testing

@testable import Organisation

@Suite("Stories of devices")
struct DeviceStories {
  @Test("T16: a clock three years ahead wins nothing for ever, and nobody's pull stops", arguments: Order.allCases)
  func clockAhead(order: Order) throws {
    let story = try Story()
    let (a, b) = (story.b17a, story.b17b)
    for number in 401...405 { try a.edit(digits(number, 4), "area=Future", at: "2020-10-07T08:00:00Z") }
    for number in 401...402 { try b.edit(digits(number, 4), "area=North", at: "2017-10-07T09:00:00Z") }
    try story.finish(order, [a, b], at: "2017-10-07T10:00:00Z")
    let areas = "SELECT area FROM member WHERE id BETWEEN 'm0401' AND 'm0405' ORDER BY id"
    // Truly concurrent: the stamp from the future counts as five minutes after it arrived, so it is shown.
    for phone in [a, b, story.c] {
      #expect(try phone.rows(areas) == Array(repeating: ["Future"], count: 5), "\(phone.name)")
    }
    #expect(try b.notices().count == 2, "who lost knows")
    // An hour later an honest clock is ahead of it, concurrent or not.
    try b.edit("0403", "area=South", at: "2017-10-07T11:00:00Z")
    try story.c2.edit("0404", "area=East", at: "2017-10-07T11:00:00Z")
    try a.edit("0404", "area=Future again", at: "2020-10-07T08:30:00Z")
    try story.sync([story.c2], at: "2017-10-07T11:00:00Z")
    try story.finish(order, [a, b], at: "2017-10-07T11:30:00Z")
    for phone in [a, b, story.c] {
      #expect(try phone.value("SELECT area FROM member WHERE id = 'm0403'") == "South", "\(phone.name)")
    }
    #expect(try story.c.replica.status().base == story.b42.replica.status().base, "pulls go by the hub's order")
  }

  @Test(
    "T17: a branch moves to another region: one region loses it, the other gains it, and no row changes its scope",
    arguments: Order.allCases)
  func branchMoves(order: Order) throws {
    let story = try Story()
    let meeting = try story.b17a.plan(
      "Meeting", "meeting", starts: "2017-10-10T06:00:00Z", place: "Hall A", at: "2017-10-02T08:00:00Z")
    try story.sync(story.phones, at: "2017-10-02T09:00:00Z")
    try story.sync(story.phones, at: "2017-10-02T09:00:00Z")
    #expect(try story.r1.value("SELECT count(*) FROM member") == 41)
    #expect(try story.r2.value("SELECT count(*) FROM member") == 1)

    // R1 is offline and edits; meanwhile the committee and the operator move the branch.
    try story.r1.act(at: "2017-10-03T08:00:00Z") { (desk, db) throws(RelayError) in
      try ActivityDesk(desk).change(try Activity.find(meeting, in: db), [try Assignment("place=Hall B")], in: db)
    }
    try story.c.sql("UPDATE org_unit SET parent_id = 'r2' WHERE id = 'b17'", at: "2017-10-03T09:00:00Z")
    try story.sync([story.c], at: "2017-10-03T09:00:00Z")
    try story.hub.grant("R1", units: ["r1", "b08"], above: ["r1", "c"])
    try story.hub.grant("R2", units: ["r2", "b42", "b17"], above: ["r2", "c"])
    for name in ["B17a", "B17b"] { try story.hub.grant(name, units: ["b17"], above: ["r2", "c"]) }

    try story.finish(order, [story.r1, story.r2, story.b17a], at: "2017-10-04T08:00:00Z")
    #expect(try story.r1.value("SELECT count(*) FROM member") == 1)
    #expect(try story.r1.rows("SELECT 1 FROM activity").isEmpty)
    #expect(try story.r2.value("SELECT count(*) FROM member") == 41)
    #expect(try story.r2.value("SELECT count(*) FROM activity") == 1)
    let place = try story.b17a.value("SELECT place FROM activity WHERE id = '\(meeting)'")
    #expect(try story.r2.value("SELECT place FROM activity") == place)
    // Nothing is lost: the edit is in force, or its author is told with the values.
    if place == "Hall A" {
      #expect(try story.r1.replica.inbox().contains { $0.kind == .refused && $0.others?.contains("Hall B") == true })
    } else {
      #expect(place == "Hall B")
    }
  }

  @Test("T18: corrected or deleted: the corrected number is back, and people see why", arguments: Order.allCases)
  func correctedOrDeleted(order: Order) throws {
    let story = try Story()
    let (a, b) = (story.b17a, story.b17b)
    try a.act(at: "2017-10-07T08:00:00Z") { (_, db) throws(RelayError) in try ContactBook.remove("p0417", in: db) }
    try b.correct("p0417", "value=000-0417-0002", at: "2017-10-07T09:00:00Z")
    try story.finish(order, [a, b], at: "2017-10-07T10:00:00Z")
    for phone in [a, b, story.c] {
      let card = try phone.card("0417", on: "2017-10-07")
      #expect(card.contacts.map(\.value) == ["000-0417-0002"], "\(phone.name)")
      #expect(card.conflicts.map(\.column) == ["(existence)"], "\(phone.name)")
      #expect(card.conflicts.first?.values.contains { $0.hasPrefix("deleted") } == true, "\(phone.name)")
    }
    try b.replica.resolve(try b.conflicts()[0].id, .sibling(0), author: "Deputy 17 (B017)")
    try story.finish(order, [a, b], at: "2017-10-08T10:00:00Z")
    for phone in story.phones { #expect(try phone.conflicts().isEmpty, "\(phone.name)") }
    #expect(try a.card("0417", on: "2017-10-08").contacts.map(\.value) == ["000-0417-0002"])
  }
}
