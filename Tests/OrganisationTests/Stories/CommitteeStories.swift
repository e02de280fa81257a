import Relay
import RelaySQLite
import Testing

@testable import Organisation

@Suite("Stories of a committee's week, and what reports say of it")
struct CommitteeStories {
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
