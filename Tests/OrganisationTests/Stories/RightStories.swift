import Relay
import RelaySQLite
import Testing

@testable import Organisation

@Suite("Stories of what is right")
struct RightStories {
  @Test("a branch that says it is the committee moves nobody: a step counts by the device that wrote it")
  func impostor() throws {
    let story = try Story()
    let request = try story.b17a.open("0417", to: "B042", at: "2017-10-02T08:00:00Z")
    try story.b17a.take("release", on: request, at: "2017-10-02T08:01:00Z")
    // Written by hand: the rows name the clerk and the other branch's secretary, and the signatures their units.
    for (step, actor, unit) in [("accept", "secretary-42", "b42"), ("approve", "clerk", "c")] {
      try story.b17a.sql(
        """
        INSERT INTO request_step (id, request_id, step, actor_id, actor_unit_id, at)
        VALUES ('forged-\(step)', '\(request)', '\(step)', '\(actor)', '\(unit)', '2017-10-02T09:00:00Z')
        """, at: "2017-10-02T09:00:00Z")
      #expect(throws: RelayError.self) {
        try story.b17a.sql(
          "INSERT INTO signature (id, unit_id) VALUES ('forged-\(step)', '\(unit)'); ", at: "2017-10-02T09:00:00Z")
        try story.b17a.sync(at: "2017-10-02T09:01:00Z")
        guard try story.b17a.replica.status().refused == 0 else { throw RelayError(.roleForbids, "refused by the hub") }
      }
    }
    try story.sync([story.b17a], at: "2017-10-02T10:00:00Z")
    let done = try story.settleOnly(at: "2017-10-02T11:00:00Z")
    #expect(done.moved.isEmpty)
    #expect(try story.c.value("SELECT state FROM request WHERE id = '\(request)'") == "released")
    let view = try story.c.replica.read { (db) throws(RelayError) in
      try TransferView.list(request, includingClosed: true, proof: .signature, in: db)[0]
    }
    #expect(view.withoutEffect.count == 2)
    #expect(view.withoutEffect.allSatisfy { $0.contains("no device of the unit has signed it") })
  }

  @Test("a device takes no officer of another unit, and none who has left")
  func workplace() throws {
    let story = try Story()
    try story.c.act(at: "2017-10-02T08:00:00Z") { (desk, db) throws(RelayError) in
      try OfficerDesk(desk).leave(try Officer.find("deputy-17", in: db), on: "2017-10-02", in: db)
    }
    try story.sync([story.c, story.b17a], at: "2017-10-02T09:00:00Z")
    let rights = DeviceRights(try story.b17a.replica.status())
    try story.b17a.replica.read { (db) throws(RelayError) in
      func check(_ who: String, on day: String) throws(RelayError) {
        let officer = try Officer.find(who, in: db)
        try rights.check(officer, try OrgUnit.find(officer.unitID, in: db), on: day)
      }
      try check("secretary-17", on: "2017-10-02")
      try check("deputy-17", on: "2017-10-01")
      for who in ["deputy-17", "secretary-42", "clerk", "lead-r1"] {
        let error = #expect(throws: RelayError.self, "\(who)") { try check(who, on: "2017-10-02") }
        #expect(error?.code == .roleForbids, "\(who)")
      }
    }
  }

  @Test(
    "two moves of one member, both approved: one is made, the other ends, and she can come back",
    arguments: Order.allCases)
  func rivals(order: Order) throws {
    let story = try Story()
    let (first, second) = (
      try story.b17a.open("0417", to: "B042", at: "2017-10-02T08:00:00Z"),
      try story.r1.open("0417", to: "B008", at: "2017-10-02T08:30:00Z")
    )
    try story.b17a.take("release", on: first, at: "2017-10-02T08:01:00Z")
    try story.r1.take("release", on: second, at: "2017-10-02T08:31:00Z")
    try story.sync([story.b17a, story.r1, story.b42, story.b08, story.c2], at: "2017-10-02T09:00:00Z")
    try story.sync([story.c2, story.b42, story.b08], at: "2017-10-02T09:00:00Z")
    try story.b42.take("accept", on: first, at: "2017-10-03T08:00:00Z")
    try story.b08.take("accept", on: second, at: "2017-10-03T08:00:00Z")
    for id in [first, second] { try story.c2.take("approve", on: id, at: "2017-10-03T09:00:00Z") }
    let done = try story.finish(order, [story.b42, story.b08, story.c2], at: "2017-10-03T12:00:00Z")
    #expect(done.moved == ["no. 0417, Member 0417: B017 → B042"])
    let states = try story.c.rows("SELECT id, state FROM request ORDER BY state")
    #expect(states == [[.text(first), "approved"], [.text(second), "expired"]])
    let ended = try #require(try story.r1.transfers().first { $0.id == second })
    #expect(ended.state == "expired")
    #expect(ended.remarks.contains { $0.hasPrefix("ended: the member belongs to B042") })
    let late = #expect(throws: RelayError.self) { try story.c.take("approve", on: second, at: "2017-10-03T13:00:00Z") }
    #expect(late?.code == .valueNotAllowed)

    // And back, which nothing of before hinders.
    let back = try story.b42.open("0417", to: "B017", at: "2017-11-02T08:00:00Z")
    try story.b42.take("release", on: back, at: "2017-11-02T08:01:00Z")
    try story.sync([story.b42, story.b17a, story.c2], at: "2017-11-02T09:00:00Z")
    try story.b17a.take("accept", on: back, at: "2017-11-03T08:00:00Z")
    try story.c2.take("approve", on: back, at: "2017-11-03T09:00:00Z")
    try story.finish(order, [story.b17a, story.c2], at: "2017-11-03T12:00:00Z")
    #expect(try story.b17a.value("SELECT unit_id FROM member WHERE id = 'm0417'") == "b17")
  }

  @Test("a decided request of another kind that the status no longer allows ends too")
  func opposed() throws {
    let story = try Story()
    let keeps = try (1...2).map { n in
      try story.b17a.act(at: "2017-10-0\(n)T08:00:00Z") { (desk, db) throws(RelayError) in
        let member = try Member.find("0417", in: db)
        return try RequestDesk(desk).open(
          RequestDesk.Opening(n == 1 ? "keep_membership" : "resign"), about: member, in: db)
      }
    }
    try story.sync([story.b17a, story.c], at: "2017-10-03T08:00:00Z")
    for id in keeps {
      try story.c.act(at: "2017-10-04T08:00:00Z") { (desk, db) throws(RelayError) in
        _ = try RequestDesk(desk).take("approve", on: id, in: db)
      }
    }
    try story.finish(.firstComesFirst, [story.b17a], at: "2017-10-04T09:00:00Z")
    let open = try story.c.rows("SELECT 1 FROM request WHERE state NOT IN ('approved', 'expired')")
    #expect(open.isEmpty, "nothing stays open for ever")
  }

  @Test("reasons and remarks are read by all sides")
  func reasons() throws {
    let story = try Story()
    let request = try story.b17a.open("0417", to: "B042", reason: "works there now", at: "2017-10-02T08:00:00Z")
    try story.sync([story.b17a, story.b42], at: "2017-10-02T09:00:00Z")
    try story.b42.act(at: "2017-10-03T08:00:00Z") { (desk, db) throws(RelayError) in
      _ = try TransferDesk(desk).take("refuse", on: request, note: "retired_only: full", in: db)
    }
    try story.finish(.firstComesFirst, [story.b42], at: "2017-10-03T12:00:00Z")
    for phone in [story.b17a, story.b42, story.c] {
      let text = try #require(try phone.transfers().first).text(.en)
      #expect(text.contains("reason works there now"), "\(phone.name)")
      #expect(text.contains("refuse 2017-10-03 Secretary 42 (B042): retired_only: full"), "\(phone.name)")
    }
  }

  @Test("a mark that was taken back is no contact, on the phone at once and for the office", arguments: Order.allCases)
  func correctedMark(order: Order) throws {
    let story = try Story()
    let meeting = try story.b17a.plan(
      "Meeting", "meeting", starts: "2017-10-03T06:00:00Z", place: "Hall", at: "2017-10-02T08:00:00Z")
    try story.b17a.attend(meeting, ["0417"], at: "2017-10-03T06:10:00Z")
    try story.finish(order, [story.b17a], at: "2017-10-03T12:00:00Z")
    #expect(try story.b17a.value("SELECT last_contact_on FROM member WHERE id = 'm0417'") == "2017-10-03")
    try story.b17a.attend(meeting, ["0417"], mark: "absent", at: "2017-10-04T08:00:00Z")
    #expect(try story.b17a.card("0417", on: "2017-10-04").lastContact == "2017-09-20")
    try story.finish(order, [story.b17a], at: "2017-10-04T12:00:00Z")
    for phone in [story.b17a, story.b17b, story.c] {
      #expect(try phone.value("SELECT last_contact_on FROM member WHERE id = 'm0417'") == "2017-09-20", "\(phone.name)")
    }
  }

  @Test("the same payment entered twice on one phone is asked about")
  func twice() throws {
    let story = try Story()
    let first = try story.b17a.pay("0417", "60", "2017-07", "2017-09", at: "2017-10-02T08:00:00Z")
    let asked = #expect(throws: RelayError.self) {
      try story.b17a.pay("0417", "60", "2017-07", "2017-09", at: "2017-10-02T08:05:00Z")
    }
    #expect(asked?.message.contains(first.number) == true)
    #expect(asked?.advice.contains("--again") == true)
    try story.b17a.pay("0417", "40", "2017-10", "2017-11", at: "2017-10-02T08:06:00Z")
  }

  @Test("a receipt of the counter that no committee's device wrote covers nothing at the office")
  func counter() throws {
    let story = try Story()
    try story.b17a.sql(
      """
      INSERT INTO dues_entry (id, member_id, kind, amount_fen, from_ym, to_ym, channel, taken_by, taken_on)
      VALUES ('forged', 'm0417', 'payment', 6001, '2017-07', '2017-09', 'counter', 'clerk', '2017-10-02')
      """, at: "2017-10-02T08:00:00Z")
    try story.finish(.firstComesFirst, [story.b17a], at: "2017-10-02T12:00:00Z")
    #expect(try story.b17a.value("SELECT paid_through FROM member WHERE id = 'm0417'") == "2017-06")
    try story.c.pay("0417", "60", "2017-07", "2017-09", at: "2017-10-03T08:00:00Z")
    try story.finish(.firstComesFirst, [story.c], at: "2017-10-03T12:00:00Z")
    #expect(try story.b17a.value("SELECT paid_through FROM member WHERE id = 'm0417'") == "2017-09")
  }

  @Test("the office settles at the hub's time of its last sync, and says when its own clock differs")
  func officeClock() throws {
    let story = try Story()
    try story.c.act(at: "2031-01-01T00:00:00Z") { (_, _) throws(RelayError) in }
    try story.sync([story.c], at: "2017-10-03T09:00:00Z")
    let machine = try #require(Instant("2031-01-01T00:10:00Z"))
    let clock = OfficeClock(try story.c.replica.status(), machine: machine)
    #expect(clock.now.text == "2017-10-03T09:00:00Z")
    #expect(clock.remark(.utc, .en)?.contains("13 years ahead of the hub's") == true)
    #expect(clock.remark(.utc, .zh)?.contains("快13年") == true)
    // In the year that the machine shows everybody would be at risk.
    let done = try Office(story.c.replica, now: clock.now).settle()
    #expect(done.lostProposals.isEmpty && done.reach == 0)

    try story.c2.act(at: "2017-10-03T09:00:02Z") { (_, _) throws(RelayError) in }
    try story.sync([story.c2], at: "2017-10-03T09:00:00Z")
    let status = try story.c2.replica.status()
    let soon = try #require(Instant("2017-10-03T11:00:00Z"))
    #expect(OfficeClock(status, machine: soon).remark(.utc, .en) == nil)
    let late = try #require(Instant("2017-11-07T09:00:00Z"))
    #expect(OfficeClock(status, machine: late).now.text == "2017-10-03T09:00:00Z")
    #expect(OfficeClock(status, machine: late).remark(.utc, .en)?.contains("34 days ago") == true)
  }

  @Test("a joint activity is shared with the unit that is named by its code, and with no unknown one")
  func hosts() throws {
    let story = try Story()
    let meeting = try story.b17a.plan(
      "Walk", "visit", starts: "2017-10-13T06:00:00Z", place: "Gate", at: "2017-10-02T08:00:00Z")
    func share(_ code: String) throws {
      try story.b17a.act(at: "2017-10-02T09:00:00Z") { (desk, db) throws(RelayError) in
        try ActivityDesk(desk).change(
          try Activity.find(meeting, in: db), [try Assignment("hosts+=" + code)], in: db)
      }
    }
    let unknown = #expect(throws: RelayError.self) { try share("B015") }
    #expect(unknown?.code == .notFound)
    try share("B042")
    try story.finish(.firstComesFirst, [story.b17a], at: "2017-10-02T12:00:00Z")
    #expect(try story.b42.value("SELECT title FROM activity WHERE id = '\(meeting)'") == "Walk")
  }

  @Test(
    "the past does not change: who is registered today was not there in 1999, and who leaves today was there before")
  func past() throws {
    let story = try Story()
    func members(_ day: String) throws -> Int {
      try story.c.replica.read { (db) throws(RelayError) in try SurveyReport(db, asOf: day).members }
    }
    let (before, early) = (try members("2017-10-01"), try members("1999-12-31"))
    try story.b17a.act(at: "2017-10-02T08:00:00Z") { (desk, db) throws(RelayError) in
      _ = try MemberEdit.add(MemberEdit.Newcomer(name: "Newcomer"), desk: desk, in: db)
    }
    let resign = try story.b17a.act(at: "2017-10-02T08:10:00Z") { (desk, db) throws(RelayError) in
      try RequestDesk(desk).open(RequestDesk.Opening("resign"), about: try Member.find("0401", in: db), in: db)
    }
    try story.sync([story.b17a, story.c], at: "2017-10-03T08:00:00Z")
    try story.c.act(at: "2017-10-04T08:00:00Z") { (desk, db) throws(RelayError) in
      _ = try RequestDesk(desk).take("approve", on: resign, in: db)
      try DeclarationDesk(desk).leave(try Member.find("0402", in: db), status: "deceased", on: "2017-10-04", in: db)
    }
    try story.finish(.firstComesFirst, [story.b17a], at: "2017-10-04T09:00:00Z")
    #expect(try members("2017-10-01") == before)
    #expect(try members("1999-12-31") == early)
    #expect(try members("2017-10-02") == before + 1)
    #expect(try members("2017-10-04") == before - 1)
    #expect(try story.b17a.rows("SELECT 1 FROM member WHERE id IN ('m0401', 'm0402')").isEmpty)
  }
}
