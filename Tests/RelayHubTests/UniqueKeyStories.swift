import Relay
import TestSupport
import Testing

/// Keys that no two rows of the organisation may share: the schema says so, the hub sees to it.
@Suite struct UniqueKeyStories {
  let fleet: Fleet
  let a: Fleet.Device
  let b: Fleet.Device
  let far: Fleet.Device

  init() throws {
    fleet = try Fleet(schema: Ledger.schema, ddl: Ledger.ddl)
    a = try fleet.add("a", "unit/u1")
    b = try fleet.add("b", "unit/u1")
    far = try fleet.add("far", "unit/u2")
  }

  @Test(arguments: [true, false])
  func whoIsJudgedFirstKeepsTheKeyAndTheOtherKeepsTheWork(aFirst: Bool) throws {
    try a.sql("INSERT INTO account (id, unit, number, name) VALUES ('a1', 'u1', 7, 'Ann')")
    try far.sql("INSERT INTO account (id, unit, number, name) VALUES ('f1', 'u2', 7, 'Fay')")
    try far.sql("INSERT INTO account (id, unit, number, name) VALUES ('f2', 'u2', 8, 'Flo')")
    let (first, second) = aFirst ? (a, far) : (far, a)
    try fleet.sync(first)
    try fleet.sync(second)
    try fleet.settle()
    #expect(try first.rules().isEmpty)
    let refused = try #require(try second.replica.inbox().first { $0.kind == .refused })
    #expect(refused.rule == "unique_taken")
    #expect(refused.message == "account: another row has this number; choose another")
    #expect(refused.message?.contains(aFirst ? "Ann" : "Fay") == false)
    #expect(try second.values("SELECT count(*) FROM account WHERE number = 7") == [[0]])
    // One refused record blocks nothing behind it.
    #expect(try far.values("SELECT count(*) FROM account WHERE number = 8") == [[1]])
    for device in [a, b, far] { #expect(try device.replica.status().mismatch.isEmpty) }
  }

  @Test func aKeyIsFreeAgainOnceItsRowIsDeletedOrGivesItUp() throws {
    try a.sql("INSERT INTO account (id, unit, number) VALUES ('a1', 'u1', 7), ('a2', 'u1', 8)")
    try fleet.settle()
    try a.sql("DELETE FROM account WHERE id = 'a1'; UPDATE account SET number = 9 WHERE id = 'a2'")
    try fleet.sync(a)
    try far.sql("INSERT INTO account (id, unit, number) VALUES ('f1', 'u2', 7), ('f2', 'u2', 8)")
    try fleet.settle()
    #expect(try far.rules().isEmpty)
    // Whoever wants the deleted row back learns that its number is in use.
    try b.replica.undelete("account", key: ["a1"])
    try fleet.settle()
    #expect(try b.rules() == ["unique_taken"])
    #expect(try b.values("SELECT id FROM account") == [["a2"]])
  }

  @Test func twoRowsMaySwapTheirKeysInOneTransaction() throws {
    try a.sql("INSERT INTO account (id, unit, number) VALUES ('a1', 'u1', 7), ('a2', 'u1', 8)")
    try fleet.settle()
    try a.sql("UPDATE account SET number = 15 - number")
    try fleet.settle()
    #expect(try a.rules().isEmpty)
    #expect(try b.values("SELECT id, number FROM account ORDER BY id") == [["a1", 8], ["a2", 7]])
  }

  @Test func oneTransactionMayNotUseAKeyTwice() throws {
    try a.sql("INSERT INTO account (id, unit, number) VALUES ('a1', 'u1', 7), ('a2', 'u1', 7)")
    try fleet.settle()
    #expect(try a.rules() == ["unique_taken"])
    #expect(try a.values("SELECT id FROM account").isEmpty)
  }

  @Test func aKeyOfTwoColumnsIsSharedByNobodyAndNullByAnybody() throws {
    try a.sql(
      "INSERT INTO account (id, unit, seat) VALUES ('a1', 'u1', 'chair'), ('a2', 'u1', NULL), ('a3', 'u1', NULL)")
    try far.sql("INSERT INTO account (id, unit, seat) VALUES ('f1', 'u2', 'chair')")
    try fleet.settle()
    #expect(try a.rules().isEmpty)
    #expect(try far.rules().isEmpty)
    try b.sql("INSERT INTO account (id, unit, seat) VALUES ('b1', 'u1', 'chair')")
    try fleet.settle()
    #expect(try b.rules() == ["unique_taken"])
  }

  @Test func anEditThatWouldReviveARowWhoseKeyIsTakenIsRefusedAndKept() throws {
    try a.sql("INSERT INTO account (id, unit, number) VALUES ('a1', 'u1', 7)")
    try fleet.settle()
    try a.sql("DELETE FROM account")
    try fleet.sync(a)
    try far.sql("INSERT INTO account (id, unit, number) VALUES ('f1', 'u2', 7)")
    try fleet.sync(far)
    try b.sql("UPDATE account SET name = 'Bea' WHERE id = 'a1'")
    try fleet.settle()
    #expect(try b.rules() == ["unique_taken"])
    #expect(try far.values("SELECT number FROM account") == [[7]])
    for device in [a, b] { #expect(try device.values("SELECT id FROM account").isEmpty) }
  }
}
