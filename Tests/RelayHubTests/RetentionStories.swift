import Relay
import RelayHub
internal import RelayMerge
internal import RelayProtocol
import TestSupport
import Testing

/// A device that comes back after the hub has forgotten what was gone (rule 28): its work counts or it is told of it, and
/// it ends with what all others have.
@Suite struct RetentionStories {
  let fleet: Fleet
  let a: Fleet.Device
  /// Away all the time.
  let b: Fleet.Device
  let office: Fleet.Device

  init() throws {
    (fleet, a, b) = try Fleet.pair()
    office = try fleet.add("office", "*")
    try a.sql(
      """
      INSERT INTO person (id, unit, phone, area, guests) VALUES ('gone', 'u1', '0', 'N', 2), ('stays', 'u1', '0', 'N', 2);
      INSERT INTO visit VALUES ('v', 'stays', 'first');
      """)
    try fleet.settle()
  }

  /// Everybody but b goes on, and more than the retention passes.
  private func yearsPass(_ sql: String = "DELETE FROM person WHERE id = 'gone'") throws {
    try office.sql(sql)
    for _ in 0..<2 { for device in [a, office] { try fleet.sync(device) } }
    fleet.clock.advance(401 * day)
    try a.sql("INSERT INTO person (id, unit) VALUES ('new', 'u1')")
    try fleet.sync(a)
  }

  private let day: Int64 = 24 * 3600 * 1000

  /// - Returns: what all steps removed.
  @discardableResult
  private func prune(most: Int = 3) throws -> PruneStep {
    var (sum, cursor) = (PruneStep(), PruneCursor?.none)
    repeat {
      let step = try fleet.writer.prune(now: fleet.clock.now, from: cursor, most: most)
      #expect(step.exits + step.rows + step.bodies <= most)
      sum.add(step)
      cursor = step.next
    } while cursor != nil
    return sum
  }

  private func check(sourceLocation: SourceLocation = #_sourceLocation) throws {
    for _ in 0..<2 { for device in [a, b, office] { try fleet.sync(device) } }
    for device in [a, b, office] {
      let status = try device.replica.status()
      #expect(status.pending == 0 && status.mismatch.isEmpty, sourceLocation: sourceLocation)
      for table in ["person", "visit"] {
        let rows = "SELECT * FROM \(table) ORDER BY id"
        let expected = try a.values(rows)
        #expect(try device.values(rows) == expected, sourceLocation: sourceLocation)
      }
    }
  }

  @Test("What is younger than the retention stays, and a device that was away so long gets changes")
  func younger() throws {
    try office.sql("DELETE FROM person WHERE id = 'gone'; UPDATE person SET unit = 'u2' WHERE id = 'stays'")
    try fleet.sync(office)
    fleet.clock.advance(399 * day)
    #expect(try prune() == PruneStep())
    let page = try #require(try fleet.answer(b, try b.replica.nextRequest())?.page)
    #expect(!page.isWhole && page.closing?.exits.isEmpty == false)
  }

  @Test("A row that was deleted and forgotten leaves the device that was away; nobody is asked")
  func leaves() throws {
    try yearsPass()
    #expect(try prune().rows == 1)
    #expect(try fleet.answer(b, try b.replica.nextRequest())?.page?.isWhole == true)
    try check()
    #expect(try b.values("SELECT id FROM person ORDER BY id") == [["new"], ["stays"]])
    #expect(try b.replica.inbox().isEmpty)
    let next = try #require(try fleet.answer(b, try b.replica.nextRequest())?.page)
    #expect(!next.isWhole, "once is enough")
  }

  @Test("A row that moved away and whose exit is forgotten leaves the device that was away, its children too")
  func exits() throws {
    try yearsPass("UPDATE person SET unit = 'u2' WHERE id = 'stays'")
    #expect(try prune().exits == 2)
    try fleet.sync(b)
    #expect(try b.values("SELECT id FROM person ORDER BY id") == [["gone"], ["new"]])
    #expect(try b.values("SELECT id FROM visit").isEmpty)
    #expect(try b.replica.status().mismatch.isEmpty)
  }

  @Test("Work of before the absence on a living row counts exactly: a count adds up, and who had not seen is asked")
  func livingRow() throws {
    try b.sql("UPDATE person SET guests = guests + 5, phone = '2' WHERE id = 'stays'")
    try yearsPass(
      "UPDATE person SET guests = guests + 10, phone = '1' WHERE id = 'stays'; DELETE FROM person WHERE id = 'gone'")
    try prune()
    try check()
    #expect(try a.values("SELECT guests FROM person WHERE id = 'stays'") == [[17]])
    for device in [a, b, office] { #expect(try device.conflicts().map(\.column) == ["phone"]) }
  }

  @Test("A change of a forgotten row is told with the row as it was, and can be brought back whole")
  func updateOfPurged() throws {
    try b.sql("UPDATE person SET phone = '7', guests = guests + 1 WHERE id = 'gone'")
    try yearsPass()
    try prune()
    try fleet.sync(b)
    #expect(try b.values("SELECT id FROM person ORDER BY id") == [["new"], ["stays"]])
    let told = try #require(try b.replica.inbox().first)
    #expect(told.kind == .refused && told.rule == "update_of_purged")
    #expect(told.operations.contains { $0.operation == "set" && $0.column == "phone" && $0.value == "7" })
    #expect(told.operations.contains { $0.operation == "before" && $0.column == "area" && $0.value == "N" })
    try check()
    try b.replica.resubmit(told.id)
    #expect(try b.values("SELECT phone, area, guests FROM person WHERE id = 'gone'") == [["7", "N", 3]])
    try check()
    #expect(try a.values("SELECT phone, area, guests FROM person WHERE id = 'gone'") == [["7", "N", 3]])
    for device in [a, b, office] { #expect(try device.replica.inbox().isEmpty) }
  }

  @Test("What was begun over own work that is refused is refused, however late it is saved")
  func begunBeforeTheRefusal() throws {
    try office.sql("INSERT INTO person (id, unit, phone) VALUES ('taken', 'u2', 'office')")
    try fleet.sync(office)
    try a.sql("INSERT INTO person (id, unit, phone) VALUES ('taken', 'u1', 'a')")
    let moment = try a.replica.moment()
    try fleet.sync(a)
    #expect(try a.rules() == ["key_unavailable"])
    try yearsPass("UPDATE person SET unit = 'u1' WHERE id = 'taken'")
    #expect(try prune().told > 0)
    try fleet.sync(a)
    try a.replica.write(seenAt: moment) { (db) throws(RelayError) in
      try db.execute("UPDATE person SET area = 'of mine' WHERE id = 'taken'")
    }
    try check()
    #expect(try a.rules() == ["key_unavailable", "depends_on_refused"])
    for device in [a, b] {
      #expect(try device.values("SELECT phone, area FROM person WHERE id = 'taken'") == [["office", .null]])
    }
    // What has seen nothing of it counts.
    try a.sql("UPDATE person SET area = 'N' WHERE id = 'taken'")
    try check()
    #expect(try b.values("SELECT area FROM person WHERE id = 'taken'") == [["N"]])
  }

  @Test("A deletion of a forgotten row has what it wanted, and nobody is asked")
  func deletion() throws {
    try b.sql("DELETE FROM person WHERE id = 'gone'")
    try yearsPass()
    try prune()
    try check()
    #expect(try b.replica.inbox().isEmpty)
  }

  @Test("A row hung under a forgotten one is told, and can be written again with the one it hangs on")
  func childOfPurged() throws {
    try b.sql("INSERT INTO visit VALUES ('w', 'gone', 'at home')")
    try yearsPass()
    try prune()
    try check()
    let told = try #require(try b.replica.inbox().first)
    #expect(told.rule == "update_of_purged" && told.table == "visit")
    try b.replica.resubmit(told.id)
    try check()
    #expect(
      try a.values("SELECT note, area FROM visit JOIN person ON person.id = person WHERE visit.id = 'w'")
        == [["at home", "N"]])
  }

  @Test("Only the transaction that concerns a forgotten row is refused; what else was done counts")
  func mixed() throws {
    try b.sql("UPDATE person SET area = 'S' WHERE id = 'stays'")
    try b.sql("UPDATE person SET area = 'S' WHERE id = 'gone'")
    try b.sql("INSERT INTO person (id, unit) VALUES ('mine', 'u1')")
    try yearsPass()
    try prune()
    try check()
    #expect(try b.rules() == ["update_of_purged"])
    #expect(try a.values("SELECT id FROM person WHERE area = 'S' OR id = 'mine' ORDER BY id") == [["mine"], ["stays"]])
  }

  @Test("A key that was forgotten and used again is another row: who still holds the old one is in no danger of it")
  func usedAgain() throws {
    try b.sql("UPDATE person SET phone = '7' WHERE id = 'gone'")
    try yearsPass()
    try prune()
    try a.sql("INSERT INTO person (id, unit, phone, area) VALUES ('gone', 'u1', '9', 'S')")
    try fleet.sync(a)
    try check()
    // b had not seen the new row: a person decides.
    #expect(try a.values("SELECT area FROM person WHERE id = 'gone'") == [["S"]])
    for device in [a, b, office] { #expect(try device.conflicts().map(\.column) == ["phone"]) }
  }

  @Test("A row whose deletion a device knew, and which the hub has forgotten, is inserted anew without a question")
  func reinserted() throws {
    try office.sql("DELETE FROM person WHERE id = 'gone'")
    try fleet.settle()
    try fleet.settle()
    fleet.clock.advance(401 * day)
    #expect(try prune().rows == 1)
    try b.sql("INSERT INTO person (id, unit, area) VALUES ('gone', 'u1', 'back')")
    try check()
    #expect(try office.values("SELECT area, guests FROM person WHERE id = 'gone'") == [["back", 0]])
    for device in [a, b, office] { #expect(try device.replica.inbox().isEmpty) }
  }

  @Test("What is forgotten between two pages of a pull makes it begin again, and nothing is missed")
  func betweenPages() throws {
    try a.sql((0..<200).map { "INSERT INTO person (id, unit) VALUES ('p\($0)', 'u1');" }.joined())
    try yearsPass()
    let request = try b.replica.nextRequest(pageBytes: 1000)
    let first = try #require(try fleet.answer(b, request))
    #expect(first.page?.closing == nil && first.page?.isWhole == false)
    _ = try b.replica.receive(first, to: request)
    #expect(try prune().rows == 1)
    var restarts = 0
    for _ in 0..<1000 {
      let request = try b.replica.nextRequest(pageBytes: 1000)
      guard let answer = try fleet.answer(b, request) else {
        restarts += 1
        try b.replica.abandonPull()
        continue
      }
      if case .installed = try b.replica.receive(answer, to: request) { break }
    }
    #expect(restarts == 1)
    try check()
  }

  @Test("Pruning that stops between two steps, with a hub that starts anew, goes on with what is left")
  func cut() throws {
    try a.sql((0..<10).map { "INSERT INTO person (id, unit) VALUES ('p\($0)', 'u1');" }.joined())
    try fleet.settle()
    try yearsPass("DELETE FROM visit; DELETE FROM person")
    let first = try fleet.writer.prune(now: fleet.clock.now, most: 4)
    #expect(first.rows > 0 && first.next != nil)
    try check()
    #expect(first.rows + (try prune().rows) == 13)
    try check()
    #expect(try b.values("SELECT id FROM person") == [["new"]])
  }

  @Test("A deleted row that others hang on, or that somebody is asked about, stays")
  func needed() throws {
    let fleet = try Fleet(schema: Ledger.schema, ddl: Ledger.ddl)
    let (a, b) = (try fleet.add("a", "unit/u1"), try fleet.add("b", "unit/u1"))
    try a.sql("INSERT INTO draft (id, unit, text) VALUES ('d', 'u1', 'first'), ('e', 'u1', 'first')")
    try fleet.settle()
    try a.sql("DELETE FROM draft")
    try b.sql("INSERT INTO remark VALUES ('r', 'd', 'why?')")
    try fleet.settle()
    try fleet.settle()
    fleet.clock.advance(401 * day)
    #expect(try fleet.writer.prune(now: fleet.clock.now).rows == 1)
    #expect(try a.conflicts().map(\.key) == ["d"])
    try b.replica.resolve(try #require(try b.conflicts().first).id, .sibling(1))
    try fleet.settle()
    #expect(try a.values("SELECT text FROM draft") == [["first"]])
    #expect(try a.values("SELECT id FROM remark") == [["r"]])
  }

  @Test("Bodies go once a backup covers them; an author whose answer was lost then still hears what became of his work")
  func bodies() throws {
    try b.sql("INSERT INTO person (id, unit, area) VALUES ('mine', 'u1', 'N')")
    _ = try fleet.roundTrip(b, loss: .response)
    try fleet.sync(office)
    try yearsPass("DELETE FROM person WHERE id = 'mine'")
    #expect(try prune().bodies == 0, "no backup covers them")
    try fleet.writer.noteBackup(upTo: 1000)
    #expect(try prune().bodies > 0)
    try check()
    #expect(try b.values("SELECT id FROM person WHERE id = 'mine'").isEmpty)
    #expect(try b.replica.status().pending == 0)
    #expect(try a.replica.inbox().isEmpty)
  }

  @Test("The retention is set by the operator, and is never shorter than the grace")
  func settings() throws {
    try fleet.writer.setRetention(days: 31)
    for days in [0, 29, 40_000] as [Int64] {
      #expect(throws: RelayError.self) { try fleet.writer.setRetention(days: days) }
    }
    try office.sql("DELETE FROM person WHERE id = 'gone'")
    try fleet.sync(office)
    fleet.clock.advance(30 * day)
    #expect(try prune() == PruneStep())
    fleet.clock.advance(2 * day)
    #expect(try prune().rows == 1)
  }

  @Test("A device forgets old deletions as the hub does, and a row that comes back is judged right")
  func deviceForgets() throws {
    try office.sql("DELETE FROM person WHERE id = 'gone'")
    try fleet.settle()
    #expect(try b.values("SELECT count(*) FROM relay_dead") == [[1]])
    for _ in 0..<15 {
      fleet.clock.advance(31 * day)
      try a.sql("UPDATE person SET guests = guests + 1 WHERE id = 'stays'")
      for device in [a, b, office] { try fleet.sync(device) }
    }
    #expect(try prune().rows == 1)
    for device in [a, b, office] {
      try fleet.sync(device)
      #expect(try device.values("SELECT count(*) FROM relay_dead") == [[0]], "\(device.name)")
      #expect(try device.values("SELECT count(*) <= 15 FROM relay_age") == [[1]])
    }
    try b.sql("INSERT INTO person (id, unit, area, phone) VALUES ('gone', 'u1', 'back', '5')")
    try check()
    try a.sql("UPDATE person SET phone = '6' WHERE id = 'gone'")
    try check()
    #expect(try office.values("SELECT area, phone FROM person WHERE id = 'gone'") == [["back", "6"]])
    for device in [a, b, office] { #expect(try device.replica.inbox().isEmpty) }
  }

  @Test("A clock that once stood ahead does not stop a device from forgetting later")
  func clockAhead() throws {
    try office.sql("DELETE FROM person WHERE id = 'gone'")
    try fleet.settle()
    fleet.clock.advance(20_000 * day)
    try a.sql("UPDATE person SET guests = 0 WHERE id = 'stays'")
    try fleet.settle()
    fleet.clock.advance(-20_000 * day + 350 * day)
    try b.sql("UPDATE person SET top = 1 WHERE id = 'stays'")
    try fleet.settle()
    #expect(try b.values("SELECT count(*) <= 2 FROM relay_age") == [[1]])
    let old = try b.values("SELECT max(time) FROM relay_age")
    fleet.clock.advance(31 * day)
    try fleet.settle()
    try a.sql("UPDATE person SET top = 2 WHERE id = 'stays'")
    try fleet.settle()
    #expect(try b.values("SELECT max(time) FROM relay_age") != old)
  }

  @Test("A device whose own clock leaps ahead by years forgets no deletion: who makes the row anew has seen it")
  func ownClockAhead() throws {
    let clock = TestClock(fleet.clock.now)
    let late = try fleet.add("late", scopes: ["unit/u1"], clock: clock)
    try fleet.sync(late)
    for clock in [clock, fleet.clock] { clock.advance(31 * day) }
    try a.sql("DELETE FROM person WHERE id = 'gone'")
    for device in [a, late] { try fleet.sync(device) }
    clock.advance(1000 * day)
    try a.sql("UPDATE person SET guests = guests + 1 WHERE id = 'stays'")
    for device in [a, late] { try fleet.sync(device) }
    #expect(try late.values("SELECT count(*) FROM relay_dead") == [[1]])
    try late.sql("INSERT INTO person (id, unit, phone, area) VALUES ('gone', 'u1', '1', 'N')")
    try fleet.sync(late)
    try check()
    for device in [late, a, b, office] {
      #expect(try device.replica.inbox().isEmpty, "\(device.name) is asked about a row that was made anew")
    }
  }
}
