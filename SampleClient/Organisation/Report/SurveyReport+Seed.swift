extension SurveyReport {
  /// A figure that the rows do not confirm.
  public struct Difference: Sendable, Hashable {
    public let table: String
    public let band: String
    public let computed: String
    public let stated: String
  }

  /// Every figure of the survey that differs from what the rows say: counts, and shares as rounded there.
  public var differencesFromSeed: [Difference] {
    var list: [Difference] = []
    for table in tables {
      for band in table.bands {
        for (computed, stated) in differences(table, band) {
          list.append(Difference(table: table.name, band: band.key, computed: computed, stated: stated))
        }
      }
    }
    func add(_ band: String, _ computed: Int, _ stated: Int?) {
      guard let stated, stated != computed else { return }
      list.append(Difference(table: "movement", band: band, computed: String(computed), stated: String(stated)))
    }
    for count in headcounts { add(count.day, count.members, SeedFigures.headcounts[count.day]) }
    add(asOf, members, SeedFigures.members)
    add("received", received, SeedFigures.received)
    add("left", left, SeedFigures.left)
    return list
  }

  func differences(_ table: Table, _ band: Band) -> [(computed: String, stated: String)] {
    guard let figure = SeedFigures.figure(table.name, band.key) else { return [] }
    var list: [(computed: String, stated: String)] = []
    if figure.count != band.count { list.append((String(band.count), String(figure.count))) }
    let percent = Percent(band.count, of: table.total, isWhole: table.isInWholePercents)
    if let stated = figure.percent, !percent.equals(stated) { list.append((percent.text, stated)) }
    return list
  }
}

extension SurveyReport.Table {
  /// The survey rounds these two to whole percents.
  var isInWholePercents: Bool { name == "age" || name == "education" }
}
