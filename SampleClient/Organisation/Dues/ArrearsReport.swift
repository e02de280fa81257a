package import Relay

/// Who owes for how long, within what this device holds: counted by the survey's bands.
package struct ArrearsReport: Sendable {
  package struct Debtor: Sendable, Equatable {
    package var number: String
    package var name: String
    package var unit: String
    package var months: Int
    package var paidThrough: String?
  }

  package let day: Day
  package let bands: SurveyReport.Table
  /// Who owes anything, the longest first.
  package let debtors: [Debtor]

  /// - Parameter unit: a unit's code, id or name; of a region its branches. nil for everybody.
  package init(_ db: Database, on day: Day, unit: String? = nil) throws(RelayError) {
    self.day = day
    let chosen = try unit.map { (which) throws(RelayError) in try OrgUnit.find(which, in: db).id }
    let survey = SurveySQL(db: db, day: day, unit: chosen)
    bands = try survey.dues()
    let units = try OrgUnit.all(in: db)
    debtors = try survey.debts().compactMap { debt in
      guard let months = debt.months, months > 0 else { return nil }
      return Debtor(
        number: debt.number, name: debt.name, unit: units[debt.unitID]?.code ?? "?", months: months,
        paidThrough: debt.ledger.paidThrough(on: day)?.text)
    }.sorted { ($1.months, $0.number) < ($0.months, $1.number) }
  }

  package func text(_ language: Language, listing: Bool) -> String {
    var lines = [language.choose("Dues: months unpaid on \(day.text)", "党费未交月数（截至\(day.text)）")]
    lines.append(Bars.text(bands.bands.map { (SurveyLabels.band("dues", $0.key, language), $0.count) }))
    lines.append(SurveyLabels.band("dues", "total", language) + " \(bands.total)")
    guard listing else { return lines.joined(separator: "\n") }
    var table = TextTable(
      [
        language.choose("no.", "编号"), language.choose("name", "姓名"), language.choose("branch", "支部"),
        language.choose("months", "未交月数"), language.choose("paid through", "党费交至"),
      ], right: [3])
    for debtor in debtors {
      table.add([debtor.number, debtor.name, debtor.unit, String(debtor.months), debtor.paidThrough ?? "-"])
    }
    return (lines + [table.text]).joined(separator: "\n")
  }
}
