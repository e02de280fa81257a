import Relay
import RelaySimulation
import Testing

/// docs/testing-your-app.md, run: the block of the page stands here as it stands there.
@Suite struct EmbeddingPageSimulation {
  private let schemaJSON = EmbeddingPage.schema
  private let ddl = EmbeddingPage.tables

  @Test("An app's own schema, on devices that lose answers, processes and power")
  func walk() throws {
    var crashes = 0
    for seed in 1...10 as ClosedRange<UInt64> {
      let fleet = try AppFleet(
        seed: seed, schema: schemaJSON, tables: ddl,
        members: [
          AppFleet.Member("desk", role: "clerk", scopes: ["branch/north"]),
          AppFleet.Member("cart", role: "clerk", scopes: ["branch/north"]),
        ])
      try fleet.run(steps: 60) { replica, random in
        let id = Value.text("b\(random.int(0..<5))")
        try replica.write(author: "Chen") { db in
          try db.execute("INSERT OR IGNORE INTO book (id, branch, title) VALUES (?, 'north', 'Atlas')", [id])
          try db.execute("UPDATE book SET shelf = ? WHERE id = ?", [.text("S\(random.int(0..<9))"), id])
        }
      }
      try fleet.forEach { member, replica in
        let untitled = try replica.read { db in try db.first("SELECT count(*) FROM book WHERE title = ''")?[0] }
        #expect(untitled == 0, "\(member.name), seed \(seed)")
      }
      crashes += fleet.crashes
    }
    #expect(crashes > 20)
  }
}
