import Relay
import RelayHub
import RelayProtocol
import TestSupport
import Testing

/// An operator changes what a device may do while work waits on it: the work is judged by the rights of then, as far as
/// the hub's own record goes.
@Suite struct RightsOfThenTests {
  private let fleet: Fleet
  private let office: Fleet.Device
  private let clerk: Fleet.Device

  init() throws {
    fleet = try Fleet()
    office = try fleet.add("office", "*")
    clerk = try fleet.add("clerk", "unit/u1")
    try office.sql("INSERT INTO person (id, unit, phone) VALUES ('p', 'u1', '0')")
    try fleet.settle()
  }

  private func phone(_ id: String = "p") throws -> [[Value]] {
    try office.values("SELECT phone FROM person WHERE id = '\(id)'")
  }

  @Test("Monday's edit is in force though the device was moved on Tuesday")
  func moved() throws {
    try clerk.sql("UPDATE person SET phone = '1' WHERE id = 'p'; INSERT INTO person (id, unit) VALUES ('n', 'u1')")
    try fleet.grant(clerk, ["unit/u2"])
    try fleet.settle()
    #expect(try clerk.rules().isEmpty)
    #expect(try phone() == [["1"]])
    #expect(try clerk.values("SELECT id FROM person").isEmpty, "and nothing of it stays on the device")
    #expect(try clerk.replica.status().mismatch.isEmpty)
  }

  @Test("What is written after the device has heard of the change is judged by the change")
  func known() throws {
    try fleet.grant(clerk, ["unit/u2"])
    for _ in 0..<2 { try fleet.sync(clerk) }
    try clerk.sql("INSERT INTO person (id, unit) VALUES ('n', 'u1')")
    try fleet.settle()
    #expect(try clerk.rules() == ["not_writable"])
    #expect(try phone("n").isEmpty)
  }

  @Test("Written while the pull that tells of the change is under way: nobody could have known")
  func underWay() throws {
    let request = try clerk.replica.nextRequest()
    try fleet.grant(clerk, ["unit/u2"])
    let response = try #require(try fleet.answer(clerk, request))
    try clerk.sql("UPDATE person SET phone = '2' WHERE id = 'p'")
    _ = try clerk.replica.receive(response, to: request)
    try fleet.settle()
    #expect(try clerk.rules().isEmpty)
    #expect(try phone() == [["2"]])
  }

  @Test("After the grace the rights of now hold alone")
  func grace() throws {
    try clerk.sql("UPDATE person SET phone = '1' WHERE id = 'p'")
    try fleet.grant(clerk, ["unit/u2"])
    fleet.clock.advance(31 * 24 * 3600 * 1000)
    try fleet.settle()
    #expect(try clerk.rules() == ["row_unknown"])
    #expect(try phone() == [["0"]])
  }

  @Test("Work of before a change of role is judged by the role of then, and what it may not see now it does not cover")
  func role() throws {
    let world = try RightsWorld()
    let device = try world.device("keeper")
    try world.sync(device)
    try device.sql("UPDATE doc SET locked = 'by a keeper', open = 'too' WHERE id = 'd-both-open'")
    let grants = [ScopeGrant(scope: "at/both")]
    try world.fleet.writer.grant(device: "keeper", role: "clerk", grants: grants, now: world.fleet.clock.now)
    for _ in 0..<2 { try world.sync(device) }
    try world.fleet.settle()
    #expect(try device.rules().isEmpty)
    let shown = try world.admin.values("SELECT locked, open FROM doc WHERE id = 'd-both-open'")
    #expect(shown == [["by a keeper", "too"]])
    // And by the role of now from then on.
    let shell = try Database(path: device.replica.path, mode: .readWrite)
    try shell.script("UPDATE doc SET locked = 'by a clerk' WHERE id = 'd-both-open'")
    try world.sync(device)
    #expect(try device.rules() == ["column_not_writable"])
  }

  @Test("No role that the device never had counts, though a header names it")
  func claimedRole() throws {
    let world = try RightsWorld()
    let clerk = try world.device("clerk")
    try world.sync(clerk)
    #expect(try world.judge(clerk, "doc", "both", "locked", claiming: "keeper") == "column_not_writable")
  }
}
