internal import Relay

/// All rows whose home is one unit.
struct UnitRows {
  let roster: Roster
  let at: Int
  var sink: RowSink

  var unit: Roster.Unit { roster.units[at] }

  mutating func write() throws(RelayError) {
    try writeUnit()
    try writeProgramme()
    var source = SplitMix64(seed: unit.stream ^ 0x5EED)
    if unit.level == "branch" {
      try writeBranch(&source)
    } else if unit.level == "regional" {
      try writeFeedback(1, &source)
    } else {
      for (key, value) in Policies.all { try sink.add(.policy, [.text(key), .text(value), "2017-01-01", .null]) }
      for leaver in roster.leavers {
        var story = MemberStory(roster: roster, member: leaver.member)
        try story.writeLeaver(leaver, &sink)
      }
    }
  }

  private mutating func writeUnit() throws(RelayError) {
    let isBranch = unit.level == "branch"
    try sink.add(
      .unit,
      [
        .text(unit.id), Value(unit.parent.map { roster.units[$0].id }), .text(unit.level), Value(unit.kind),
        .text(unit.code), .text(unit.name), .text("Area " + (isBranch ? String(unit.parent ?? 0) : unit.code)),
        isBranch ? .text("Room " + unit.code) : .null, "2013-07-01",
      ])
    if isBranch {
      // Most were heard of within the week, every twentieth not for a fortnight.
      let told = Value(Day(Roster.month, 30 - (at % 20 == 0 ? 14 : at % 6)), hour: 9)
      try sink.add(
        .device,
        [.text(unit.code + "-1"), .text(unit.id), .text(unit.officers[0].id), told, told, 2600, "1.0", 1])
    }
    for (n, officer) in unit.officers.enumerated() {
      try sink.add(
        .officer,
        [
          .text(officer.id), .text(unit.id), .text(officer.name), .text(officer.role), .text(officer.sex),
          Value(officer.born), .text(officer.education), .text("000-\(unit.code)-\(digits(n, 2))"),
          Value(officer.allowance), Value(officer.from),
        ])
    }
  }

  private mutating func writeProgramme() throws(RelayError) {
    for activity in unit.programme.activities {
      try sink.add(
        .activity,
        [
          .text(activity.id), .text(unit.id), .text(activity.kind), .text(activity.mode), .text(activity.title),
          Value(activity.day, hour: 6), Value(activity.day, hour: 8), .text(activity.place),
          Value(Programme.points), "held", Value(activity.guests), Value(activity.books),
        ])
    }
    for notice in unit.programme.notices {
      try sink.add(
        .notice,
        [
          .text(notice.id), .text(unit.id), .text(notice.title), .text("Please come and bring your questions."),
          .text(unit.level == "branch" ? "branch" : "below"), Value(notice.day, hour: 1),
          Value(Day(notice.day.month.advanced(by: 1), 28)), Value(notice.isReceiptNeeded ? 1 : 0),
        ])
    }
    for sweep in unit.programme.sweeps {
      try sink.add(
        .sweep,
        [
          .text(sweep.id), .text(unit.id), .text(sweep.title), Value(sweep.from), Value(sweep.to),
          .text(sweep.isClosed ? "closed" : "open"), .text("[\"employer\"]"),
        ])
    }
  }

  private mutating func writeBranch(_ source: inout SplitMix64) throws(RelayError) {
    var receipts = 0
    for at in unit.members {
      var story = MemberStory(roster: roster, member: roster.members[at])
      try story.write(&sink, receipts: &receipts)
    }
    for leaver in roster.leavers where leaver.member.branch == at {
      try RequestRows(roster: roster, at: at).writeLeft(leaver, &sink)
    }
    try RequestRows(roster: roster, at: at).writeBudget(&source, &sink)
    try writeFeedback(source.span(2, 4), &source)
  }

  private mutating func writeFeedback(_ count: Int, _ source: inout SplitMix64) throws(RelayError) {
    let texts = [
      ("problem", "The room is too small for the monthly meeting."), ("suggestion", "Hold the lecture in the evening."),
      ("offer_help", "Can give a course on computers."), ("seek_help", "Looks for work nearer to home."),
    ]
    for _ in 0..<count {
      let (kind, text) = source.pick(texts)
      let isPassedUp = unit.level == "branch" && source.chance(percent: 30)
      try sink.add(
        .feedback,
        [
          .text(source.uuid()), .text(unit.id), .null, .text(kind), .text(text),
          .text(isPassedUp ? "regional" : unit.level), .text(isPassedUp ? "passed_up" : "open"),
          Value(Day(Month(2017, source.span(1, 9)), source.span(1, 28))),
        ])
    }
  }
}

/// The thresholds that the organisation's rules use.
enum Policies {
  static let all: [(key: String, value: String)] = [
    ("enterprise_min_full", "3"), ("allowance_fen", "20000"), ("points_online_min", "60"),
    ("points_meeting", "5"), ("points_lecture", "5"), ("points_course", "5"), ("points_film", "5"),
    ("points_visit", "5"), ("points_themed_day", "5"), ("points_organisation_life", "5"),
    ("points_online_study", "5"), ("points_volunteer", "5"), ("points_other", "5"), ("lost_months", "6"),
    ("at_risk_months", "3"), ("lost_min_attempts", "3"), ("grace_days", "30"), ("transfer_stale_days", "90"),
    ("ledger_months", "24"), ("stub_months", "12"), ("device_lease_days", "30"), ("row_warn", "10000"),
    ("dues_while_kept", "accrue"), ("reception_open", "1"), ("branch_size_max", "90"), ("time_zone", "+08:00"),
    ("refusal_reasons", #"["retired_only","file_elsewhere","residence_elsewhere","other"]"#),
  ]
}
