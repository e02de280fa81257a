import Relay
import TestSupport
import Testing

/// An app that shows tables hears which of them changed, once for all that happened since it looked.
@Suite(.timeLimit(.minutes(1))) struct ObservationStories {
  let fleet: Fleet
  let a: Fleet.Device
  let b: Fleet.Device

  init() throws {
    (fleet, a, b) = try Fleet.pair()
    try a.sql("INSERT INTO person (id, unit, phone) VALUES ('p', 'u1', '0')")
    try fleet.syncAll()
    try fleet.syncAll()
  }

  /// What is told now; nil when nothing is within a moment's reach.
  private func told(_ changes: TableChangeSequence) async -> TableChanges? {
    await withTaskGroup(of: TableChanges?.self) { group in
      group.addTask {
        var iterator = changes.makeAsyncIterator()
        return await iterator.next()
      }
      group.cancelAll()
      return await group.next() ?? nil
    }
  }

  @Test("Writes, a shell's writes, an installed pull and a verdict are told with where they came from")
  func sources() async throws {
    let all = try a.replica.changes(of: ["person", "visit", "relay_inbox"])
    var iterator = all.makeAsyncIterator()
    try a.sql("UPDATE person SET area = 'North'")
    #expect(await iterator.next() == TableChanges(fromHere: ["person"], fromHub: []))

    try Database(path: a.replica.path, mode: .readWrite).script("INSERT INTO visit VALUES ('v', 'p', 'seen')")
    #expect(try a.replica.poll())
    #expect(await iterator.next() == TableChanges(fromHere: ["visit"], fromHub: []))

    try fleet.sync(a)
    try b.sql("UPDATE person SET phone = '2'")
    try fleet.sync(b)
    try fleet.sync(a)
    #expect(await iterator.next() == TableChanges(fromHere: [], fromHub: ["person"]))

    let there = try fleet.add("there", "unit/u2")
    try there.sql("INSERT INTO person (id, unit) VALUES ('k', 'u2')")
    try fleet.sync(there)
    try a.sql("INSERT INTO person (id, unit) VALUES ('k', 'u1')")
    #expect(await iterator.next()?.fromHere == ["person"])
    try fleet.sync(a)
    #expect(await iterator.next() == TableChanges(fromHere: [], fromHub: ["person", "relay_inbox"]))
    try a.replica.discard(try #require(try a.replica.inbox().first).id)
    #expect(await iterator.next() == TableChanges(fromHere: ["relay_inbox"], fromHub: []))
  }

  @Test("What happens while nobody looks is told once; what changes nothing, or failed, is not told")
  func coalesced() async throws {
    let persons = try a.replica.changes(of: ["person"])
    let visits = try a.replica.changes(of: ["visit"])
    for i in 0..<100 { try a.sql("UPDATE person SET area = 'x\(i)'") }
    try b.sql("UPDATE person SET top = 3")
    for device in [b, a] { try fleet.sync(device) }
    try a.sql("UPDATE person SET area = area")
    #expect(throws: RelayError.self) {
      try a.replica.write { (db) throws(RelayError) in
        try db.script("INSERT INTO visit VALUES ('v', 'p', 'seen')")
        throw RelayError(.usage, "no")
      }
    }
    var iterator = persons.makeAsyncIterator()
    #expect(await iterator.next() == TableChanges(fromHere: ["person"], fromHub: ["person"]))
    // The confirmation of own work brings back what is shown already.
    try fleet.sync(a)
    #expect(await told(persons) == nil)
    #expect(await told(visits) == nil)
  }

  @Test("A second app on the same file: poll tells that something moved")
  func twoReplicas() async throws {
    let other = try Replica(
      at: a.replica.path, schema: Fleet.schema, environment: Environment(now: { 1_700_000_000_000 }, random: { 7 }))
    let changes = try other.changes(of: ["person", "visit"])
    #expect(try !other.poll())
    try a.sql("UPDATE person SET area = 'North'")
    #expect(try other.poll())
    #expect(try !other.poll())
    var iterator = changes.makeAsyncIterator()
    // Whose tables they were is not known any more: all that are observed.
    #expect(await iterator.next() == TableChanges(fromHere: ["person", "visit"], fromHub: []))
    try b.sql("UPDATE person SET top = 3")
    for device in [b, a] { try fleet.sync(device) }
    #expect(try other.poll())
    #expect(await iterator.next()?.fromHub == ["person", "visit"])
    // Its own writes are no news of another.
    try other.write { (db) throws(RelayError) in try db.script("UPDATE person SET area = 'South'") }
    #expect(try !other.poll())
    #expect(await iterator.next() == TableChanges(fromHere: ["person"], fromHub: []))
  }

  @Test("A waiting loop wakes on a commit, and ends with its task or with the replica")
  func waiting() async throws {
    let file = fleet.folder + "/extra.db"
    var replica: Replica? = try Replica(
      at: file, schema: Fleet.schema, environment: Environment(now: { 0 }, random: { 9 })
    ) { (db) throws(RelayError) in try db.script(Fleet.ddl) }
    let changes = try #require(try replica?.changes(of: ["person"]))
    let loop = Task {
      var seen: [TableChanges] = []
      for await change in changes { seen.append(change) }
      return seen
    }
    try replica?.write { (db) throws(RelayError) in try db.script("INSERT INTO person (id, unit) VALUES ('p', 'u1')") }
    replica = nil
    let seen = await loop.value
    // The end may come before the loop has looked.
    #expect(seen == [TableChanges(fromHere: ["person"], fromHub: [])])
    let endless = try a.replica.changes(of: ["person"])
    let cancelled = Task { for await _ in endless {} }
    cancelled.cancel()
    await cancelled.value
    #expect(throws: RelayError.self) { try a.replica.changes(of: ["nothing"]) }
  }
}
