extension SurveyReport {
  /// The report as people read it; ends with a line feed.
  ///
  /// - Parameter comparingSeed: also tell each figure that the survey states differently.
  public func text(_ language: Language = .en, comparingSeed: Bool = false) -> String {
    var lines: [String] = []
    for (at, table) in tables.enumerated() {
      lines.append("\(at + 1) \(SurveyLabels.title(table.name, language))")
      for band in table.bands {
        let percent = Percent(band.count, of: table.total, isWhole: table.isInWholePercents)
        let label = SurveyLabels.band(table.name, band.key, language)
        let stated = comparingSeed ? differences(table, band).map(\.stated) : []
        lines.append(SurveyReport.row(label, band.count, percent.text) + SurveyReport.note(stated, language))
      }
      // The whole stands a column to the left, as in the survey's own tables.
      let label = SurveyLabels.band(table.name, "total", language)
      lines.append(SurveyReport.counted(label, table.total) + (table.total == 0 ? "     0%" : "   100%"))
      lines.append("")
    }
    lines += movement(language, comparingSeed)
    lines.append(arrears(language))
    return lines.joined(separator: "\n") + "\n"
  }

  private func movement(_ language: Language, _ comparingSeed: Bool) -> [String] {
    func stated(_ computed: Int, _ seed: Int?) -> [String] {
      comparingSeed && seed != nil && seed != computed ? [String(seed ?? 0)] : []
    }
    var lines = ["\(tables.count + 1) " + language.choose("Movement", "党员数量变化情况")]
    var before: Int?
    func add(_ label: String, _ count: Int, _ seed: Int?) {
      var line = "  " + Columns.padded(label, 14) + String(count)
      if let before {
        let growth = count - before
        let percent = Percent(abs(growth), of: before).text
        line += "  \(SurveyReport.signed(growth))  (\(growth < 0 ? "-" : "+")\(percent))"
      }
      lines.append(line + SurveyReport.note(stated(count, seed), language))
      before = count
    }
    for count in headcounts {
      add(
        language.choose("\(count.day.prefix(4)) year end", "\(count.day.prefix(4))年末"), count.members,
        SeedFigures.headcounts[count.day])
    }
    add(asOf, members, SeedFigures.members)
    var line =
      "    " + language.choose("received ", "接收 ") + SurveyReport.signed(received)
      + language.choose(", left ", "，转出 ") + (left == 0 ? "0" : SurveyReport.signed(-left))
    if let otherNet {
      line += language.choose(", other net ", "，其他净变化 ") + SurveyReport.signed(otherNet)
      if comparingSeed, otherNet != 0 { line += language.choose(" (not explained in the seed)", "（调查报告未说明）") }
    }
    let moved = stated(received, SeedFigures.received) + stated(left, SeedFigures.left)
    return lines + [line + SurveyReport.note(moved, language)]
  }

  private func arrears(_ language: Language) -> String {
    let total = table("dues")?.total ?? 0
    let (half, any) = (Percent(unpaidHalfYear, of: total).text, Percent(unpaid, of: total).text)
    return "\(tables.count + 2) "
      + language.choose(
        "Unpaid 6 months or more: \(unpaidHalfYear) of \(total) = \(half); unpaid at all: \(unpaid) = \(any)",
        "6个月及以上未交：\(total)人中\(unpaidHalfYear)人，占\(half)；未交合计：\(unpaid)人，占\(any)")
  }

  private static func row(_ label: String, _ count: Int, _ percent: String) -> String {
    counted(label, count) + right(percent)
  }

  private static func counted(_ label: String, _ count: Int) -> String {
    "  " + Columns.padded(label, 24) + right(String(count))
  }

  private static func right(_ text: String) -> String {
    String(repeating: " ", count: max(1, 8 - text.utf8.count)) + text
  }

  private static func note(_ stated: [String], _ language: Language) -> String {
    stated.isEmpty ? "" : "   " + language.choose("seed says ", "调查报告为 ") + stated.joined(separator: ", ")
  }

  private static func signed(_ number: Int) -> String { number < 0 ? String(number) : "+\(number)" }
}
