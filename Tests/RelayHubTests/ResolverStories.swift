import Foundation
import Relay
import RelayHub
internal import RelayMerge
import TestSupport
import Testing

/// Columns whose concurrent values a registered function settles.
@Suite struct ResolverStories {
  @Test(arguments: [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
  func threeDevicesWithAResolverAgreeAndNobodyWritesAnythingForIt(order: [Int]) throws {
    let fleet = try Fleet(schema: Ledger.schema, ddl: Ledger.ddl)
    let devices = try ["a", "b", "c"].map { try fleet.add($0, "unit/u1") }
    try devices[0].sql("INSERT INTO account (id, unit, note) VALUES ('k', 'u1', 'start')")
    try fleet.settle()
    for (at, device) in devices.enumerated() {
      fleet.clock.advance(1000)
      try device.sql("UPDATE account SET note = 'start' || char(10) || 'line \(at)'")
    }
    for at in order { try fleet.sync(devices[at]) }
    try fleet.settle()
    let head = try fleet.reader.head()
    #expect(head == 4)
    for device in devices {
      #expect(try device.values("SELECT note FROM account") == [["start\nline 0\nline 1\nline 2"]])
      #expect(try device.replica.inbox().isEmpty)
      #expect(try device.replica.status().mismatch.isEmpty)
    }
    for _ in 0..<3 { try fleet.settle() }
    #expect(try fleet.reader.head() == head)

    // Who has seen the result replaces it.
    try devices[1].sql("UPDATE account SET note = 'tidy'")
    try fleet.settle()
    for device in devices { #expect(try device.values("SELECT note FROM account") == [["tidy"]]) }
  }

  @Test func anAppsOwnFunctionSettlesAndAHubWithoutItSaysSo() throws {
    let schema = Array(String(decoding: Ledger.schema, as: UTF8.self).replacing("lines/1", with: "shout/1").utf8)
    let shout = Resolvers([
      "shout/1": { candidates in
        [.text(candidates.compactMap { $0.values[0].text?.uppercased() }.joined(separator: "!"))]
      }
    ])
    let error = #expect(throws: RelayError.self) { _ = try Fleet(schema: schema, ddl: Ledger.ddl) }
    #expect(error?.code == .schemaInvalid)
    #expect(error?.message.contains("shout/1") == true)

    let fleet = try Fleet(schema: schema, ddl: Ledger.ddl, resolvers: shout)
    let (a, b) = (try fleet.add("a", "unit/u1"), try fleet.add("b", "unit/u1"))
    try a.sql("INSERT INTO account (id, unit) VALUES ('k', 'u1')")
    try fleet.settle()
    try a.sql("UPDATE account SET note = 'one'")
    fleet.clock.advance(1000)
    try b.sql("UPDATE account SET note = 'two'")
    try fleet.settle()
    for device in [a, b] { #expect(try device.values("SELECT note FROM account") == [["ONE!TWO"]]) }
  }

  @Test func aResultThatTheSchemaDoesNotAllowIsNotTaken() throws {
    let schema = Array(String(decoding: Ledger.schema, as: UTF8.self).replacing("lines/1", with: "number/1").utf8)
    let fleet = try Fleet(
      schema: schema, ddl: Ledger.ddl, resolvers: Resolvers(["number/1": { _ in [.integer(1)] }]))
    let (a, b) = (try fleet.add("a", "unit/u1"), try fleet.add("b", "unit/u1"))
    try a.sql("INSERT INTO account (id, unit) VALUES ('k', 'u1')")
    try fleet.settle()
    try a.sql("UPDATE account SET note = 'one'")
    fleet.clock.advance(1000)
    try b.sql("UPDATE account SET note = 'two'")
    try fleet.settle()
    for device in [a, b] { #expect(try device.values("SELECT note FROM account") == [["two"]]) }
  }
}
