import Organisation
import Relay
import Testing

@Suite("The survey's report")
struct SurveyReportTests {
  @Test("the generated organisation is the survey's, and two of its shares are rounded wrongly there")
  func golden() throws {
    let report = try SurveyReport(try Sample.everything(), asOf: "2017-10-31")
    #expect(report.text(comparingSeed: true) == SurveyReportTests.golden + "\n")
    #expect(
      report.differencesFromSeed.map { "\($0.table) \($0.band): \($0.computed), \($0.stated)" } == [
        "secretary_age over_50: 38.6%, 38.5%", "secretary_age under_40: 34.9%, 35%",
      ])
    #expect(!report.text().contains("seed"))
  }

  @Test("in Chinese it has the survey's own words and the same lines")
  func chinese() throws {
    let report = try SurveyReport(try Sample.everything(), asOf: "2017-10-31")
    let lines = report.text(.zh, comparingSeed: true).split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == SurveyReportTests.golden.split(separator: "\n", omittingEmptySubsequences: false).count + 1)
    #expect(lines.contains("  研究生                      1347     32%"))
    #expect(lines.contains("  50岁以上                      32   38.6%   调查报告为 38.5%"))
  }

  @Test("a change in the rows changes the report, and the comparison names it")
  func changed() throws {
    let db = try Sample.everything()
    let id = try #require(try db.first("SELECT id FROM member WHERE education = 'below' AND status = 'active' LIMIT 1"))
    try db.execute("UPDATE member SET education = 'bachelor' WHERE id = ?", id)
    let report = try SurveyReport(db, asOf: "2017-10-31")
    #expect(report.table("education")?.count("bachelor") == 1705)
    #expect(report.text(comparingSeed: true).contains("bachelor                    1705     40%   seed says 1704"))
    #expect(report.differencesFromSeed.filter { $0.table == "education" }.map(\.stated) == ["1704", "493"])
  }

  static let golden = """
    1 Age (full years)
      35 and under                1446     34%
      36-54                       2190     52%
      55-60                        414     10%
      over 60                      165      4%
      total                       4215   100%

    2 Education
      postgraduate                1347     32%
      bachelor                    1704     40%
      junior college               671     16%
      below junior college         493     12%
      total                       4215   100%

    3 Seniority (full years)
      5 and under                  266    6.3%
      6-10                        1425   33.8%
      11-20                       1746   41.4%
      over 20                      778   18.5%
      total                       4215   100%

    4 Dues (months unpaid)
      none                         909   21.6%
      1-5                         1171   27.8%
      6-11                         647   15.3%
      12-59                        686   16.3%
      60 and over                  802   19.0%
      total                       4215   100%

    5 Sex
      men                         2539   60.2%
      women                       1676   39.8%
      total                       4215   100%

    6 Branches by kind
      direct                        61   73.5%
      enterprise                    22   26.5%
      total                         83   100%

    7 Secretaries by sex
      men                           57   68.7%
      women                         26   31.3%
      total                         83   100%

    8 Secretaries by education
      upper secondary                4    4.8%
      secondary vocational           2    2.4%
      junior college                21   25.3%
      bachelor                      39   47.0%
      master                        17   20.5%
      total                         83   100%

    9 Secretaries by age
      over 50                       32   38.6%   seed says 38.5%
      40-50                         22   26.5%
      under 40                      29   34.9%   seed says 35%
      total                         83   100%

    10 Movement
      2015 year end 2745
      2016 year end 3614  +869  (+31.7%)
      2017-10-31    4215  +601  (+16.6%)
        received +704, left -348, other net +245 (not explained in the seed)
    11 Unpaid 6 months or more: 2135 of 4215 = 50.7%; unpaid at all: 3306 = 78.4%
    """
}
