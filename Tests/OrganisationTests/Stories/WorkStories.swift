import Relay
import RelaySQLite
import Testing

@testable import Organisation

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
}
