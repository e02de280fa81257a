import Relay
import Testing

@testable import Organisation

@Suite("Stories of activities")
struct DoorStories {
  private static let numbers = (401...432).map { digits($0, 4) }

  @Test(
    "T08: two doors, one meeting: marks go by the greatest, guests and books add up, points once each",
    arguments: Order.allCases)
  func twoDoors(order: Order) throws {
    let story = try Story()
    let (a, b) = (story.b17a, story.b17b)
    let meeting = try a.plan(
      "Meeting", "meeting", starts: "2017-10-10T06:00:00Z", place: "Hall A", at: "2017-10-02T08:00:00Z")
    try story.sync([a, b], at: "2017-10-02T09:00:00Z")
    let (early, late) = (Array(Self.numbers.prefix(20)), Array(Self.numbers.suffix(12)))
    try a.attend(meeting, early, guests: 5, books: 10, at: "2017-10-10T06:00:00Z")
    try b.attend(meeting, late, guests: 3, books: 4, at: "2017-10-10T06:05:00Z")
    try b.attend(meeting, early, mark: "absent", at: "2017-10-10T07:00:00Z")

    try story.finish(order, [a, b], at: "2017-10-10T09:00:00Z")
    let points = "SELECT count(*), sum(points) FROM points_entry WHERE source_id LIKE '\(meeting):%'"
    for phone in [a, b, story.c] {
      #expect(
        try phone.rows("SELECT mark, count(*) FROM attendance WHERE activity_id = '\(meeting)' GROUP BY mark")
          == [["present", 32]], "\(phone.name)")
      #expect(
        try phone.rows("SELECT guest_count, books_given, state, points FROM activity WHERE id = '\(meeting)'")
          == [[8, 14, "held", 5]], "\(phone.name)")
      #expect(try phone.rows(points) == [[32, 160]], "\(phone.name)")
      #expect(try phone.conflicts().isEmpty, "\(phone.name)")
    }

    // "Was not there", by somebody who saw the mark: an ordinary later write, and the points go.
    try b.attend(meeting, ["0401"], mark: "absent", at: "2017-10-11T08:00:00Z")
    try story.finish(order, [a, b], at: "2017-10-11T09:00:00Z")
    for phone in [a, b, story.c] {
      #expect(try phone.value("SELECT mark FROM attendance WHERE id = '\(meeting):m0401'") == "absent", "\(phone.name)")
      #expect(try phone.rows(points) == [[33, 155]], "\(phone.name)")
      #expect(
        try phone.rows("SELECT id, points, reverses FROM points_entry WHERE why = 'reversal'")
          == [[.text("rev:att:\(meeting):m0401"), -5, .text("att:\(meeting):m0401")]], "\(phone.name)")
    }

    // And back again: the points come back once.
    try a.attend(meeting, ["0401"], at: "2017-10-12T08:00:00Z")
    try story.finish(order, [a, b], at: "2017-10-12T09:00:00Z")
    #expect(try story.c.rows(points) == [[34, 160]])
  }

  @Test("who was there, by name and mark; planned without a time by another tool, it is held when the first are there")
  func names() throws {
    let phone = try Story().b17a
    try phone.sql(
      "INSERT INTO activity (id, unit_id, kind, title, points) VALUES ('walk', 'b17', 'visit', 'Walk', 0)",
      at: "2017-10-10T05:00:00Z")
    try phone.attend("walk", ["0402", "0401"], at: "2017-10-10T06:10:00Z")
    try phone.attend("walk", ["0403"], mark: "excused", at: "2017-10-10T06:20:00Z")
    #expect(
      try phone.rows("SELECT state, starts_at FROM activity WHERE id = 'walk'") == [["held", "2017-10-10T06:10:00Z"]])
    let rights = DeviceRights(try phone.replica.status())
    let who = try phone.replica.read { (db) throws(RelayError) in
      try Attendees(of: try Activity.find("walk", in: db), try Look(db, rights, now: Instant(milliseconds: 0)))
    }
    #expect(who.people.map(\.number) == ["0401", "0402", "0403"])
    #expect(who.text(.en) == "present: 0401 Member 0401, 0402 Member 0402\nexcused: 0403 Member 0403")
    #expect(Page.list(who.grid).csv.hasPrefix("mark,number,name,unit\r\npresent,0401,Member 0401,B017\r\n"))
    #expect(Page.list(who.grid).csv(.zh).hasPrefix("标记,编号,姓名,支部\r\n"))
  }

  @Test("nobody is there before the day, by the organisation's own clock; who cannot come is excused beforehand")
  func beforehand() throws {
    let story = try Story()
    let meeting = try story.b17a.plan(
      "Meeting", "meeting", starts: "2017-10-10T06:00:00Z", place: "Hall A", at: "2017-10-02T08:00:00Z")
    let early = #expect(throws: RelayError.self) {
      try story.b17a.attend(meeting, ["0401"], at: "2017-10-09T20:00:00Z")
    }
    #expect(early?.code == .valueNotAllowed)
    #expect(try story.b17a.value("SELECT last_contact_on FROM member WHERE id = 'm0401'") == "2017-09-20")
    try story.b17a.attend(meeting, ["0402"], mark: "excused", at: "2017-10-09T20:00:00Z")
    try story.b17a.attend(meeting, ["0401"], at: "2017-10-10T00:30:00Z")
    #expect(try story.b17a.value("SELECT last_contact_on FROM member WHERE id = 'm0401'") == "2017-10-10")
  }

  @Test(
    "T10: held, moved or cancelled: it was held, time and place stay together, and people are asked",
    arguments: Order.allCases)
  func heldMovedCancelled(order: Order) throws {
    let story = try Story()
    let (a, b, r) = (story.b17a, story.b17b, story.r1)
    // The branch's lecture, which the region may move too.
    let lecture = try a.plan(
      "Lecture", "lecture", starts: "2017-10-10T06:00:00Z", place: "Hall A", at: "2017-10-02T08:00:00Z")
    try story.sync([a, b, r], at: "2017-10-02T09:00:00Z")
    try r.act(at: "2017-10-08T08:00:00Z") { (desk, db) throws(RelayError) in
      let activity = try Activity.find(lecture, in: db)
      let changes = try [Assignment("starts_at=2017-10-12T06:00:00Z"), Assignment("place=Hall B")]
      try ActivityDesk(desk).change(activity, changes, in: db)
    }
    try a.attend(lecture, Array(Self.numbers.prefix(9)), at: "2017-10-10T06:10:00Z")
    // The secretary writes down when it really began.
    try a.act(at: "2017-10-10T06:11:00Z") { (desk, db) throws(RelayError) in
      try ActivityDesk(desk).change(
        try Activity.find(lecture, in: db), [try Assignment("starts_at=2017-10-10T06:10:00Z")], in: db)
    }
    try b.act(at: "2017-10-09T08:00:00Z") { (desk, db) throws(RelayError) in
      try ActivityDesk(desk).cancel(try Activity.find(lecture, in: db), in: db)
    }

    try story.finish(order, [a, b, r], at: "2017-10-12T12:00:00Z")
    for phone in [a, b, r, story.c] {
      let shown = try phone.rows("SELECT state, starts_at, place FROM activity WHERE id = '\(lecture)'")
      #expect(shown == [["held", "2017-10-10T06:10:00Z", "Hall A"]], "\(phone.name): never Tuesday in hall B")
      let asked = try phone.conflicts()
      #expect(asked.map(\.column) == ["when_where"], "\(phone.name)")
      let others = try #require(asked.first?.others)
      #expect(others.contains("2017-10-12T06:00:00Z") && others.contains("Hall B") && others.contains("Lead R1 (R1)"))
      #expect(try phone.value("SELECT count(*) FROM attendance WHERE activity_id = '\(lecture)'") == 9)
    }
    try a.replica.resolve(try a.conflicts()[0].id, .sibling(0), author: "Secretary 17 (B017)")
    try story.finish(order, [a, b, r], at: "2017-10-13T12:00:00Z")
    for phone in story.phones { #expect(try phone.conflicts().isEmpty, "\(phone.name)") }
  }
}
