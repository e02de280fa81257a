import Organisation
import Relay
import Testing

/// One member who owes from January 2017 on.
@Suite("Months unpaid")
struct ArrearsTests {
  let db: Database

  init() throws {
    db = try Sample.empty()
    try db.script(
      """
      INSERT INTO member (id, member_no, unit_id, full_name, came_on) VALUES ('m', '1', 'u', 'Member 0001', '2017-01-05');
      INSERT INTO dues_plan (id, member_id, from_ym, monthly_fen, basis) VALUES ('m:2017-01', 'm', '2017-01', 100, 'default');
      """)
  }

  private func entry(_ id: String, _ kind: String, _ from: String?, _ to: String?, on day: String, of: String? = nil)
    throws
  {
    try db.execute(
      """
      INSERT INTO dues_entry (id, member_id, kind, amount_fen, from_ym, to_ym, channel, reverses, taken_on)
      VALUES (?, 'm', ?, 1200, ?, ?, 'cash', ?, ?)
      """,
      [
        .text(id), .text(kind), from.map { .text($0) } ?? .null, to.map { .text($0) } ?? .null,
        of.map { .text($0) } ?? .null, .text(day),
      ])
  }

  private func band(_ day: String) throws -> String? {
    try SurveyReport(db, asOf: day).table("dues")?.bands.first { $0.count == 1 }?.key
  }

  @Test("a month is due on its last day, not before")
  func lastDay() throws {
    #expect(try band("2017-01-30") == "none")
    #expect(try band("2017-01-31") == "1_5")
    #expect(try band("2017-05-31") == "1_5")
    #expect(try band("2017-06-29") == "1_5")
    #expect(try band("2017-06-30") == "6_11")
  }

  @Test("payments that overlap cover a month once, and count from the day they were taken")
  func overlap() throws {
    try entry("a", "payment", "2017-01", "2017-04", on: "2017-04-10")
    try entry("b", "payment", "2017-03", "2017-05", on: "2017-05-10")
    try entry("c", "payment", "2017-02", "2017-02", on: "2017-05-10")
    #expect(try band("2017-05-31") == "none")
    #expect(try band("2017-10-31") == "1_5")
    #expect(try band("2017-11-30") == "6_11")
    #expect(try band("2017-04-05") == "1_5")
  }

  @Test("a reversal takes its payment back, and a gap between payments stays due")
  func reversal() throws {
    try entry("a", "payment", "2017-01", "2017-06", on: "2017-06-10")
    try entry("b", "waiver", "2017-08", "2017-10", on: "2017-06-10")
    #expect(try band("2017-10-31") == "1_5")
    try entry("r", "reversal", nil, nil, on: "2017-10-15", of: "a")
    #expect(try band("2017-10-14") == "1_5")
    #expect(try band("2017-10-31") == "6_11")
  }

  @Test("months of a waived plan are not due")
  func waived() throws {
    try db.script(
      """
      INSERT INTO dues_plan (id, member_id, from_ym, monthly_fen, basis) VALUES
        ('m:2017-02', 'm', '2017-02', 0, 'waived'), ('m:2017-09', 'm', '2017-09', 100, 'default');
      """)
    try entry("a", "payment", "2017-01", "2017-01", on: "2017-01-10")
    #expect(try band("2017-08-31") == "none")
    #expect(try band("2017-10-31") == "1_5")
  }

  @Test("without a plan nothing is known, and nobody is lost from the total")
  func unknown() throws {
    try db.execute("DELETE FROM dues_plan")
    #expect(try band("2017-10-31") == "unknown")
    #expect(try SurveyReport(db, asOf: "2017-10-31").table("dues")?.total == 1)
    #expect(throws: RelayError.self) { try SurveyReport(db, asOf: "2017-02-29") }
  }
}
