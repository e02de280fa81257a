import Relay
import RelayHub
import TestSupport
import Testing

/// One action over hundreds of rows. The replica asks its bookkeeping once instead of row by row where that holds
/// nothing, and must see whatever it does hold.
@Suite struct ManyRowsStories {
  /// The rows `p<first>` to `p<last>`.
  private func rows(_ first: Int, _ last: Int) -> [String] { (first...last).map { "p\($0)" } }

  private func inserts(_ ids: [String], phone: String) -> [String] {
    ids.map { "INSERT INTO person (id, unit, phone) VALUES ('\($0)', '1', '\(phone)')" }
  }

  private func updates(_ ids: [String], phone: String) -> [String] {
    ids.map { "UPDATE person SET phone = '\(phone)' WHERE id = '\($0)'" }
  }

  private func deletes(_ ids: [String]) -> [String] { ids.map { "DELETE FROM person WHERE id = '\($0)'" } }

  private func script(_ statements: some Sequence<String>) -> String { statements.joined(separator: ";") }

  private func names(_ items: [InboxItem]) -> Set<String> { Set(items.map { "\($0.key) \($0.column ?? "")" }) }

  @Test("Hundreds of rows in one action: asked about is exactly what others did unseen, as if done a few at a time")
  func oneAction() throws {
    for size in [1000, 20] {
      let fleet = try Fleet()
      let (a, b) = (try fleet.add("a", "unit/1"), try fleet.add("b", "unit/1"))
      try a.sql(script(inserts(rows(0, 299), phone: "0")))
      try fleet.settle()
      // b knows of twenty deletions and has work of its own that nobody has seen.
      try a.sql(script(deletes(rows(0, 19))))
      try fleet.settle()
      try b.sql(script(updates(rows(20, 39), phone: "early")))
      // What b does not know.
      try a.sql(script(updates(rows(30, 59), phone: "theirs") + deletes(rows(60, 69))))
      try fleet.sync(a)
      fleet.clock.advance(1000)

      let action =
        inserts(rows(0, 19), phone: "again") + updates(rows(20, 99), phone: "mine") + deletes(rows(100, 149))
        + inserts(rows(300, 449), phone: "new")
      for start in stride(from: 0, to: action.count, by: size) {
        try b.sql(script(action[start..<min(action.count, start + size)]))
      }
      try fleet.settle()

      let asked = Set(rows(30, 59).map { "\($0) phone" } + rows(60, 69).map { "\($0) (existence)" })
      let counts = "SELECT phone, count(*) FROM person GROUP BY phone ORDER BY phone"
      for device in [a, b] {
        #expect(names(try device.conflicts()) == asked)
        #expect(try device.values(counts) == [["0", 150], ["again", 20], ["mine", 80], ["new", 150]])
        #expect(try device.replica.status().mismatch.isEmpty)
        #expect(try device.replica.status().pending == 0)
      }
    }
  }

  @Test("Hundreds of rows arrive at a device with work, a held row and a known deletion among them")
  func oneInstall() throws {
    let fleet = try Fleet()
    let a = try fleet.add("a", "unit/1")
    let unique = Fleet.ddl + "CREATE UNIQUE INDEX one_area ON person (area) WHERE area IS NOT NULL;"
    let b = try fleet.add("b", scopes: ["unit/1"], ddl: unique)
    try a.sql(script(inserts(rows(0, 4), phone: "0")))
    try fleet.settle()
    try a.sql("DELETE FROM person WHERE id = 'p0'")
    try fleet.settle()
    try b.sql("UPDATE person SET phone = 'mine' WHERE id = 'p1'")
    try b.sql("UPDATE person SET area = 'Mill' WHERE id = 'p2'")
    // Among hundreds of new rows: one whose deletion b knows comes again, one clashes, one takes b's area.
    try a.sql(script(inserts(rows(5, 299), phone: "1") + inserts(["p0"], phone: "again")))
    try a.sql("UPDATE person SET phone = 'theirs' WHERE id = 'p1'; UPDATE person SET area = 'Mill' WHERE id = 'p3'")
    try fleet.sync(a)
    try fleet.settle()
    #expect(names(try b.conflicts()) == ["p1 phone"])
    #expect(try b.values("SELECT count(*), sum(phone = '1') FROM person") == [[300, 295]])
    #expect(try b.values("SELECT phone FROM person WHERE id = 'p0'") == [["again"]])
    // What this file refuses is held, and comes as soon as there is room for it.
    #expect(try b.replica.inbox().filter { $0.kind == .held }.map(\.key) == ["p3"])
    #expect(try b.values("SELECT id FROM person WHERE area = 'Mill'") == [["p2"]])
    try b.sql("UPDATE person SET area = NULL WHERE id = 'p2'")
    try fleet.settle()
    #expect(try b.values("SELECT id FROM person WHERE area = 'Mill'") == [["p3"]])
    #expect(try b.replica.inbox().filter { $0.kind == .held }.isEmpty)
    for device in [a, b] { #expect(try device.replica.status().mismatch.isEmpty) }
  }
}
