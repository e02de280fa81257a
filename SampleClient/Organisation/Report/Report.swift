package import Relay

/// The committee's reports: complete at the committee, within its scopes on any other replica.
package struct Report: Sendable {
  package let name: String
  /// R1 to R14, as the organisation numbers them.
  package let number: Int
  package let title: Phrase
  let make: @Sendable (Look) throws(RelayError) -> Page

  package static let all: [Report] = [
    Report("roster", 1, "Roster totals", "党员总数", RosterReport.page),
    Report("survey", 2, "The survey's tables", "调查统计表", SurveyPages.page),
    Report("movement", 3, "Movement", "党员数量变化", MovementReport.page),
    Report("claims", 4, "What the survey says, and the figures", "调查报告的提法与数据", ClaimsReport.page),
    Report("officers", 5, "Officers and coverage", "干部配备", OfficersReport.page),
    Report("branches", 6, "Branches: size, minimum, places", "支部规模与场所", BranchReport.page),
    Report("requests", 7, "Requests: open, refused, stale, abroad", "申请办理情况", RequestsReport.page),
    Report("activities", 8, "Activities, attendance, quorum, books", "活动与出席", ActivitiesReport.page),
    Report("reach", 9, "Reach: coverage, channels, lost and found", "联系情况", ReachReport.page),
    Report("money", 10, "Money", "经费", MoneyReport.page),
    Report("appraisal", 11, "Appraisal and points", "评议与积分", AppraisalReport.page),
    Report("voices", 12, "Voices and needs", "意见与困难", VoicesReport.page),
    Report("audit", 13, "Who did what", "办理记录", AuditReport.page),
    Report("devices", 14, "Devices", "设备", DevicesReport.page),
  ]

  private init(
    _ name: String, _ number: Int, _ en: String, _ zh: String,
    _ make: @escaping @Sendable (Look) throws(RelayError) -> Page
  ) {
    (self.name, self.number, title, self.make) = (name, number, Phrase(en, zh), make)
  }

  /// What people ask a report for, and the command that tells it.
  private static let commands = [
    "arrears": "dues arrears", "debts": "dues arrears", "unpaid": "dues arrears", "dues": "report money",
    "points": "points chart", "members": "member list", "member": "member list",
    "silent": "member list --silent 3", "lost": "member list --reach lost", "sweep": "sweep progress",
    "sweeps": "sweep list", "contact": "report reach", "contacts": "report reach", "notices": "notice list",
    "budget": "budget list", "budgets": "budget list", "assistance": "assistance list",
    "attendance": "report activities",
    "conflicts": "conflict list", "sync": "status", "feedback": "report voices", "appraise": "report appraisal",
    "parked": "member list --parked", "stale": "transfer stale", "trail": "office trail", "units": "unit list",
  ]

  /// - Parameter which: a name, or R and the number.
  package static func find(_ which: String) throws(RelayError) -> Report {
    let lower = which.lowercased()
    guard let report = all.first(where: { $0.name == lower || "r\($0.number)" == lower }) else {
      if let command = commands[lower] {
        throw RelayError(
          .valueNotAllowed, Language.say("'\(which)' is no report", "“\(which)”不是报告"),
          advice: Language.say("`\(command)` tells it.", "请用 \(command) 查看。"))
      }
      throw RelayError(
        .valueNotAllowed, Language.say("there is no report '\(which)'", "没有“\(which)”这份报告"),
        advice: Language.say("There are: ", "现有：") + all.map { "R\($0.number) \($0.name)" }.joined(separator: ", "))
    }
    return report
  }

  package func page(_ look: Look) throws(RelayError) -> Page {
    var page = try make(look)
    page.title = Phrase("R\(number) \(title.en), \(look.day.text)", "R\(number) \(title.zh)（\(look.day.text)）")
    page.isList = false
    let freshness = try Freshness(look)
    page.facts.insert(contentsOf: freshness.facts(look.day), at: 0)
    try page.tellAway(look)
    return page
  }
}

/// Figures are only as fresh as the last word of the branches.
struct Freshness {
  let branches: Int
  let fresh: Int
  /// Codes of branches that were not heard of for 14 days.
  let silent: [String]
  /// Does this role see what devices tell of themselves?
  let isSeen: Bool

  init(_ look: Look) throws(RelayError) {
    let rows = try look.rows(
      """
      SELECT u.code, (SELECT max(\(look.zone.dayInSQL("d.told_at"))) FROM device_state AS d
        WHERE d.unit_id = u.id AND \(look.zone.dayInSQL("d.told_at")) <= ?1)
      FROM org_unit AS u WHERE u.level = 'branch' AND (u.closed_on IS NULL OR u.closed_on > ?1)
        AND coalesce(u.founded_on, '') <= ?1 ORDER BY u.code
      """, [.text(look.day.text)])
    let (week, fortnight) = (look.day.advanced(byDays: -7).text, look.day.advanced(byDays: -14).text)
    isSeen = try look.sees("device_state")
    branches = rows.count
    fresh = rows.count { ($0[1].text ?? "") >= week }
    silent = rows.filter { ($0[1].text ?? "") < fortnight }.compactMap { $0[0].text }
  }

  func facts(_ day: Day) -> [Page.Fact] {
    let asOf = Page.Fact(key: "asOf", name: Phrase("as of", "截至"), value: .text(day.text))
    guard isSeen else {
      let unseen = Phrase("not seen by this device", "本设备无权查看")
      return [asOf, Page.Fact(key: "freshness", name: Phrase("freshness", "数据时效"), value: .phrase("not_seen", unseen))]
    }
    let shown = silent.prefix(10).joined(separator: ", ") + (silent.count > 10 ? " …" : "")
    return [
      asOf,
      Page.Fact(
        key: "freshness", name: Phrase("freshness", "数据时效"),
        value: .phrase(
          "\(fresh)/\(branches)",
          Phrase("\(branches) branches, \(fresh) fresh within 7 days", "\(branches)个支部，\(fresh)个7天内已同步"))),
    ]
      + (silent.isEmpty
        ? []
        : [
          Page.Fact(
            key: "silentBranches", name: Phrase("silent 14 days", "14天未同步"),
            value: .phrase(shown, Phrase("\(silent.count): \(shown)", "\(silent.count)个：\(shown)")))
        ])
  }
}

extension Page {
  /// What is not on this device is no zero.
  mutating func tellAway(_ look: Look) throws(RelayError) {
    guard let role = look.rights.role, role != "committee" else { return }
    let (all, here) = try look.branches()
    note(
      "scope", "Only what this device holds: \(here) of \(all) branches.", "仅限本设备所持数据：\(all)个支部中的\(here)个。")
  }

  /// What this role does not get is no zero.
  static func unseen(_ what: Phrase) -> Page {
    var page = Page(Phrase("\(what.en): not seen by this device", "\(what.zh)：本设备无权查看"))
    page.note("not_seen", "The figures are at the committee.", "数据在党委。")
    return page
  }

  mutating func append(_ other: Page) {
    grids += other.grids
    facts += other.facts
    notes += other.notes
  }
}
