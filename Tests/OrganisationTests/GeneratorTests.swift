import Relay
import Testing

@testable import Organisation

@Suite("The generated organisation")
struct GeneratorTests {
  @Test("everything is there, and it is large")
  func volume() throws {
    let db = try Sample.everything()
    for table in try Sample.tables() { #expect(try Sample.count(db, "SELECT count(*) FROM \(table)") > 0, "\(table)") }
    #expect(try Sample.total(db) >= 200_000)
  }

  @Test("twice the same seed, twice the same rows; another seed, other rows")
  func deterministic() throws {
    let (first, again) = (try Sample.whole.get(), try Sample.dump(try Sample.everything()))
    #expect(first == again)
    let other = try Sample.dump(try Sample.everything(seed: 7))
    for table in ["member", "officer", "dues_entry", "attendance"] { #expect(first[table] != other[table], "\(table)") }
  }

  @Test("what the office and what the field writes make up the whole, row for row")
  func shares() throws {
    let whole = try Sample.whole.get()
    let halves = try Sample.dump(try Sample.everything(shares: [.office, .field]))
    for table in try Sample.tables() { #expect(whole[table] == halves[table], "\(table)") }
  }

  @Test("a unit alone has the rows that it has in the full set", arguments: ["B001", "B083", "R6", "C"])
  func unitAlone(code: String) throws {
    let (whole, part) = (try Sample.whole.get(), try Sample.of(.unit(code)))
    for table in try Sample.tables() {
      #expect(Set(part[table] ?? []).isSubset(of: Set(whole[table] ?? [])), "\(table)")
    }
    #expect(part["org_unit"]?.count == (code == "R6" ? 14 : 1))
    #expect((part["office_headcount"]?.count ?? 0) == (code == "C" ? 4 : 0))
  }

  @Test("the units together are the full set, and each is a transaction of moderate size")
  func batches() throws {
    let generator = Generator()
    #expect(generator.units.count == 90)
    let whole = try Sample.tables().reduce(0) { try $0 + (Sample.whole.get()[$1]?.count ?? 0) }
    var sum = 0
    for batch in try generator.batches() {
      let db = try Sample.empty()
      try db.transaction { () throws(RelayError) in try batch.write(to: db) }
      let rows = try Sample.total(db)
      #expect(rows < 10_000, "\(batch.unit)")
      sum += rows
    }
    #expect(sum == whole)
    #expect(throws: RelayError.self) { try generator.batches(.unit("B084")) }
  }

  @Test("branch sizes: 61 direct and 22 enterprise, in six regions")
  func branches() throws {
    let roster = Generator().roster
    let sizes = { (kind: String) in roster.units.filter { $0.kind == kind }.map(\.members.count) }
    #expect(sizes("enterprise").count == 22)
    #expect(sizes("enterprise").reduce(0, +) == 444)
    #expect(sizes("direct").count == 61)
    #expect(sizes("direct").min() == 39)
    #expect(sizes("direct").max() == 83)
    let inRegions = roster.regions.map { region in roster.units.filter { $0.parent == region }.count }
    #expect(inRegions == [14, 14, 14, 14, 14, 13])
  }

  @Test("nothing happens before somebody came or after the survey, and nobody joined before 18")
  func plausible() throws {
    let db = try Sample.everything()
    let none = [
      "SELECT count(*) FROM member WHERE substr(came_on, 1, 7) < joined_ym OR joined_ym < birth_ym",
      """
      SELECT count(*) FROM attendance AS a JOIN member AS m ON m.id = a.member_id
        JOIN activity AS v ON v.id = a.activity_id WHERE substr(v.starts_at, 1, 10) < m.came_on
      """,
      "SELECT count(*) FROM dues_entry WHERE taken_on > '2017-10-31' OR to_ym < from_ym OR amount_fen <= 0",
      "SELECT count(*) FROM dues_entry AS e JOIN member AS m ON m.id = e.member_id WHERE e.taken_on < m.came_on",
      "SELECT count(*) FROM contact_attempt WHERE at > '2017-11'",
      "SELECT count(*) FROM member WHERE last_contact_on > '2017-10-31' OR paid_through > '2017-10'",
      """
      SELECT count(*) FROM member WHERE (12 * (2017 - substr(joined_ym, 1, 4)) + 10 - substr(joined_ym, 6, 2)) / 12
        > (12 * (2017 - substr(birth_ym, 1, 4)) + 10 - substr(birth_ym, 6, 2)) / 12 - 18
      """,
    ]
    for sql in none { #expect(try Sample.count(db, sql) == 0, "\(sql)") }
  }

  @Test("the ledger says what was drawn, member by member")
  func arrears() throws {
    let db = try Sample.everything()
    let paid = try db.query(
      "SELECT member_no, paid_through FROM member WHERE status = 'active' ORDER BY member_no"
    ) { (row) throws(RelayError) in row[1].text ?? "" }
    let drawn = Generator().roster.members.map { Roster.month.advanced(by: -$0.person.arrears).text }
    #expect(paid == drawn)
    let last = try db.query(
      """
      SELECT max(e.to_ym) FROM member AS m LEFT JOIN dues_entry AS e ON e.member_id = m.id
      WHERE m.status = 'active' GROUP BY m.member_no ORDER BY m.member_no
      """
    ) { (row) throws(RelayError) in row[0].text ?? "" }
    #expect(last == drawn)
  }
}
