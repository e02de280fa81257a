import Relay
import Testing

@testable import Organisation

@Suite("Stories of the office")
struct OfficeStories {
  @Test(
    "two machines of the committee settle the same at once: one set of rows, nothing refused, nothing asked",
    arguments: Order.allCases)
  func twoOffices(order: Order) throws {
    let story = try Story()
    let meeting = try story.b17a.plan(
      "Meeting", "meeting", starts: "2017-10-03T06:00:00Z", place: "Hall", at: "2017-10-02T08:00:00Z")
    try story.b17a.attend(meeting, ["0401", "0402", "0403"], at: "2017-10-03T06:00:00Z")
    try story.b17a.pay("0401", "60", "2017-07", "2017-09", at: "2017-10-03T07:00:00Z")
    let request = try story.b17a.open("0417", to: "B042", at: "2017-10-02T08:00:00Z")
    try story.b17a.take("release", on: request, at: "2017-10-02T08:01:00Z")
    let claim = try story.b42.claim("0417, Member 0417", at: "2017-10-02T09:00:00Z")
    try story.c2.take(
      "approve", on: try story.c2.open("0417", to: "B042", at: "2017-10-02T10:00:00Z"), at: "2017-10-02T10:01:00Z")
    try story.sync([story.b17a, story.b42, story.c2, story.c, story.c2], at: "2017-10-04T08:00:00Z")

    for office in [story.c, story.c2] {
      let done = try office.settle(at: "2017-10-04T09:00:00Z")
      #expect(done.moved.count == 1 && done.points == 4 && done.paid == 1, "\(office.name)")
    }
    try story.sync(order([story.c, story.c2]), at: "2017-10-04T10:00:00Z")
    try story.sync(story.phones, at: "2017-10-04T10:00:00Z")
    try story.sync(story.phones, at: "2017-10-04T10:00:00Z")
    try story.expectAgreement()
    for office in [story.c, story.c2] {
      let status = try office.replica.status()
      #expect((status.refused, status.conflicts) == (0, 0), "\(office.name)")
      // Of the points, which both wrote, each is told that the other wrote them too; nothing else.
      #expect(try office.notices().allSatisfy { $0.rule == "inserted_twice" }, "\(office.name)")
      #expect(try office.settle(at: "2017-10-04T11:00:00Z").written == 0, "\(office.name)")
      #expect(try office.rows("SELECT count(*), sum(points) FROM points_entry") == [[3, 15]], "\(office.name)")
      #expect(try office.value("SELECT same_as FROM request WHERE id = '\(claim)'") == .text(request), "\(office.name)")
    }
  }

  @Test("an office that knows less adds nothing wrong: what it settles later is what the other had settled")
  func lateOffice() throws {
    let story = try Story()
    let request = try story.b17a.open("0417", to: "B042", at: "2017-10-02T08:00:00Z")
    try story.b17a.take("release", on: request, at: "2017-10-02T08:01:00Z")
    try story.sync([story.b17a, story.b42, story.c2], at: "2017-10-02T09:00:00Z")
    try story.b42.take("accept", on: request, at: "2017-10-03T08:00:00Z")
    // C2 knows the release only; C knows everything and moves the member.
    try story.c.sync(at: "2017-10-03T08:00:00Z")
    try story.c.take("approve", on: request, at: "2017-10-03T09:00:00Z")
    try story.sync([story.b42], at: "2017-10-03T09:00:00Z")
    #expect(try story.settleOnly(at: "2017-10-03T10:00:00Z").moved.count == 1)
    #expect(try story.c2.settle(at: "2017-10-03T10:00:00Z").moved.isEmpty)
    try story.finish(.firstComesFirst, [story.c2], at: "2017-10-03T11:00:00Z")
    #expect(try story.c.rows("SELECT state, decided_on FROM request") == [["approved", "2017-10-03"]])
    #expect(try story.c.value("SELECT unit_id FROM member WHERE id = 'm0417'") == "b42")
  }
}
