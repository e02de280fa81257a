/// What the survey itself states, to be held against what the rows say. Percentages stand as they are written there.
enum SeedFigures {
  struct Figure {
    var count: Int
    var percent: String?
  }

  static func figure(_ table: String, _ band: String) -> Figure? {
    tables[table]?.first { $0.band == band }.map { Figure(count: $0.count, percent: $0.percent) }
  }

  /// Of which day it tells.
  static let day = "2017-10-31"
  static let headcounts = ["2015-12-31": 2745, "2016-12-31": 3614]
  static let members = 4215
  static let received = 704
  static let left = 348

  private static let tables: [String: [(band: String, count: Int, percent: String?)]] = [
    "age": [
      ("35_and_under", 1446, "34%"), ("36_54", 2190, "52%"), ("55_60", 414, "10%"), ("over_60", 165, "4%"),
    ],
    "education": [
      ("postgraduate", 1347, "32%"), ("bachelor", 1704, "40%"), ("junior_college", 671, "16%"), ("below", 493, "12%"),
    ],
    "seniority": [
      ("5_and_under", 266, "6.3%"), ("6_10", 1425, "33.8%"), ("11_20", 1746, "41.4%"), ("over_20", 778, "18.5%"),
    ],
    "dues": [
      ("none", 909, "21.6%"), ("1_5", 1171, "27.8%"), ("6_11", 647, "15.3%"), ("12_59", 686, "16.3%"),
      ("60_and_over", 802, "19%"),
    ],
    "sex": [("m", 2539, nil), ("f", 1676, nil)],
    "branch_kind": [("direct", 61, nil), ("enterprise", 22, nil)],
    "secretary_sex": [("m", 57, "68.7%"), ("f", 26, "31.3%")],
    "secretary_education": [
      ("upper_secondary", 4, "4.8%"), ("secondary_vocational", 2, "2.4%"), ("junior_college", 21, "25.3%"),
      ("bachelor", 39, "47%"), ("master", 17, "20.5%"),
    ],
    "secretary_age": [("over_50", 32, "38.5%"), ("40_50", 22, "26.5%"), ("under_40", 29, "35%")],
  ]
}
