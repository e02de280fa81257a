internal import Relay

/// R2: the survey's nine tables as pages.
enum SurveyPages {
  static func page(_ look: Look) throws(RelayError) -> Page {
    let report = try SurveyReport(look.db, asOf: look.day.text)
    var page = Page()
    page.tell("members", "members", "党员", .number(report.members))
    page.tell("unpaidHalfYear", "unpaid 6 months or more", "6个月及以上未交", .number(report.unpaidHalfYear))
    page.tell("unpaid", "unpaid at all", "未交合计", .number(report.unpaid))
    for (at, table) in report.tables.enumerated() {
      guard try sees(table.name, look) else {
        page.note(
          "not_seen_" + table.name, "\(table.name): not seen by this device.",
          "\(SurveyLabels.title(table.name, .zh))：本设备无权查看。")
        continue
      }
      let label = Phrase(
        "R2.\(at + 1) \(SurveyLabels.title(table.name, .en))", "R2.\(at + 1) \(SurveyLabels.title(table.name, .zh))")
      var grid = Page.Grid(
        table.name, ["band|band|分段", "count|number|人数", "share|share|比例"], name: label, bar: "count")
      for band in table.bands {
        let name = Phrase(SurveyLabels.band(table.name, band.key, .en), SurveyLabels.band(table.name, band.key, .zh))
        grid.add(.phrase(band.key, name), .number(band.count), .share(band.count, of: table.total))
      }
      page.grids.append(grid)
    }
    return page
  }
}

extension SurveyPages {
  /// Does the role get the column that the table counts?
  private static func sees(_ table: String, _ look: Look) throws(RelayError) -> Bool {
    switch table {
    case "age", "seniority", "education", "sex": try look.sees("birth_ym", of: "member")
    case "dues": try look.sees("dues_entry", "dues_plan")
    case "branch_kind": true
    default: try look.sees("birth_ym", of: "officer")
    }
  }
}
