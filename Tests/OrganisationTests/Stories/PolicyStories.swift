import Relay
import Testing

@testable import Organisation

@Suite("Stories of the policy: every key is read by what it is for")
struct PolicyStories {
  /// The keys of the policy; `points_…` stands for the one of each kind of activity.
  private static let keys: Set<String> = [
    "enterprise_min_full", "allowance_fen", "points_online_min", "points_…", "lost_months", "at_risk_months",
    "lost_min_attempts", "grace_days", "transfer_stale_days", "ledger_months", "stub_months", "device_lease_days",
    "row_warn", "dues_while_kept", "reception_open", "branch_size_max", "refusal_reasons", "time_zone",
  ]

  /// What a key changes: what is seen with one value, and with the other.
  private struct Effect {
    let key: String
    let values: (String, String)
    let seen: (Story) throws -> String
  }

  private static func set(_ key: String, _ value: String, _ story: Story) throws {
    try story.c.act(at: "2017-10-02T08:00:00Z") { (desk, db) throws(RelayError) in
      try PolicyDesk(desk).set(key, value, note: nil, in: db)
    }
  }

  private static func page(
    _ story: Story, _ day: String = "2017-10-02", _ body: (Look) throws(RelayError) -> Page
  ) throws -> String {
    try story.c.page(on: day, body).text(.en)
  }

  private static func judged(_ story: Story, _ day: String) throws -> String {
    let day = try #require(Day(day))
    return try story.c.replica.read { (db) throws(RelayError) in
      let facts = try ReachRule.facts(of: "m0439", upTo: day, in: db)["m0439"] ?? ReachRule.Facts()
      let judged = ReachRule(try Policy(in: db)).judge(facts, reach: "at_risk", on: day)
      return "\(judged.reach) \(judged.isLostProposed)"
    }
  }

  private static func allowance(_ story: Story) throws -> String {
    try story.c.act(at: "2017-10-02T08:00:00Z") { (desk, db) throws(RelayError) in
      let new = OfficerDesk.New(name: "New secretary", role: "secretary", unit: "B042")
      let id = try OfficerDesk(desk).add(new, in: db)
      return try db.first("SELECT allowance_fen FROM officer WHERE id = ?", [.text(id)])?[0].description ?? "?"
    }
  }

  private static var effects: [Effect] {
    [
      Effect(key: "enterprise_min_full", values: ("0", "41")) { story in
        try story.c.sql("UPDATE org_unit SET kind = 'enterprise' WHERE id = 'b17'", at: "2017-10-02T08:00:00Z")
        return try page(story) { (look) throws(RelayError) in try BranchPages.check(look) }
      },
      Effect(key: "branch_size_max", values: ("90", "39")) { story in
        try page(story) { (look) throws(RelayError) in try BranchPages.check(look) }
      },
      Effect(key: "allowance_fen", values: ("20000", "30000"), seen: allowance),
      Effect(key: "points_online_min", values: ("60", "10")) { story in
        try "\(story.c.card("0440", on: "2017-10-02").gate.needed)"
      },
      Effect(key: "points_…", values: ("5", "7")) { story in
        try "\(story.c.card("0440", on: "2017-10-02").gate.expected)"
      },
      Effect(key: "at_risk_months", values: ("3", "1")) { story in try judged(story, "2017-10-25") },
      Effect(key: "lost_months", values: ("6", "3")) { story in try judged(story, "2018-01-25") },
      Effect(key: "lost_min_attempts", values: ("3", "4")) { story in try judged(story, "2018-06-25") },
      Effect(key: "transfer_stale_days", values: ("90", "5")) { story in
        try page(story, "2017-10-10") { (look) throws(RelayError) in try TransferPages.stale(look) }
      },
      Effect(key: "ledger_months", values: ("24", "1")) { story in
        // What a branch is shown; the committee sees all.
        try story.sync([story.c, story.b17a], at: "2017-10-02T09:00:00Z")
        let rights = DeviceRights(try story.b17a.replica.status())
        return try story.b17a.replica.read { (db) throws(RelayError) in
          let (member, day) = (try Member.find("0440", in: db), Day("2017-10-02") ?? Day(Month(1, 1), 1))
          let sheet = try LedgerSheet(member, on: day, rights: rights, in: db)
          return "\(sheet.lines.count) \(sheet.older)"
        }
      },
      Effect(key: "device_lease_days", values: ("30", "3")) { story in
        let status = try story.b17a.replica.status()
        return try story.c.replica.read { (db) throws(RelayError) in
          let policy = try Policy(in: db)
          return Lease(status, policy).end?.text ?? "-"
        }
      },
      Effect(key: "row_warn", values: ("10000", "1")) { story in
        try story.c.act(at: "2017-10-02T08:00:00Z") { (desk, db) throws(RelayError) in
          let state = DeviceDesk.State(
            device: "B17a", unsent: 0, held: 0, conflicts: 0, refused: 0, rows: 300, app: "1", schemaVersion: 1,
            syncedAt: nil)
          _ = try DeviceDesk.tell(state, unit: "b17", now: desk.now, in: db)
        }
        return try page(story) { (look) throws(RelayError) in try DeviceDesk.list(look) }
      },
      Effect(key: "dues_while_kept", values: ("accrue", "waive")) { story in
        try story.c.sql(
          """
          INSERT INTO request (id, kind, member_id, unit_id, state, effective_on, until_on, opened_on, decided_on)
          SELECT 'stay', 'keep_membership', 'm0440', 'b17', 'approved', '2017-07-01', '2018-06-30', '2017-06-01', '2017-06-02'
          WHERE NOT EXISTS (SELECT 1 FROM request WHERE id = 'stay')
          """, at: "2017-10-02T08:00:00Z")
        return try "\(story.c.card("0440", on: "2017-10-02").unpaid ?? -1)"
      },
      Effect(key: "reception_open", values: ("1", "0")) { story in
        var opening = RequestDesk.Opening("transfer_in")
        opening.claim = "Somebody"
        do {
          try story.c.act(at: "2017-10-02T08:00:00Z") { [opening] (desk, db) throws(RelayError) in
            _ = try RequestDesk(desk).open(opening, about: nil, in: db)
          }
        } catch let error as RelayError {
          return error.code.rawValue
        }
        return "open"
      },
      Effect(key: "refusal_reasons", values: (#"["other"]"#, #"["too_far"]"#)) { story in
        try story.c.replica.read { (db) throws(RelayError) in
          try Policy(in: db).refusalReasons(in: db).joined(separator: " ")
        }
      },
      Effect(key: "time_zone", values: ("+08:00", "-03:00")) { story in
        try page(story) { (look) throws(RelayError) in
          .list(Page.Grid("day", [], empty: Phrase(look.zone.day(Instant(milliseconds: 3_600_000)).text, "")))
        }
      },
    ]
  }

  @Test("each key changes what it is for")
  func walked() throws {
    // Two keys need an office and months; they have stories of their own below.
    let apart: Set<String> = ["grace_days", "stub_months"]
    #expect(Set(Self.effects.map(\.key)).union(apart) == Self.keys)
    let known = Set(
      PolicyKey.all.map { $0.key.hasPrefix("points_") && $0.key != "points_online_min" ? "points_…" : $0.key })
    #expect(known == Self.keys, "a key that nothing is shown for")

    let story = try Story()
    let walk = try story.b17a.plan(
      "Walk", "visit", starts: "2017-10-01T06:00:00Z", place: "Gate", at: "2017-10-01T05:00:00Z")
    try story.b17a.attend(walk, ["0440"], at: "2017-10-01T06:00:00Z")
    for channel in ["mobile", "mobile", "phone"] {
      try story.b17a.call("0439", channel, "no_answer", at: "2017-10-01T07:00:00Z")
    }
    let move = try story.b17a.open("0401", to: "B042", at: "2017-10-01T08:00:00Z")
    try story.b17a.take("release", on: move, at: "2017-10-01T08:01:00Z")
    try story.sync([story.b17a, story.c], at: "2017-10-01T09:00:00Z")
    for effect in Self.effects {
      let key = effect.key == "points_…" ? "points_visit" : effect.key
      try Self.set(key, effect.values.0, story)
      let first = try effect.seen(story)
      try Self.set(key, effect.values.1, story)
      let second = try effect.seen(story)
      #expect(first != second, "\(effect.key): \(effect.values.0) and \(effect.values.1) both give \(first)")
      try Self.set(key, effect.values.0, story)
    }
  }

  /// The member 0417 moves from 17 to 42; a phone of 17 that has not heard of it sends what it took before the move.
  private func arrivesLate(graceDays: String) throws -> (story: Story, reasons: [String]) {
    let story = try Story()
    try story.c.act(at: "2017-10-01T08:00:00Z") { (desk, db) throws(RelayError) in
      try PolicyDesk(desk).set("grace_days", graceDays, note: nil, in: db)
    }
    let request = try story.b17a.open("0417", to: "B042", at: "2017-10-02T08:00:00Z")
    try story.b17a.take("release", on: request, at: "2017-10-02T08:01:00Z")
    try story.sync([story.b17a, story.b42], at: "2017-10-02T09:00:00Z")
    try story.b42.take("accept", on: request, at: "2017-10-02T10:00:00Z")
    try story.sync([story.b42, story.c], at: "2017-10-02T11:00:00Z")
    try story.c.take("approve", on: request, at: "2017-10-02T12:00:00Z")
    _ = try story.settleOnly(at: "2017-10-02T13:00:00Z")
    try story.b17a.pay("0417", "60", "2017-07", "2017-09", on: "2017-10-01", at: "2017-10-03T08:00:00Z")
    try story.b17b.pay("0417", "40", "2017-10", "2017-11", on: "2017-10-01", at: "2017-10-03T08:00:00Z")
    try story.sync([story.b17a], at: "2017-10-06T09:00:00Z")
    _ = try story.settleOnly(at: "2017-10-06T10:00:00Z")
    _ = try story.settleOnly(at: "2017-10-15T10:00:00Z")
    let done = try story.finish(.firstComesFirst, [story.b17b], at: "2017-10-25T09:00:00Z")
    return (story, done.review.map(\.reason))
  }

  @Test("grace_days: what arrives within them counts without a question, what arrives later is looked at first")
  func grace() throws {
    let (late, reasons) = try arrivesLate(graceDays: "10")
    #expect(reasons == ["after_grace"])
    #expect(try late.b42.card("0417", on: "2017-10-25").paidThrough == "2017-09")
    let held = try #require(try late.c.settle(at: "2017-10-25T10:00:00Z").review.first)
    try late.c.act(at: "2017-10-26T08:00:00Z") { (desk, db) throws(RelayError) in
      try Review.release(held.id, note: nil, desk: desk, in: db)
    }
    try late.finish(.firstComesFirst, [late.c], at: "2017-10-26T09:00:00Z")
    #expect(try late.b42.card("0417", on: "2017-10-26").paidThrough == "2017-11")

    let (patient, none) = try arrivesLate(graceDays: "30")
    #expect(none.isEmpty)
    #expect(try patient.b42.card("0417", on: "2017-10-25").paidThrough == "2017-11")
  }

  @Test("stub_months: for so long the old branch is told where somebody went")
  func stub() throws {
    let story = try Story()
    let request = try story.b17a.open("0417", to: "B042", at: "2017-10-02T08:00:00Z")
    try story.b17a.take("release", on: request, at: "2017-10-02T08:01:00Z")
    try story.sync([story.b17a, story.b42], at: "2017-10-02T09:00:00Z")
    try story.b42.take("accept", on: request, at: "2017-10-02T10:00:00Z")
    try story.sync([story.b42, story.c], at: "2017-10-02T11:00:00Z")
    try story.c.take("approve", on: request, at: "2017-10-02T12:00:00Z")
    try story.finish(.firstComesFirst, [story.c], at: "2017-10-02T13:00:00Z")
    func told() throws -> (error: String, list: Int) {
      let error = #expect(throws: RelayError.self) { try story.b17a.card("0417", on: "2017-10-02") }
      let page = try story.b17a.page(on: "2017-10-02") { (look) throws(RelayError) in
        var filter = RequestPages.Filter()
        filter.all = true
        return try RequestPages.list(filter, look)
      }
      return (error?.message ?? "", page.grids[0].rows.count)
    }
    #expect(try told().error.contains("moved to Branch 42 on 2017-10-02") && told().list == 1)
    try story.finish(.firstComesFirst, [story.c], at: "2018-09-30T13:00:00Z")
    #expect(try told().error.contains("moved to Branch 42") && told().list == 1)
    try story.finish(.firstComesFirst, [story.c], at: "2018-10-04T13:00:00Z")
    #expect(try !told().error.contains("Branch 42") && told().list == 0)
  }
}
