import Relay
import RelaySQLite
import Testing

@testable import Organisation

extension Phone {
  /// A page as this device shows it.
  func page(on day: String, _ body: (Look) throws(RelayError) -> Page) throws -> Page {
    let rights = DeviceRights(try replica.status())
    return try replica.read { (db) throws(RelayError) in
      guard let now = Instant(day + "T12:00:00Z") else { throw RelayError(.usage, "no day") }
      return try body(try Look(db, rights, now: now, day: Day(day)))
    }
  }

  func report(_ name: String, on day: String) throws -> Page {
    try page(on: day) { (look) throws(RelayError) in try Report.find(name).page(look) }
  }
}

extension Page {
  func grid(_ key: String) -> Page.Grid? { grids.first { $0.key == key } }
  func fact(_ key: String) -> Cell? { facts.first { $0.key == key }?.value }
}

extension Page.Grid {
  /// Rows as people read them, cells joined by a bar.
  var lines: [String] { rows.map { $0.map { $0.said(in: .en) }.joined(separator: "|") } }
}

@Suite("Stories of a secretary's week")
struct WorkStories {
  @Test("a sweep: who is next, what came of it, and how many are reached; the other phone's calls count too")
  func sweep() throws {
    let story = try Story()
    let campaign = try story.c.act(at: "2017-10-02T08:00:00Z") { (desk, db) throws(RelayError) in
      try SweepDesk(desk).start("Come home", to: "2017-10-31", target: "all", fields: ["employer", "mobile"], in: db)
    }
    try story.sync([story.c, story.b17a, story.b17b], at: "2017-10-02T09:00:00Z")
    func call(_ phone: Phone, _ member: String, _ outcome: String, _ time: String) throws {
      try phone.act(at: time) { (desk, db) throws(RelayError) in
        var attempt = ContactLog.Attempt(channel: "mobile", outcome: outcome, purpose: "sweep")
        attempt.sweep = campaign
        _ = try ContactLog(desk).log(attempt, of: try Member.find(member, in: db), in: db)
      }
    }
    try call(story.b17a, "0401", "reached", "2017-10-03T08:00:00Z")
    try call(story.b17a, "0402", "no_answer", "2017-10-03T08:05:00Z")
    try call(story.b17b, "0402", "left_message", "2017-10-03T09:00:00Z")
    try story.finish(.firstComesFirst, [story.b17a, story.b17b], at: "2017-10-03T12:00:00Z")
    for phone in [story.b17a, story.b17b, story.c] {
      let page = try phone.page(on: "2017-10-04") { (look) throws(RelayError) in
        try SweepPages.progress(try Sweep.find("Come home", in: look.db), look)
      }
      let lines = try #require(page.grid("outcomes")).lines
      #expect(lines.contains { $0.hasPrefix("reached|1|") }, "\(phone.name)")
      #expect(lines.contains { $0.hasPrefix("left message|1|") }, "\(phone.name): \(lines)")
      let untried = phone === story.c ? 40 : 38
      #expect(lines.contains { $0.hasPrefix("not tried yet|\(untried)|") }, "\(phone.name): \(lines)")
      #expect(try #require(page.grid("fields")).lines.contains { $0.hasPrefix("employer|") }, "\(phone.name)")
    }
    let next = try story.b17a.page(on: "2017-10-04") { (look) throws(RelayError) in
      try SweepPages.next(try Sweep.find(nil, in: look.db), count: 50, look)
    }
    let names = try #require(next.grid("members")).lines
    #expect(names.count == 39)
    #expect(names.first?.hasPrefix("0403|Member 0403|B017|mobile 000-0403-0001|") == true)
    #expect(names.last?.hasPrefix("0402|") == true, "who was tried comes last")
    let reach = try story.c.report("R9", on: "2017-10-04")
    #expect(try #require(reach.grid("sweeps")).lines.first == "Come home|C|2017-10-02|1|0")
  }

  @Test("two phones of a branch start the same sweep: it is one, with both phones' calls and the later end")
  func sweepStartedTwice() throws {
    for order in Order.allCases {
      let story = try Story()
      func start(_ phone: Phone, to: String, _ member: String, _ time: String) throws {
        try phone.act(at: time) { (desk, db) throws(RelayError) in
          let id = try SweepDesk(desk).start("Roll check", to: to, target: "all", fields: [], in: db)
          var attempt = ContactLog.Attempt(channel: "mobile", outcome: "reached", purpose: "sweep")
          attempt.sweep = id
          _ = try ContactLog(desk).log(attempt, of: try Member.find(member, in: db), in: db)
        }
      }
      try start(story.b17a, to: "2017-10-20", "0401", "2017-10-03T08:00:00Z")
      try start(story.b17b, to: "2017-10-31", "0402", "2017-10-04T08:00:00Z")
      try story.finish(order, [story.b17a, story.b17b], at: "2017-10-05T08:00:00Z")
      for phone in [story.b17a, story.b17b, story.r1, story.c] {
        let sweeps = try phone.replica.read { (db) throws(RelayError) in try Sweep.all(in: db) }
        #expect(sweeps.map(\.title) == ["Roll check"], "\(phone.name), \(order)")
        #expect(sweeps.map(\.from) == ["2017-10-03"] && sweeps.map(\.to) == ["2017-10-31"], "\(phone.name), \(order)")
        #expect(try phone.replica.status().conflicts == 0, "\(phone.name), \(order)")
      }
      let page = try story.b17b.page(on: "2017-10-05") { (look) throws(RelayError) in
        try SweepPages.progress(try Sweep.find("Roll check", in: look.db), look)
      }
      #expect(try #require(page.grid("outcomes")).lines.contains { $0.hasPrefix("reached|2|") }, "\(order)")
      // Closed and started again within the month: another one.
      try story.b17a.act(at: "2017-10-06T08:00:00Z") { (desk, db) throws(RelayError) in
        try SweepDesk(desk).close(try Sweep.find("Roll check", in: db), in: db)
        let again = try SweepDesk(desk).start("Roll check", to: nil, target: "all", fields: [], in: db)
        #expect(try Sweep.find(again, in: db).state == "open")
      }
    }
  }

  @Test("a notice reaches the branch; the first telling counts, and the own confirmation is a contact")
  func notice() throws {
    let story = try Story()
    let id = try story.c.act(at: "2017-10-02T08:00:00Z") { (desk, db) throws(RelayError) in
      try NoticeDesk(desk).post(
        "Lecture", body: "On Friday.", audience: nil, expires: "2017-10-20", needsReceipt: true, in: db)
    }
    try story.sync([story.c, story.b17a, story.b17b], at: "2017-10-02T09:00:00Z")
    func tell(_ phone: Phone, _ members: [String], _ channel: String, _ time: String) throws -> Int {
      try phone.act(at: time) { (desk, db) throws(RelayError) in
        try NoticeDesk(desk).tell(id, to: members, everybody: false, channel: channel, in: db)
      }
    }
    #expect(try tell(story.b17a, ["0401", "0402"], "chat", "2017-10-03T08:00:00Z") == 2)
    #expect(try tell(story.b17b, ["0402", "0403"], "self", "2017-10-03T07:00:00Z") == 2)
    try story.finish(.firstComesFirst, [story.b17a, story.b17b], at: "2017-10-03T12:00:00Z")
    let told = try story.c.value("SELECT told_at FROM notice_receipt WHERE member_id = 'm0402'")
    #expect(told == "2017-10-03T07:00:00Z")
    #expect(try story.c.value("SELECT last_contact_on FROM member WHERE id = 'm0403'") == "2017-10-03")
    let page = try story.b17a.page(on: "2017-10-04") { (look) throws(RelayError) in
      try NoticePages.show("Lecture", look)
    }
    #expect(page.fact("told") == .number(3))
    let chat = try story.b17a.page(on: "2017-10-04") { (look) throws(RelayError) in
      try NoticePages.export("Lecture", look)
    }
    #expect(chat.text(.en).hasPrefix("【Lecture】\nOn Friday."))
  }

  @Test("a voice goes up, is answered there, and the branch reads the answer")
  func voice() throws {
    let story = try Story()
    let id = try story.b17a.act(at: "2017-10-02T08:00:00Z") { (desk, db) throws(RelayError) in
      try VoiceDesk(desk).say("The room is cold.", kind: "problem", member: nil, in: db)
    }
    for (phone, time) in [(story.b17a, "2017-10-02T08:01:00Z"), (story.r1, "2017-10-03T08:00:00Z")] {
      try story.sync([phone], at: time)
      try phone.act(at: time) { (desk, db) throws(RelayError) in _ = try VoiceDesk(desk).pass(id, in: db) }
      try story.sync([phone], at: time)
    }
    try story.sync([story.c], at: "2017-10-04T08:00:00Z")
    try story.c.act(at: "2017-10-04T08:00:00Z") { (desk, db) throws(RelayError) in
      _ = try VoiceDesk(desk).answer(id, "A heater comes.", in: db)
    }
    try story.finish(.firstComesFirst, [story.c], at: "2017-10-04T09:00:00Z")
    let row = try story.b17b.rows("SELECT level, state, answer FROM feedback WHERE id = '\(id)'")
    #expect(row == [["committee", "answered", "A heater comes."]])
    #expect(
      try #require(try story.c.report("R12", on: "2017-10-05").grid("voices")).lines == ["problem|committee|answered|1"]
    )
  }

  @Test("the own word holds against an officer's and against hearsay, whatever came last")
  func declarations() throws {
    let story = try Story()
    for (by, body, day) in [
      ("self", "North", "2017-10-01"), ("officer", "South", "2017-10-02"), ("third_party", "East", "2017-10-03"),
    ] {
      try story.b17a.act(at: "2017-10-05T08:00:00Z") { (desk, db) throws(RelayError) in
        var new = DeclarationDesk.New(topic: "residence", body: body)
        (new.by, new.madeOn) = (by, day)
        _ = try DeclarationDesk(desk).declare(new, for: try Member.find("0417", in: db), in: db)
      }
    }
    try story.finish(.firstComesFirst, [story.b17a], at: "2017-10-05T09:00:00Z")
    for phone in [story.b17b, story.c] {
      let page = try phone.page(on: "2017-10-06") { (look) throws(RelayError) in
        try DeclarationDesk.page(try Member.find("0417", in: look.db), look)
      }
      let standing = try #require(page.grid("declarations")).rows.map {
        "\($0[2].said(in: .en)) \($0[6].said(in: .en))"
      }
      #expect(standing == ["East hearsay", "South earlier", "North holds"], "\(phone.name)")
    }
  }

  @Test(
    "abroad: asked for at the branch, kept by the committee; dues rest where the policy says so; the return restores")
  func abroad() throws {
    let story = try Story()
    try story.c.act(at: "2017-10-01T08:00:00Z") { (desk, db) throws(RelayError) in
      try PolicyDesk(desk).set("dues_while_kept", "waive", note: nil, in: db)
    }
    try story.settle(at: "2017-10-01T09:00:00Z")
    let keep = try story.b17a.act(at: "2017-10-02T08:00:00Z") { (desk, db) throws(RelayError) in
      var opening = RequestDesk.Opening("keep_membership")
      (opening.effectiveOn, opening.untilOn, opening.reason) = ("2017-10-01", "2018-09-30", "studies")
      return try RequestDesk(desk).open(opening, about: try Member.find("0417", in: db), in: db)
    }
    try story.sync([story.b17a, story.c], at: "2017-10-02T09:00:00Z")
    let open = try story.c.page(on: "2017-10-02") { (look) throws(RelayError) in try RequestPages.list(.init(), look) }
    #expect(open.grids[0].lines.contains { $0.contains("keep membership|no. 0417, Member 0417|B017|open|C|") })
    try story.c.act(at: "2017-10-03T08:00:00Z") { (desk, db) throws(RelayError) in
      _ = try RequestDesk(desk).take("approve", on: keep, in: db)
    }
    try story.finish(.firstComesFirst, [story.c], at: "2017-10-03T09:00:00Z")
    #expect(try story.b17b.value("SELECT status FROM member WHERE id = 'm0417'") == "kept_abroad")
    // July to September are owed; from October on nothing is.
    #expect(try story.b17b.ledger("0417", on: "2018-03-31").unpaid == 3)
    try story.b17a.act(at: "2018-09-01T08:00:00Z") { (desk, db) throws(RelayError) in
      _ = try DeclarationDesk(desk).declare(
        .init(topic: "returned", body: "back"), for: try Member.find("0417", in: db), in: db)
    }
    try story.sync([story.b17a], at: "2018-09-01T09:00:00Z")
    try story.settle(at: "2018-09-01T10:00:00Z")
    let restore = try #require(try story.c.value("SELECT id FROM request WHERE kind = 'restore_membership'")?.text)
    try story.c.act(at: "2018-09-02T08:00:00Z") { (desk, db) throws(RelayError) in
      _ = try RequestDesk(desk).take("approve", on: restore, in: db)
    }
    try story.finish(.firstComesFirst, [story.c], at: "2018-09-02T09:00:00Z")
    #expect(try story.b17a.value("SELECT status FROM member WHERE id = 'm0417'") == "active")
  }

  @Test(
    "from and to other organisations, by commands: the newcomer gets a number, the leaver is in the pocket until the receipt"
  )
  func outside() throws {
    let story = try Story()
    let came = try story.b17a.act(at: "2017-10-02T08:00:00Z") { (desk, db) throws(RelayError) in
      var opening = RequestDesk.Opening("transfer_in")
      (opening.claim, opening.outside, opening.steps) = ("Newcomer", "Elsewhere", ["open", "accept"])
      return try RequestDesk(desk).open(opening, about: nil, in: db)
    }
    let left = try story.b17a.act(at: "2017-10-02T08:10:00Z") { (desk, db) throws(RelayError) in
      var opening = RequestDesk.Opening("transfer_out")
      (opening.outside, opening.steps) = ("Elsewhere", ["open", "release"])
      return try RequestDesk(desk).open(opening, about: try Member.find("0401", in: db), in: db)
    }
    try story.sync([story.b17a, story.c], at: "2017-10-02T09:00:00Z")
    for id in [came, left] {
      try story.c.act(at: "2017-10-03T08:00:00Z") { (desk, db) throws(RelayError) in
        _ = try RequestDesk(desk).take("approve", on: id, in: db)
      }
    }
    try story.finish(.firstComesFirst, [story.c], at: "2017-10-03T09:00:00Z")
    #expect(try story.b17b.value("SELECT came_on FROM member WHERE full_name = 'Newcomer'") == "2017-10-03")
    #expect(try story.b17b.rows("SELECT 1 FROM member WHERE id = 'm0401'").isEmpty)
    #expect(try story.c.value("SELECT status FROM member WHERE id = 'm0401'") == "transferred_out")
    let pocket = try story.c.page(on: "2018-02-01") { (look) throws(RelayError) in try TransferPages.stale(look) }
    #expect(pocket.grids[0].rows.count == 1)
    let movement = try story.c.report("R3", on: "2017-10-04")
    #expect(movement.fact("received") == .number(1) && movement.fact("left") == .number(1))
    // Who does not receive says so by a policy.
    try story.c.act(at: "2017-10-04T08:00:00Z") { (desk, db) throws(RelayError) in
      try PolicyDesk(desk).set("reception_open", "0", note: nil, in: db)
    }
    try story.finish(.firstComesFirst, [story.c], at: "2017-10-04T09:00:00Z")
    #expect(throws: RelayError.self) {
      try story.b17a.act(at: "2017-10-05T08:00:00Z") { (desk, db) throws(RelayError) in
        _ = try RequestDesk(desk).open(.init("transfer_in"), about: nil, in: db)
      }
    }
  }

  @Test("a budget line by line: what was approved is granted, and the sums stand in the money report")
  func budget() throws {
    let story = try Story()
    let id = try story.b17a.act(at: "2017-10-02T08:00:00Z") { (desk, db) throws(RelayError) in
      var opening = RequestDesk.Opening("budget_activity")
      opening.title = "Autumn"
      let id = try RequestDesk(desk).open(opening, about: nil, in: db)
      _ = try RequestDesk(desk).addLine(to: id, item: "lunch", quantity: 30, price: "20", note: nil, in: db)
      return id
    }
    try story.sync([story.b17a, story.c], at: "2017-10-02T09:00:00Z")
    try story.c.act(at: "2017-10-03T08:00:00Z") { (desk, db) throws(RelayError) in
      _ = try RequestDesk(desk).take("approve", on: id, note: "as asked", in: db)
    }
    try story.finish(.firstComesFirst, [story.c], at: "2017-10-03T09:00:00Z")
    let page = try story.b17b.page(on: "2017-10-04") { (look) throws(RelayError) in try RequestPages.show(id, look) }
    #expect(page.fact("granted") == .fen(60000))
    #expect(try #require(page.grid("steps")).lines.contains { $0.contains("as asked") })
    #expect(
      try #require(try story.c.report("R10", on: "2017-10-04").grid("budgets")).lines == [
        "activity budget|approved|1|600.00|600.00"
      ])
    #expect(throws: RelayError.self) {
      try story.b17b.act(at: "2017-10-04T08:00:00Z") { (desk, db) throws(RelayError) in
        _ = try RequestDesk(desk).addLine(to: id, item: "more", quantity: 1, price: "1", note: nil, in: db)
      }
    }
  }

  @Test("an appraisal: ballots go up and are gone; the committee sees numbers and never who voted")
  func appraisal() throws {
    let story = try Story()
    func enter(_ phone: Phone, _ stage: String, _ grade: String, _ voter: String?, _ time: String) throws {
      try phone.act(at: time) { (desk, db) throws(RelayError) in
        let voter = try voter.map { (who) throws(RelayError) in try Member.find(who, in: db) }
        _ = try AppraisalDesk(desk).enter(
          "2017", stage, grade, for: try Member.find("0417", in: db), voter: voter, text: nil, in: db)
      }
    }
    try enter(story.b17a, "self", "good", nil, "2017-10-02T08:00:00Z")
    for (voter, grade) in [("0401", "excellent"), ("0402", "good"), ("0403", "good"), ("0403", "fair")] {
      try enter(story.b17a, "peer", grade, voter, "2017-10-02T09:00:00Z")
    }
    try enter(story.b17b, "branch_proposal", "good", nil, "2017-10-02T10:00:00Z")
    try story.finish(.firstComesFirst, [story.b17a, story.b17b], at: "2017-10-03T08:00:00Z")
    try enter(story.c, "committee_result", "good", nil, "2017-10-04T08:00:00Z")
    try story.finish(.firstComesFirst, [story.c], at: "2017-10-04T09:00:00Z")
    func line(_ phone: Phone) throws -> String? {
      try phone.page(on: "2017-10-05") { (look) throws(RelayError) in try AppraisalPages.round("2017", unit: nil, look)
      }
      .grids[0].lines.first
    }
    #expect(try line(story.c) == "0417|Member 0417|B017|good|3|good|good|good")
    #expect(try line(story.b17a) == "0417|Member 0417|B017|good|0|-|good|good")
    #expect(throws: RelayError.self) { try enter(story.b17a, "committee_result", "poor", nil, "2017-10-05T08:00:00Z") }
  }

  @Test("the committee founds, appoints, moves and closes; a branch may not; the rules are checked after every merge")
  func structure() throws {
    let story = try Story()
    try story.c.act(at: "2017-10-02T08:00:00Z") { (desk, db) throws(RelayError) in
      var new = UnitDesk.New(code: "B099", name: "Branch 99")
      (new.kind, new.parent) = ("enterprise", "R1")
      _ = try UnitDesk(desk).add(new, in: db)
      _ = try OfficerDesk(desk).add(.init(name: "Secretary 99", role: "secretary", unit: "B099"), in: db)
      try UnitDesk(desk).move(try OrgUnit.find("B008", in: db), under: try OrgUnit.find("R2", in: db), in: db)
      try UnitDesk(desk).change(try OrgUnit.find("B017", in: db), [try Assignment("meeting_place=Room 1")], in: db)
    }
    try story.finish(.firstComesFirst, [story.c], at: "2017-10-02T09:00:00Z")
    let units = try story.b42.page(on: "2017-10-03") { (look) throws(RelayError) in
      try StructurePages.units(look, under: "R2")
    }
    #expect(units.grids[0].rows.map { $0[0] } == [.text("B008"), .text("B042")])
    #expect(try story.c.value("SELECT allowance_fen FROM officer WHERE display_name = 'Secretary 99'") == 20000)
    let check = try story.c.page(on: "2017-10-03") { (look) throws(RelayError) in try BranchPages.check(look) }
    #expect(check.notes.isEmpty)
    let size = try story.b17a.page(on: "2017-10-03") { (look) throws(RelayError) in try BranchPages.size(look) }
    #expect(size.notes.map(\.text.en) == ["Only what this device holds: 1 of 4 branches."])
    // Another branch's attendance is not here, which is no rate of nothing.
    #expect(throws: RelayError.self) {
      try story.b17a.page(on: "2017-10-03") { (look) throws(RelayError) in
        try ActivityPages.rate(look, unit: "B042", from: nil)
      }
    }
    let findings = try #require(check.grid("findings")).lines
    #expect(findings.contains("B099|too few full members|0|0"))
    #expect(findings.contains("B042|no meeting place|1|1") && !findings.contains { $0.hasPrefix("B017|no meeting") })
    #expect(throws: RelayError.self) {
      try story.b17a.act(at: "2017-10-03T08:00:00Z") { (desk, db) throws(RelayError) in
        try PolicyDesk(desk).set("lost_months", "9", note: nil, in: db)
      }
    }
    for (key, value) in [("lost_months", "0"), ("lost_month", "9"), ("time_zone", "8"), ("refusal_reasons", "[1]")] {
      #expect(throws: RelayError.self, "\(key)") {
        try story.c.act(at: "2017-10-03T08:00:00Z") { (desk, db) throws(RelayError) in
          try PolicyDesk(desk).set(key, value, note: nil, in: db)
        }
      }
    }
  }

  @Test("attendance rate, quorum, the work ledger and the hand-over of cash are what the rows say")
  func figures() throws {
    let story = try Story()
    let meeting = try story.b17a.plan(
      "Meeting", "meeting", starts: "2017-10-03T06:00:00Z", place: "Hall", at: "2017-10-02T08:00:00Z")
    let there = (401...419).map { "0\($0)" }
    try story.b17a.attend(meeting, there, others: "absent", books: 3, at: "2017-10-03T06:10:00Z")
    try story.b17a.pay("0402", "60", "2017-07", "2017-09", at: "2017-10-03T07:00:00Z")
    try story.b17a.pay("0403", "20", "2017-07", "2017-07", at: "2017-10-03T07:10:00Z")
    try story.finish(.firstComesFirst, [story.b17a], at: "2017-10-03T12:00:00Z")
    for phone in [story.b17b, story.c] {
      let rate = try phone.page(on: "2017-10-04") { (look) throws(RelayError) in
        try ActivityPages.rate(look, unit: "B017", from: nil)
      }
      #expect(rate.fact("rate") == .share(19, of: 40), "\(phone.name)")
      let quorum = try phone.page(on: "2017-10-04") { (look) throws(RelayError) in
        try ActivityPages.quorum(try Activity.find("Meeting", in: look.db), look)
      }
      #expect(quorum.fact("quorum") == .flag(false) && quorum.fact("needed") == .number(21), "\(phone.name)")
      let cash = try phone.page(on: "2017-10-04") { (look) throws(RelayError) in
        try DuesPages.handover(try OrgUnit.find("B017", in: look.db), from: "2017-10-01", look)
      }
      #expect(cash.fact("sum") == .fen(8000) && cash.fact("receipts_count") == .number(2), "\(phone.name)")
      let work = try phone.page(on: "2017-10-04") { (look) throws(RelayError) in
        try WorkLedger.page(look, unit: nil, from: "2017-10-01")
      }
      #expect(work.fact("entries") == .number(3), "\(phone.name)")
    }
    let eight = try story.c.report("R8", on: "2017-10-04")
    #expect(eight.fact("belowQuorum") == .number(1))
    #expect(try #require(eight.grid("kinds")).lines == ["meeting|1|19|40|47.5%|0|3"])
  }

  @Test(
    "a meeting that was held and cash that was taken stay what they were when members go; a phone says what it lacks")
  func goneSince() throws {
    let story = try Story()
    let meeting = try story.b17a.plan(
      "Meeting", "meeting", starts: "2017-10-03T06:00:00Z", place: "Hall", at: "2017-10-02T08:00:00Z")
    try story.b17a.attend(
      meeting, (401...421).map { "0\($0)" }, others: "absent", at: "2017-10-03T06:10:00Z")
    try story.b17a.pay("0402", "60", "2017-07", "2017-09", at: "2017-10-03T07:00:00Z")
    try story.b17a.pay("0403", "20", "2017-07", "2017-07", at: "2017-10-03T07:10:00Z")
    // One moves on the meeting's own day and takes her receipt along, one leaves for good, and one comes.
    try move("0402", from: story.b17a, to: ("B042", story.b42), on: "2017-10-03", story)
    try story.c.act(at: "2017-10-05T08:00:00Z") { (desk, db) throws(RelayError) in
      try DeclarationDesk(desk).leave(
        try Member.find("0405", in: db), status: "removed", on: "2017-10-05", in: db)
    }
    try move("4201", from: story.b42, to: ("B017", story.b17a), on: "2017-10-06", story)
    try story.finish(.firstComesFirst, story.phones, at: "2017-10-07T12:00:00Z")

    func quorum(_ phone: Phone) throws -> Page {
      try phone.page(on: "2017-10-08") { (look) throws(RelayError) in
        try ActivityPages.quorum(try Activity.find("Meeting", in: look.db), look)
      }
    }
    let whole = try quorum(story.c)
    #expect(whole.fact("full") == .number(40) && whole.fact("there") == .number(21) && whole.notes.isEmpty)
    #expect(try story.c.report("R8", on: "2017-10-08").fact("belowQuorum") == .number(0))
    let seen = try quorum(story.b17b)
    #expect(seen.fact("full") == .number(38) && seen.notes.map(\.code) == ["left_since"])
    #expect(
      try story.b17b.page(on: "2017-10-08") { (look) throws(RelayError) in
        try ActivityPages.rate(look, unit: "B017", from: nil)
      }.notes.map(\.code) == ["left_since"])

    func cash(_ phone: Phone) throws -> Page {
      try phone.page(on: "2017-10-08") { (look) throws(RelayError) in
        try DuesPages.handover(try OrgUnit.find("B017", in: look.db), from: "2017-10-01", look)
      }
    }
    #expect(try cash(story.c).fact("sum") == .fen(8000) && cash(story.c).notes.isEmpty)
    for phone in [story.b17a, story.b17b] {
      let page = try cash(phone)
      #expect(page.fact("sum") == .fen(2000), "\(phone.name)")
      // Of the secretary's receipts the deputy's phone knows by their numbers.
      #expect(page.fact("elsewhere") == .list(["B017-1-000001"]), "\(phone.name)")
      #expect(page.notes.map(\.code) == ["receipts_elsewhere"], "\(phone.name)")
    }
  }

  private func move(
    _ member: String, from: Phone, to: (code: String, phone: Phone), on day: String, _ story: Story
  ) throws {
    let request = try from.open(member, to: to.code, at: day + "T08:00:00Z")
    try from.take("release", on: request, at: day + "T08:01:00Z")
    try story.sync([from, to.phone, story.c], at: day + "T09:00:00Z")
    try story.sync([to.phone], at: day + "T09:00:00Z")
    try to.phone.take("accept", on: request, at: day + "T09:10:00Z")
    try story.c.take("approve", on: request, at: day + "T09:20:00Z")
    try story.finish(.firstComesFirst, [from, to.phone], at: day + "T10:00:00Z")
  }

  @Test("every report prints in four forms, says how fresh it is, and says nothing of what a role does not see")
  func reports() throws {
    let story = try Story()
    for (phone, sees) in [(story.c, true), (story.r1, false), (story.b17a, true)] {
      for report in Report.all {
        let page = try phone.report(report.name, on: "2017-10-04")
        #expect(page.fact("freshness") != nil, "\(report.name)")
        #expect(page.text(.en).contains("R\(report.number)") && page.text(.zh).contains("R\(report.number)"))
        #expect(page.csv.contains("asOf,2017-10-04"))
        #expect(Page.document([page], title: Phrase("t", "t"), .zh).contains("<html lang=\"zh-Hans\">"))
        guard case .object(let object) = page.json else {
          Issue.record("\(report.name) is no object")
          continue
        }
        #expect(object["asOf"] == .text("2017-10-04"))
      }
      let money = try phone.report("money", on: "2017-10-04")
      #expect((money.fact("owing") != nil) == sees, "\(phone.name)")
    }
  }

  @Test("a device tells of itself, and the committee sees who was not heard of")
  func devices() throws {
    let story = try Story()
    for (phone, day) in [(story.b17a, "2017-10-02"), (story.b42, "2017-09-10")] {
      try phone.act(at: day + "T08:00:00Z") { (desk, db) throws(RelayError) in
        let state = DeviceDesk.State(
          device: phone.name, unsent: 3, held: 0, conflicts: 1, refused: 0, rows: 900, app: "1", schemaVersion: 1,
          syncedAt: nil)
        _ = try DeviceDesk.tell(state, unit: desk.unit.id, now: desk.now, in: db)
      }
    }
    try story.finish(.firstComesFirst, [story.b17a, story.b42], at: "2017-10-02T09:00:00Z")
    let page = try story.c.report("R14", on: "2017-10-03")
    #expect(page.fact("freshness")?.said(in: .en) == "3 branches, 1 fresh within 7 days")
    #expect(try #require(page.grid("devices")).rows.map { $0[12].said(in: .en) } == ["silent", "fresh"])
    let taken = try story.b17a.act(at: "2017-10-03T08:00:00Z") { (desk, db) throws(RelayError) in
      try DeviceDesk.handOver(to: "Deputy 17", desk: desk, in: db)
    }
    #expect(taken.id == "deputy-17")
    #expect(throws: RelayError.self) {
      try story.b17a.act(at: "2017-10-03T08:00:00Z") { (desk, db) throws(RelayError) in
        _ = try DeviceDesk.handOver(to: "Secretary 42", desk: desk, in: db)
      }
    }
  }
}
