import Relay
import RelayHub
internal import RelayHubPostgres
internal import RelayProtocol
import TestSupport
import Testing

/// Work on a row that a put-back hub lost waits for whoever made the row, but not for ever (rule 27).
@Suite struct WaitingWorkStories {
  let fleet: Fleet
  /// Changes the row.
  let a: Fleet.Device
  /// Made it.
  let b: Fleet.Device
  /// The hub as it was before.
  let yesterday: HubPlace

  private static let day: Int64 = 86_400_000

  init() throws {
    (fleet, a, b) = try Fleet.pair()
    try a.sql("INSERT INTO person (id, unit) VALUES ('p', 'u1')")
    try fleet.settle()
    yesterday = try fleet.copyHub()
    try b.sql("INSERT INTO person (id, unit, phone) VALUES ('r', 'u1', 'b')")
    try fleet.settle()
    try a.sql("INSERT INTO visit VALUES ('v', 'p', 'a'); UPDATE person SET area = 'North' WHERE id = 'r'")
    try fleet.sync(a)
  }

  private init(_ fleet: Fleet, _ a: Fleet.Device, _ b: Fleet.Device, _ yesterday: HubPlace) {
    (self.fleet, self.a, self.b, self.yesterday) = (fleet, a, b, yesterday)
  }

  private func expectWaits(sourceLocation: SourceLocation = #_sourceLocation) throws {
    try fleet.sync(a)
    let status = try a.replica.status()
    #expect(status.pending == 1, sourceLocation: sourceLocation)
    let others = "what others have to offer to the hub, which was put back"
    #expect(status.waitsFor == others, sourceLocation: sourceLocation)
    #expect(status.refused == 0, sourceLocation: sourceLocation)
  }

  /// The maker of the row comes too late: what the author's file still shows of it goes to the hub as an edit, and what was
  /// refused is written again like any other refused work.
  private func isRefusedAndWrittenAgain() async throws {
    try fleet.sync(a)
    let status = try a.replica.status()
    #expect(try a.rules() == ["row_unknown"])
    #expect((status.pending, status.mismatch) == (0, ["unit/u1"]))
    #expect(status.waitsFor == nil)
    #expect(try a.values("SELECT note FROM visit").isEmpty)
    try await a.replica.repair(.takeAsEdits, with: FleetTransport(fleet), options: FleetTransport.options)
    try a.replica.resubmit(try #require(try a.replica.inbox().first { $0.kind == .refused }).id)
    try fleet.settle()
    for device in [a, b] {
      #expect(try device.values("SELECT area, phone FROM person WHERE id = 'r'") == [["North", "b"]])
      #expect(try device.values("SELECT note FROM visit") == [["a"]])
      #expect(try device.replica.status().mismatch.isEmpty)
      #expect(try device.replica.status().pending == 0)
      #expect(try device.values("SELECT count(*) FROM relay_brought") == [[0]])
    }
  }

  @Test("What was refused is written again whole: what was set, counted and deleted in it too")
  func writtenAgainWhole() throws {
    let (fleet, a, b) = try Fleet.pair()
    try a.sql(
      "INSERT INTO person (id, unit, phone, guests) VALUES ('p', 'u1', '1', 1); INSERT INTO visit VALUES ('v', 'p', 'a')"
    )
    try fleet.settle()
    let yesterday = try fleet.copyHub()
    try b.sql("INSERT INTO person (id, unit) VALUES ('r', 'u1')")
    try fleet.settle()
    try a.sql(
      """
      UPDATE person SET area = 'North' WHERE id = 'r'; UPDATE person SET phone = '2', guests = guests + 2 WHERE id = 'p';
      DELETE FROM visit
      """)
    try fleet.settle()
    try fleet.serve(yesterday)
    try fleet.sync(a)
    try fleet.writer.endWaiting()
    try fleet.sync(a)
    #expect(try a.rules() == ["row_unknown"])
    try fleet.settle()
    // As the hub has it, also where somebody else had pulled it.
    for device in [a, b] {
      #expect(try device.values("SELECT phone, guests FROM person WHERE id = 'p'") == [["1", 1]])
      #expect(try device.values("SELECT id FROM visit") == [["v"]])
      #expect(try device.replica.status().mismatch.isEmpty)
    }
    try a.replica.resubmit(try #require(try a.replica.inbox().first { $0.kind == .refused }).id)
    try fleet.settle()
    for device in [a, b] {
      #expect(try device.values("SELECT phone, guests FROM person WHERE id = 'p'") == [["2", 3]])
      #expect(try device.values("SELECT area FROM person WHERE id = 'r'") == [["North"]])
      #expect(try device.values("SELECT id FROM visit").isEmpty)
      #expect(try device.replica.status().mismatch.isEmpty)
    }
  }

  @Test("What somebody else did to such a row, or hung on it, is nowhere else: the row stays, with what came with it")
  func staysWithWorkOfOthers() throws {
    let (fleet, a, b) = try Fleet.pair()
    let yesterday = try fleet.copyHub()
    try b.sql("INSERT INTO person (id, unit) VALUES ('r', 'u1')")
    try fleet.settle()
    for row in ["changed", "hung on", "alone"] {
      try a.sql(
        """
        UPDATE person SET area = '\(row)' WHERE id = 'r';
        INSERT INTO person (id, unit) VALUES ('\(row)', 'u1'), ('beside \(row)', 'u1')
        """)
    }
    try a.sql("UPDATE person SET phone = '2' WHERE id = 'alone'")
    try fleet.settle()
    try b.sql("UPDATE person SET phone = 'b' WHERE id = 'changed'; INSERT INTO visit VALUES ('v', 'hung on', 'b')")
    try fleet.settle()
    try fleet.serve(yesterday)
    try fleet.sync(a)
    try fleet.writer.endWaiting()
    try fleet.sync(a)
    #expect(try a.rules().count == 4)
    let stay = [["beside changed"], ["beside hung on"], ["changed"], ["hung on"], ["r"]].map {
      $0.map { Value.text($0) }
    }
    #expect(try a.values("SELECT id FROM person ORDER BY id") == stay)
    #expect(try a.values("SELECT phone FROM person WHERE id = 'changed'") == [["b"]])
    #expect(try a.values("SELECT id FROM visit") == [["v"]])
    #expect(try a.replica.status().mismatch == ["unit/u1"])
  }

  private func losesMore(to copy: HubPlace) throws {
    try b.sql("INSERT INTO person (id, unit) VALUES ('s', 'u1')")
    try fleet.settle()
    try a.sql("UPDATE person SET area = 'South' WHERE id = 's'")
    try fleet.sync(a)
    try fleet.serve(copy)
    try expectWaits()
    try fleet.settle()
    #expect(try b.values("SELECT area FROM person WHERE id = 's'") == [["South"]])
  }

  @Test("For whoever comes within thirty days it has waited")
  func comesInTime() throws {
    try fleet.serve(yesterday)
    try expectWaits()
    fleet.clock.advance(29 * Self.day)
    try expectWaits()
    try fleet.settle()
    #expect(try a.replica.status().waitsFor == nil)
    #expect(try b.values("SELECT area FROM person WHERE id = 'r'") == [["North"]])
  }

  @Test("After thirty days it is refused, kept and told; what the file shows can be sent all the same")
  func monthIsOver() async throws {
    try fleet.serve(yesterday)
    try expectWaits()
    fleet.clock.advance(30 * Self.day)
    try await isRefusedAndWrittenAgain()
  }

  @Test("The operator ends it; a hub that is put back once more waits anew")
  func operatorEndsIt() async throws {
    try fleet.serve(yesterday)
    let copy = try fleet.copyHub()
    try expectWaits()
    try fleet.writer.endWaiting()
    try await isRefusedAndWrittenAgain()
    try losesMore(to: copy)
  }

  /// Does the hub keep the next request until there is news?
  private func isParked(_ device: Fleet.Device) throws -> Bool {
    try device.replica.beginSync()
    let request = try device.replica.nextRequest(wait: 50_000)
    let id = try fleet.reader.authenticate(token: InProcessHub.token(device.name)).id
    var trip = RoundTrip(request, device: id, hub: try fleet.reader.identity(), now: fleet.clock.now)
    var step = trip.begin()
    while true {
      switch step {
      case .push(let job): step = trip.pushed(try fleet.writer.commit([job], now: fleet.clock.now)[0].get())
      case .pull(let request): step = trip.pulled(try fleet.reader.page(request, device: id))
      case .wait: return true
      case .answer: return false
      }
    }
  }

  @Test("Who waits for news is kept, also with work that waits: it is offered once a call, and does not end the call")
  func parks() throws {
    try fleet.serve(yesterday)
    try expectWaits()
    #expect(try isParked(a))
    #expect(try a.replica.status().mismatch == ["unit/u1"])
    try a.sql("INSERT INTO person (id, unit) VALUES ('x', 'u1')")
    #expect(try !isParked(a), "that is news")
    try fleet.settle()
    #expect(try isParked(a))
  }

  @Test("A device that has nothing to offer to an empty hub waits for news as well")
  func parksAtAnEmptyHub() throws {
    let (fleet, a, b) = try Fleet.pair()
    let empty = try fleet.copyHub()
    try b.sql("INSERT INTO person (id, unit) VALUES ('r', 'u1')")
    try fleet.settle()
    try fleet.serve(empty)
    try fleet.sync(a)
    #expect(try a.replica.status().mismatch == ["unit/u1"])
    let other = WaitingWorkStories(fleet, a, b, empty)
    #expect(try other.isParked(a))
    #expect(try a.replica.status().mismatch == ["unit/u1"])
  }

  @Test("A hub that hears first of work that has to wait knows that it was put back")
  func beginsAnEpoch() throws {
    try fleet.serve(yesterday)
    let epoch = try fleet.reader.epoch()
    try expectWaits()
    #expect(try fleet.reader.epoch() != epoch)
    #expect(try a.replica.status().epoch == fleet.reader.epoch())
  }

  @Test("A copy that was made after the wait had ended, put back without a word, waits for what it lacks itself")
  func copyOfAfterwards() async throws {
    try fleet.serve(yesterday)
    try expectWaits()
    try fleet.writer.endWaiting()
    try await isRefusedAndWrittenAgain()
    let noon = try fleet.copyHub()
    try losesMore(to: noon)
  }

  @Test("What waited is no news to its author, who wrote there since: nobody is asked, and what was said last stands")
  func isKnownToItsAuthor() throws {
    let (fleet, a, b) = try Fleet.pair()
    try a.sql("INSERT INTO person (id, unit, phone, tags) VALUES ('p', 'u1', '0', '[\"x\"]'), ('q', 'u1', '0', '[]')")
    try a.sql("INSERT INTO visit VALUES ('v', 'p', '0')")
    try fleet.settle()
    let yesterday = try fleet.copyHub()
    try b.sql("INSERT INTO person (id, unit) VALUES ('r', 'u1')")
    try fleet.settle()
    try a.sql(
      """
      UPDATE person SET phone = '1', area = '1', guests = guests + 1, tags = '["x","y"]';
      UPDATE visit SET note = '1'
      """)
    try a.sql(
      """
      UPDATE person SET phone = '2', area = '2', guests = guests + 2, tags = '["x"]' WHERE id = 'p';
      DELETE FROM visit
      """)
    try fleet.serve(yesterday)
    try fleet.sync(a)
    #expect(try a.replica.status().pending == 1)
    try b.sql("UPDATE person SET guests = guests + 4 WHERE id = 'p'")
    try fleet.sync(b)
    try fleet.settle()
    for device in [a, b] {
      let shown = try device.values("SELECT phone, area, guests, tags FROM person ORDER BY id")
      #expect(shown == [["2", "2", 7, #"["x"]"#], ["1", "1", 1, #"["x","y"]"#], ["1", "1", 1, #"["x","y"]"#]])
      #expect(try device.values("SELECT note FROM visit").isEmpty)
      #expect(try device.replica.inbox().isEmpty)
      #expect(try device.replica.status().pending == 0)
    }
  }

  @Test("What builds on own work that waits, waits with it")
  func waitsWithIt() throws {
    let (fleet, a, b) = try Fleet.pair()
    let yesterday = try fleet.copyHub()
    try b.sql("INSERT INTO person (id, unit) VALUES ('r', 'u1')")
    try fleet.settle()
    try a.sql(
      """
      UPDATE person SET phone = '1' WHERE id = 'r'; INSERT INTO person (id, unit) VALUES ('q', 'u1');
      INSERT INTO visit VALUES ('v', 'q', '1')
      """)
    try a.sql("UPDATE person SET phone = '2' WHERE id = 'q'")
    try a.sql("DELETE FROM visit")
    try a.sql("INSERT INTO visit VALUES ('w', 'q', '2')")
    try fleet.serve(yesterday)
    try fleet.sync(a)
    #expect(try a.replica.status().pending == 4)
    #expect(try a.rules().isEmpty)
    try fleet.sync(b)
    try fleet.settle()
    for device in [a, b] {
      #expect(try device.values("SELECT id, phone FROM person ORDER BY id") == [["q", "2"], ["r", "1"]])
      #expect(try device.values("SELECT id, note FROM visit") == [["w", "2"]])
      #expect(try device.replica.inbox().isEmpty)
      #expect(try device.replica.status().pending == 0)
    }
  }

  @Test("Once the wait is over, what builds on what is refused is refused with it, and written again with it")
  func isRefusedWithIt() throws {
    let (fleet, a, b) = try Fleet.pair()
    let yesterday = try fleet.copyHub()
    try b.sql("INSERT INTO person (id, unit) VALUES ('r', 'u1')")
    try fleet.settle()
    try a.sql("UPDATE person SET phone = '1' WHERE id = 'r'; INSERT INTO person (id, unit) VALUES ('q', 'u1')")
    try a.sql("UPDATE person SET phone = '2' WHERE id = 'q'")
    try fleet.serve(yesterday)
    try fleet.sync(a)
    #expect(try a.replica.status().pending == 2)
    try fleet.writer.endWaiting()
    try fleet.sync(a)
    #expect(try a.replica.status().pending == 0)
    #expect(try a.rules().sorted() == ["depends_on_refused", "row_unknown"])
  }

  @Test("While something waits, what is refused for another reason is refused at once")
  func othersAreRefused() throws {
    try fleet.serve(yesterday)
    try expectWaits()
    try a.sql("INSERT INTO person (id, unit) VALUES ('n', 'u2')")
    try a.sql("INSERT INTO person (id, unit) VALUES ('o', 'u1')")
    try fleet.sync(a)
    #expect(try a.rules() == ["not_writable"])
    #expect(try a.replica.status().pending == 1)
  }
}
