internal import Relay

/// The survey's questions as SQL. `?1` is the day, `?2` its month, `?3` the last month that is over, counted as Month
/// does.
struct SurveySQL {
  let db: Database
  let day: Day
  /// Only the members of this unit, and of those under it; nil for everybody.
  var unit: String? = nil

  /// Who belonged to the organisation on the day: who came later did not, and who left later still did. Whose arrival
  /// nobody has written down is counted from the day on which somebody does.
  static let present = """
    present AS (
      SELECT m.* FROM member AS m
      WHERE m.merged_into IS NULL AND m.came_on <= ?1
        AND (m.status IN ('active', 'kept_abroad', 'suspended')
          OR (SELECT max(r.decided_on) FROM request AS r
              WHERE r.member_id = m.id AND r.kind IN ('transfer_out', 'resign')
                AND r.state IN ('approved', 'done') AND r.same_as IS NULL) > ?1
          OR (SELECT max(d.effective_on) FROM declaration AS d
              WHERE d.member_id = m.id AND d.topic = 'other' AND d.by = 'officer' AND d.body LIKE 'left: %') > ?1))
    """

  private static let branch = """
    branch AS (
      SELECT * FROM org_unit
      WHERE level = 'branch' AND coalesce(founded_on, '') <= ?1 AND (closed_on IS NULL OR closed_on > ?1))
    """

  private static let secretary = """
    \(branch),
    secretary AS (
      SELECT o.* FROM officer AS o JOIN branch AS b ON b.id = o.unit_id
      WHERE o.role = 'secretary' AND o.from_on <= ?1 AND (o.until_on IS NULL OR o.until_on > ?1))
    """

  func age() throws(RelayError) -> SurveyReport.Table {
    try bands(
      "age", SurveySQL.present, SurveySQL.years("birth_ym"), from: "present",
      upTo: [35, 54, 60], keys: ["35_and_under", "36_54", "55_60", "over_60"])
  }

  func seniority() throws(RelayError) -> SurveyReport.Table {
    try bands(
      "seniority", SurveySQL.present, SurveySQL.years("joined_ym"), from: "present",
      upTo: [5, 10, 20], keys: ["5_and_under", "6_10", "11_20", "over_20"])
  }

  func education() throws(RelayError) -> SurveyReport.Table {
    try values(
      "education", SurveySQL.present, "education", from: "present",
      keys: ["postgraduate", "bachelor", "junior_college", "below"])
  }

  func sex() throws(RelayError) -> SurveyReport.Table {
    try values("sex", SurveySQL.present, "sex", from: "present", keys: ["m", "f"])
  }

  func kinds() throws(RelayError) -> SurveyReport.Table {
    try values(
      "branch_kind", SurveySQL.branch, "kind", from: "branch", keys: ["direct", "enterprise"], optional: ["themed"])
  }

  func secretaries(_ column: String) throws(RelayError) -> SurveyReport.Table {
    let keys =
      column == "sex"
      ? ["m", "f"] : ["upper_secondary", "secondary_vocational", "junior_college", "bachelor", "master"]
    return try values("secretary_" + column, SurveySQL.secretary, column, from: "secretary", keys: keys)
  }

  func secretaryAge() throws(RelayError) -> SurveyReport.Table {
    let young = try bands(
      "secretary_age", SurveySQL.secretary, SurveySQL.years("birth_ym"), from: "secretary",
      upTo: [39, 50], keys: ["under_40", "40_50", "over_50"])
    // The survey tells the oldest first.
    return SurveyReport.Table(
      name: young.name, bands: young.bands.filter(\.isKnown).reversed() + young.bands.filter { !$0.isKnown })
  }

  /// Months unpaid: due since the first plan, without those waived, less what payments and waivers that stand cover.
  func dues() throws(RelayError) -> SurveyReport.Table {
    let (bounds, keys) = ([0, 5, 11, 59], ["none", "1_5", "6_11", "12_59", "60_and_over"])
    var counts: [String: Int] = [:]
    for debt in try debts() {
      let band = debt.months.map { months in keys[bounds.firstIndex { months <= $0 } ?? bounds.count] }
      counts[band ?? SurveyReport.Band.unknown, default: 0] += 1
    }
    let shown = keys + (counts[SurveyReport.Band.unknown] == nil ? [] : [SurveyReport.Band.unknown])
    return SurveyReport.Table(name: "dues", bands: shown.map { .init(key: $0, count: counts[$0] ?? 0) })
  }

  struct Debt {
    var number: String
    var name: String
    var unitID: String
    var ledger: Ledger
    /// nil where nobody has planned what the member owes.
    var months: Int?
  }

  /// What everybody who is present owes, by number.
  func debts() throws(RelayError) -> [Debt] {
    let ledgers = try Ledger.read(
      where: "?1 IS NULL OR m.unit_id = ?1 OR m.unit_id IN (SELECT id FROM org_unit WHERE parent_id = ?1)",
      [Value(unit)], in: db, without: try Review.open(in: db).ids("dues_entry"))
    let present = try ask(
      """
      WITH \(SurveySQL.present) SELECT id, member_no, full_name, unit_id FROM present
      WHERE ?2 > 0 AND ?3 > 0 ORDER BY member_no, id
      """)
    let inside = try unit.map { (unit) throws(RelayError) in
      Set(
        try db.query("SELECT id FROM org_unit WHERE id = ?1 OR parent_id = ?1", [.text(unit)]) {
          (row) throws(RelayError) in row[0].text ?? ""
        })
    }
    return present.compactMap { row in
      let unitID = row[3].text ?? ""
      guard inside?.contains(unitID) ?? true else { return nil }
      let ledger = ledgers[row[0].text ?? ""] ?? Ledger()
      return Debt(
        number: row[1].text ?? "", name: row[2].text ?? "", unitID: unitID, ledger: ledger,
        months: ledger.unpaid(on: day))
    }
  }

  func members() throws(RelayError) -> Int {
    Int(
      try ask("WITH \(SurveySQL.present) SELECT count(*) FROM present WHERE ?2 > 0 AND ?3 > 0").first?[0].integer ?? 0)
  }

  /// Transfers of the kind that were decided in the day's year, up to the day.
  func moved(_ kind: String) throws(RelayError) -> Int {
    let count = try db.first(
      """
      SELECT count(*) FROM request
      WHERE kind = ? AND state IN ('approved', 'done') AND same_as IS NULL AND decided_on BETWEEN ? AND ?
      """,
      [.text(kind), .text(digits(day.month.year, 4) + "-01-01"), .text(day.text)])
    return Int(count?[0].integer ?? 0)
  }

  /// None where the committee's own tables are not in the file.
  func headcounts() throws(RelayError) -> [SurveyReport.Headcount] {
    guard try db.first("SELECT 1 FROM sqlite_master WHERE name = 'office_headcount'") != nil else { return [] }
    return try db.query(
      """
      SELECT as_of, members FROM office_headcount
      WHERE members IS NOT NULL AND as_of < ? AND as_of LIKE '%-12-31' ORDER BY as_of
      """,
      [.text(day.text)]
    ) { (row) throws(RelayError) in
      SurveyReport.Headcount(day: row[0].text ?? "", members: Int(row[1].integer ?? 0))
    }
  }

  private static func index(_ column: String) -> String {
    "(CAST(substr(\(column), 1, 4) AS INTEGER) * 12 + CAST(substr(\(column), 6, 2) AS INTEGER) - 1)"
  }

  /// Full years: whole months between the two months, rounded down.
  private static func years(_ column: String) -> String { "((?2 - \(index(column))) / 12)" }

  private func ask(_ sql: String) throws(RelayError) -> [[Value]] {
    try db.query(
      sql, [.text(day.text), .integer(Int64(day.month.index)), .integer(Int64(day.lastFullMonth.index))]
    ) { (row) throws(RelayError) in row.values }
  }

  /// Counts by upper bounds; the last key is everything above them.
  private func bands(
    _ name: String, _ with: String, _ number: String, from source: String, upTo bounds: [Int], keys: [String]
  ) throws(RelayError) -> SurveyReport.Table {
    let cases = zip(bounds, keys).map { "WHEN \(number) <= \($0) THEN '\($1)'" }.joined(separator: " ")
    let band = "CASE WHEN \(number) IS NULL THEN NULL \(cases) ELSE '\(keys[keys.count - 1])' END"
    return try values(name, with, band, from: source, keys: keys)
  }

  /// - Parameter optional: keys that stand in the table only where they count something.
  private func values(
    _ name: String, _ with: String, _ value: String, from source: String, keys: [String], optional: [String] = []
  ) throws(RelayError) -> SurveyReport.Table {
    // Every statement names all three parameters, so that all take the same bindings.
    let rows = try ask(
      "WITH \(with) SELECT \(value) AS band, count(*) FROM \(source) WHERE ?1 <> '' AND ?2 > 0 AND ?3 > 0 GROUP BY band"
    )
    var counts: [String: Int] = [:]
    for row in rows {
      let key = row[0].text.flatMap { (keys + optional).contains($0) ? $0 : nil } ?? SurveyReport.Band.unknown
      counts[key, default: 0] += Int(row[1].integer ?? 0)
    }
    let shown = keys + (optional + [SurveyReport.Band.unknown]).filter { counts[$0] != nil }
    return SurveyReport.Table(name: name, bands: shown.map { .init(key: $0, count: counts[$0] ?? 0) })
  }
}
