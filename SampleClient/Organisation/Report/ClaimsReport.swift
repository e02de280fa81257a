internal import Relay

/// R4: what the document says of itself, beside what the rows say.
enum ClaimsReport {
  static func page(_ look: Look) throws(RelayError) -> Page {
    let report = try SurveyReport(look.db, asOf: look.day.text)
    func share(_ table: String, _ keys: String...) -> (Int, Int) {
      let found = report.table(table)
      return (keys.reduce(0) { $0 + (found?.count($1) ?? 0) }, found?.total ?? 0)
    }
    func percent(_ pair: (Int, Int)) -> String { Percent(pair.0, of: pair.1).text }
    let (young, high) = (share("age", "35_and_under", "36_54"), share("education", "postgraduate", "bachelor"))
    let (long, half) = (share("seniority", "11_20", "over_20"), (report.unpaidHalfYear, report.members))
    let growths =
      zip(report.headcounts.dropFirst(), report.headcounts).map { $0.members - $1.members }
      + (report.headcounts.last.map { [report.members - $0.members] } ?? [])
    let (old, graduates) = (
      share("secretary_age", "over_50"), share("secretary_education", "bachelor", "master")
    )
    let most = report.table("secretary_age")?.bands.max { $0.count < $1.count }?.key
    var grid = Page.Grid("claims", ["claim|the survey says|提法", "figures|the figures say|数据", "holds|holds|是否成立"])
    func add(_ en: String, _ zh: String, _ figures: String, _ figuresZH: String, _ holds: Bool?) {
      grid.add(
        .phrase(en, Phrase(en, zh)), .phrase(figures, Phrase(figures, figuresZH)), holds.map { .flag($0) } ?? .none)
    }
    let grown = growths.map { ($0 < 0 ? "" : "+") + String($0) }.joined(separator: ", ")
    add(
      "numbers grow fast: nearly a thousand a year", "数量剧增：每年近千人", "growth \(grown)", "增长\(grown)",
      !growths.isEmpty && growths.allSatisfy { $0 >= 900 })
    add(
      "members are young", "年龄较轻", "\(percent(young)) are 54 or younger", "54岁及以下占\(percent(young))",
      young.0 * 2 > young.1)
    add("education is high", "学历较高", "\(percent(high)) have a degree", "本科及以上占\(percent(high))", high.0 * 2 > high.1)
    add(
      "seniority is long", "党龄较长", "\(percent(long)) for more than 10 years", "党龄超过10年占\(percent(long))",
      long.0 * 2 > long.1)
    add(
      "half have not paid for 6 months", "一半超过6个月未交", "\(percent(half)) (6 months and more)", "\(percent(half))（含6个月）",
      half.0 * 2 > half.1)
    var more = Page.Grid(
      "remarks", ["claim|also said|其他提法", "figures|the figures say|数据"], name: Phrase("Does not add up", "不一致之处"))
    func remark(_ en: String, _ zh: String, _ figures: String, _ figuresZH: String) {
      more.add(.phrase(en, Phrase(en, zh)), .phrase(figures, Phrase(figures, figuresZH)))
    }
    let band = most.map { (SurveyLabels.band("secretary_age", $0, .en), SurveyLabels.band("secretary_age", $0, .zh)) }
    remark(
      "secretaries are fairly young", "书记年龄较轻", "the largest band is \(band?.0 ?? "-"); \(percent(old)) are over 50",
      "人数最多的是\(band?.1 ?? "-")；50岁以上占\(percent(old))")
    remark(
      "secretaries' education is high", "书记学历较高", "\(percent(graduates)) against \(percent(high)) among members",
      "\(percent(graduates))，党员为\(percent(high))")
    if let other = report.otherNet {
      remark(
        "received \(report.received), left \(report.left)", "接收\(report.received)，转出\(report.left)",
        "\(other) of the growth are not explained", "增长中\(other)人未说明")
    }
    for difference in report.asOf == SeedFigures.day ? report.differencesFromSeed : [] {
      remark(
        "\(difference.table) \(difference.band): \(difference.stated)",
        "\(SurveyLabels.title(difference.table, .zh)) \(SurveyLabels.band(difference.table, difference.band, .zh))：\(difference.stated)",
        difference.computed, difference.computed)
    }
    var page = Page()
    page.grids = [grid, more]
    return page
  }
}
