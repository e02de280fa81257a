import Relay
import Testing

@testable import Organisation

@Suite("Stories of people")
struct PeopleStories {
  @Test(
    "T03: a number corrected twice: both stay readable, one command settles it, and an equal answer asks nothing",
    arguments: Order.allCases)
  func typo(order: Order) throws {
    let story = try Story()
    let (a, b) = (story.b17a, story.b17b)
    try a.correct("p0417", "value=000-0417-0011", at: "2017-10-07T14:02:00Z")
    try b.correct("p0417", "value=000-0417-0010", at: "2017-10-07T16:40:00Z")
    try story.finish(order, [a, b], at: "2017-10-08T08:00:00Z")
    for phone in [a, b, story.c] {
      let card = try phone.card("0417", on: "2017-10-08")
      #expect(card.contacts.map(\.value) == ["000-0417-0010"], "\(phone.name): the later one is shown")
      let conflict = try #require(card.conflicts.first)
      #expect(card.conflicts.count == 1 && conflict.column == "value")
      #expect(conflict.values.count == 2)
      #expect(conflict.values[0].contains("000-0417-0010") && conflict.values[0].contains("Deputy 17 (B017), B17b"))
      #expect(conflict.values[1].contains("000-0417-0011") && conflict.values[1].contains("Secretary 17 (B017), B17a"))
    }
    // The secretary picks; so does the committee, offline, and equally.
    for phone in [a, story.c2] {
      let asked = try phone.conflicts()[0].id
      try phone.replica.resolve(asked, .values(["000-0417-0011"]), author: phone.officer)
    }
    try story.finish(order, [a, story.c2], at: "2017-10-09T08:00:00Z")
    for phone in [a, b, story.c, story.c2] {
      #expect(try phone.card("0417", on: "2017-10-09").contacts.map(\.value) == ["000-0417-0011"], "\(phone.name)")
      #expect(try phone.conflicts().isEmpty, "\(phone.name)")
    }
  }

  @Test(
    "T04: the same new number twice: one contact point, no question, and both ids lead to it",
    arguments: Order.allCases)
  func sameNumber(order: Order) throws {
    let story = try Story()
    var ids: [String] = []
    for (phone, text) in [(story.b17a, "000 0417 7777"), (story.b17b, "000-0417-7777")] {
      ids.append(
        try phone.act(at: "2017-10-07T14:00:00Z") { (desk, db) throws(RelayError) in
          try ContactBook.add(
            ContactBook.New(kind: "mobile", value: text), to: try Member.find("0417", in: db), desk: desk, in: db
          ).id
        })
    }
    try story.finish(order, [story.b17a, story.b17b], at: "2017-10-08T08:00:00Z")
    for phone in [story.b17a, story.b17b, story.c] {
      let contacts = try phone.card("0417", on: "2017-10-08").contacts
      let new = try #require(contacts.first { $0.value.hasSuffix("7777") })
      #expect(contacts.count == 2, "\(phone.name)")
      #expect([new.id] + new.sameAs == ids.sorted(), "\(phone.name)")
      #expect(try phone.conflicts().isEmpty)
    }
  }

  @Test(
    "T11: reached or lost: every attempt stays, a proposal to call somebody lost withdraws itself",
    arguments: Order.allCases)
  func reachedOrLost(order: Order) throws {
    let story = try Story()
    let (a, b) = (story.b17a, story.b17b)
    // Nobody reached 0417 since February.
    try story.c.sql(
      """
      INSERT INTO member (id, member_no, unit_id, full_name, reach, last_contact_on, came_on)
      VALUES ('m0499', '0499', 'b17', 'Member 0499', 'at_risk', '2017-02-10', '2015-01-01')
      """, at: "2017-10-01T08:00:00Z")
    try story.settle(at: "2017-10-01T09:00:00Z")
    try a.call("0499", "mobile", "no_answer", at: "2017-10-05T08:00:00Z")
    try a.call("0499", "mobile", "no_answer", at: "2017-10-06T08:00:00Z")
    try a.call("0499", "visit", "no_answer", at: "2017-10-07T08:00:00Z")
    let proposed = try story.finish(order, [a, b], at: "2017-10-08T08:00:00Z")
    #expect(proposed.lostProposals == ["no. 0499, Member 0499"])
    #expect(try story.c.value("SELECT reach FROM member WHERE id = 'm0499'") == "at_risk", "only a person says lost")

    try a.call("0499", "through_person", "said_abroad", at: "2017-10-09T07:00:00Z")
    try b.call("0499", "chat", "reached", at: "2017-10-09T18:00:00Z")
    // In the evening of the 9th in London it is the 10th where the organisation is.
    let done = try story.finish(order, [a, b], at: "2017-10-10T08:00:00Z")
    #expect(done.lostProposals.isEmpty)
    for phone in [a, b, story.c] {
      let card = try phone.card("0499", on: "2017-10-10")
      #expect(card.lastContact == "2017-10-10", "\(phone.name)")
      #expect((card.member.reach, card.member.status) == ("ok", "active"), "\(phone.name)")
      #expect(card.attempts.count == 5, "\(phone.name)")
      #expect(card.attempts.filter(\.isHearsay).map(\.outcome) == ["said_abroad"], "\(phone.name)")
      #expect(card.text(.en).contains("said to be abroad, Secretary 17 (hearsay, unverified)"), "\(phone.name)")
    }
    #expect(try story.c.rows("SELECT 1 FROM member WHERE status = 'kept_abroad'").isEmpty)
  }

  @Test(
    "T12: keep or suspend: the own word against hearsay is a question, and a return asks to be restored",
    arguments: Order.allCases)
  func keepOrSuspend(order: Order) throws {
    let story = try Story()
    let (a, b, c) = (story.b17a, story.b17b, story.c2)
    func request(_ phone: Phone, _ id: String, _ kind: String, _ unit: String, approving: Bool, at time: String) throws
    {
      try phone.act(at: time) { (desk, db) throws(RelayError) in
        try db.execute(
          """
          INSERT INTO request (id, kind, member_id, unit_id, to_unit_id, opened_on) VALUES (?, ?, 'm0417', ?, 'b17', ?)
          """, [.text(id), .text(kind), .text(unit), .text(String(time.prefix(10)))])
        for step in approving ? ["open", "approve"] : ["open"] {
          try Step(
            id: desk.newID(), requestID: id, kind: step, actorID: desk.officer.id, actorUnitID: desk.unit.id, at: time
          ).write(to: db, signedBy: desk.unit)
        }
      }
    }
    let declare = """
      INSERT INTO declaration (id, member_id, topic, body, by, made_on) VALUES (?, 'm0417', ?, 'said so', 'self', ?)
      """
    try a.sql(declare, ["going", "going_abroad", "2017-10-02"], at: "2017-10-02T08:00:00Z")
    try request(a, "keep", "keep_membership", "b17", approving: false, at: "2017-10-02T08:05:00Z")
    try request(c, "suspend", "suspend_membership", "c", approving: true, at: "2017-10-02T09:00:00Z")
    try b.sql(declare, ["back", "returned", "2017-10-05"], at: "2017-10-05T08:00:00Z")

    let done = try story.finish(order, [a, c, b], at: "2017-10-05T12:00:00Z")
    #expect(done.statuses == 0)
    #expect(done.questions.count == 2)
    for phone in [a, b, story.c] {
      #expect(try phone.value("SELECT status FROM member WHERE id = 'm0417'") == "active", "\(phone.name)")
      let requests = try phone.rows("SELECT id, kind, state FROM request ORDER BY id")
      #expect(
        requests == [
          ["keep", "keep_membership", "open"], ["restore:back", "restore_membership", "open"],
          ["suspend", "suspend_membership", "open"],
        ], "\(phone.name)")
      let actors = try phone.rows("SELECT DISTINCT actor_id FROM request_step ORDER BY 1")
      #expect(actors == [["chair"], ["office"], ["secretary-17"]], "\(phone.name)")
      let asked = try phone.rows("SELECT note FROM request_step WHERE request_id = 'suspend' AND step = 'comment'")
      #expect(asked.count == 1, "\(phone.name)")
    }
    // The committee refuses the hearsay and keeps; then the return takes effect when it is approved.
    for (id, step, at) in [("suspend", "refuse", "08"), ("keep", "approve", "09"), ("restore:back", "approve", "10")] {
      try c.act(at: "2017-10-06T\(at):00:00Z") { (desk, db) throws(RelayError) in
        try Step(
          id: desk.newID(), requestID: id, kind: step, actorID: desk.officer.id, actorUnitID: desk.unit.id,
          at: desk.now.text
        ).write(to: db, signedBy: desk.unit)
      }
      try story.finish(order, [c, a], at: "2017-10-06T\(at):30:00Z")
      let expected: Value = step == "approve" && id == "keep" ? "kept_abroad" : "active"
      #expect(try a.value("SELECT status FROM member WHERE id = 'm0417'") == expected, "\(id)")
    }
  }

  @Test(
    "T13: one person, two branches: offered as one, and merging keeps every payment and id",
    arguments: Order.allCases)
  func samePerson(order: Order) throws {
    let story = try Story()
    var newcomers: [(id: String, number: String)] = []
    for (phone, month) in [(story.b17a, "2017-10"), (story.b42, "2017-11")] {
      let new = try phone.act(at: "2017-10-05T08:00:00Z") { (desk, db) throws(RelayError) in
        try MemberEdit.add(MemberEdit.Newcomer(name: "Member Twice", born: "1990-01"), desk: desk, in: db)
      }
      newcomers.append(new)
      try phone.pay(new.number, "20", month, month, at: "2017-10-05T08:10:00Z")
      let meeting = try phone.plan(
        "Meeting \(phone.name)", "meeting", starts: "2017-10-05T06:00:00Z", place: "Hall", at: "2017-10-05T05:00:00Z")
      try phone.attend(meeting, [new.number], at: "2017-10-05T08:20:00Z")
    }
    let (one, two) = (newcomers[0].id, newcomers[1].id)
    let done = try story.finish(order, [story.b17a, story.b42], at: "2017-10-05T12:00:00Z")
    #expect(done.possibleDuplicates == [[one, two].sorted()])
    #expect(done.numbers == 2)
    #expect(try story.b17a.rows("SELECT id FROM member WHERE full_name = 'Member Twice'") == [[.text(one)]])
    #expect(try story.b42.rows("SELECT id FROM member WHERE full_name = 'Member Twice'") == [[.text(two)]])
    let sums = "SELECT count(*), sum(amount_fen) FROM dues_entry WHERE member_id IN ('\(one)', '\(two)')"
    let before = try story.c.rows(sums)
    #expect(before == [[2, 4000]])

    try story.c.act(at: "2017-10-06T08:00:00Z") { (desk, db) throws(RelayError) in
      try Duplicates.merge(try Member.find(two, in: db), into: try Member.find(one, in: db), desk: desk, in: db)
    }
    let after = try story.finish(order, [story.b17a, story.b42], at: "2017-10-06T09:00:00Z")
    #expect(after.possibleDuplicates.isEmpty)
    // Both rows have a mark of one meeting, and it is one person who was there.
    let meeting = try story.b17a.plan(
      "Assembly", "meeting", starts: "2017-10-06T06:00:00Z", place: "Hall", at: "2017-10-06T05:00:00Z")
    for (id, mark) in [(one, "absent"), (two, "present")] {
      try story.b17a.attend(meeting, [id], mark: mark, at: "2017-10-06T08:10:00Z")
    }
    let rights = DeviceRights(try story.b17a.replica.status())
    let (people, counts) = try story.b17a.replica.read { (db) throws(RelayError) in
      let activity = try Activity.find(meeting, in: db)
      let look = try Look(db, rights, now: Instant(milliseconds: 0))
      return (try Attendees(of: activity, look).people.map(\.mark), try activity.marks(in: db))
    }
    #expect(people == ["present"] && counts == ["present": 1])
    #expect(try story.b17a.card(two, on: "2017-10-06").kept?.id == one)
    #expect(try story.c.rows(sums) == before)
    #expect(try story.c.value("SELECT sum(points) FROM points_entry WHERE member_id IN ('\(one)', '\(two)')") == 10)
    for phone in [story.b17a, story.c] {
      let ledger = try phone.ledger(one, on: "2017-12-01")
      #expect(ledger.lines.map(\.entry.amountFen) == [2000, 2000], "\(phone.name)")
      #expect(ledger.paidThrough == "2017-11", "\(phone.name)")
      #expect(try phone.card(one, on: "2017-10-06").gate.awarded == 10, "\(phone.name)")
    }
    #expect(try story.b42.rows("SELECT 1 FROM member WHERE full_name = 'Member Twice'").isEmpty)
  }
}
