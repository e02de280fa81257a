import Relay
internal import RelayProtocol
import TestSupport
import Testing

/// Whatever a hub answers: the client never traps, never asks without pause, never fills the disk and never forgets
/// work that was not sent.
@Suite struct HostileHubTests {
  let folder = TestFolder()
  let replica: Replica
  let hub: ScriptedHub

  init() throws {
    replica = try Clinic.open(folder.file("a.db"))
    hub = try ScriptedHub(replica)
    try replica.sql("INSERT INTO person (id, unit, given) VALUES ('mine', 'u1', 'Ann')")
  }

  /// Runs a sync that must end with this code, few requests and pauses between them; the work must still be there.
  private func sync(_ code: ErrorCode, _ script: @escaping ScriptedTransport.Script) async throws {
    let line = ScriptedTransport(script)
    let failure = await replica.failure(over: line)
    #expect(failure == code)
    try expectsTheWork()
    if code == .noProgress {
      #expect(line.requests.count <= 200)
      #expect(line.pauses.count == SyncMachine.mostIdle - 1)
      #expect(line.pauses.min() ?? .zero >= SyncMachine.leastPause)
    }
  }

  private func expectsTheWork() throws {
    #expect(try replica.values("SELECT given FROM person WHERE id = 'mine'") == [["Ann"]])
    #expect(try replica.status().pending == 1)
  }

  @Test func anAnswerWithoutVerdictAndPageIsNotAskedForForEver() async throws {
    try await sync(.noProgress) { (_, _) in ScriptedHub.reply() }
  }

  @Test func whateverAHistoryIsCalledItLocksNobodyOut() async throws {
    for (head, name) in [(5, 9), (6, 8), (7, 9)] as [(UInt64, UInt64)] {
      let page = hub.end(at: head)
      let line = ScriptedTransport { (_, _) in ScriptedHub.reply(page, epoch: Hash128(high: name, low: name)) }
      #expect(await replica.failure(over: line) == nil)
      #expect(try replica.status().base == head)
      try expectsTheWork()
    }
  }

  @Test func aHeadBelowTheBaseIsNotAskedForForEver() async throws {
    try hub.pull(head: 9)
    let page = hub.end(at: 3)
    try await sync(.noProgress) { (_, _) in ScriptedHub.reply(page) }
    #expect(try replica.status().base == 9)
  }

  @Test func theSamePageAgainIsNotAskedForForEver() async throws {
    let page = hub.page([hub.person("p", seq: 1)], token: [1])
    try await sync(.noProgress) { (_, _) in ScriptedHub.reply(page) }
    #expect(try replica.values("SELECT count(*) FROM relay_page") == [[1]])
  }

  @Test func emptyPagesAreNotAskedForForEver() async throws {
    let hub = hub
    try await sync(.noProgress) { (_, number) in
      ScriptedHub.reply(hub.page([], token: [UInt8(truncatingIfNeeded: number), UInt8(number / 256)]))
    }
  }

  @Test func aPageThatIsAlwaysVoidIsNotAskedForForEver() async throws {
    let line = ScriptedTransport { (_, _) in ScriptedHub.reply(.pageVoid) }
    let failure = await replica.failure(over: line)
    #expect(failure == .pageVoid)
    #expect(line.requests.count <= SyncMachine.mostMends + 1)
    #expect(line.pauses.count >= SyncMachine.mostMends - 3)
    try expectsTheWork()
  }

  @Test func aHubThatChangesItsMindAboutTheSchemaIsLeft() async throws {
    let line = ScriptedTransport { (_, number) in
      ScriptedHub.reply(number % 2 == 0 ? .schemaTooNew : .schemaTooOld)
    }
    #expect(await replica.failure(over: line) != nil)
    #expect(line.requests.count <= SyncMachine.mostMends + 1)
    try expectsTheWork()
  }

  @Test func pagesWithoutEndStopAtAStatedSizeAndLeaveTheDisk() async throws {
    let hub = hub
    let line = ScriptedTransport { (_, number) in
      let row = hub.person("p\(number)", given: .text(String(repeating: "x", count: 1000)), seq: UInt64(number))
      return ScriptedHub.reply(hub.page([row], token: Array("\(number)".utf8)))
    }
    var options = line.options
    options.stagedBytes = 20_000
    let failure = await replica.failure(over: line, options)
    #expect(failure == .limitExceeded)
    #expect(line.requests.count < 25)
    #expect(try replica.values("SELECT count(*) FROM relay_page") == [[0]])
    try expectsTheWork()
  }

  // MARK: Parts

  private func largeWork() throws {
    try replica.write { (db) throws(RelayError) in
      for n in 0..<3 {
        try db.execute(
          "INSERT INTO person (id, unit, given) VALUES (?, 'u1', ?)",
          [.text("large\(n)"), .text(String(repeating: "y", count: 900_000 + n))])
      }
      try db.execute(
        "UPDATE person SET family = ? WHERE id = 'large0'", [.text(String(repeating: "z", count: 900_000))])
      for n in 3..<6 {
        try db.execute(
          "INSERT INTO person (id, unit, given) VALUES (?, 'u1', ?)",
          [.text("large\(n)"), .text(String(repeating: "y", count: 900_000 + n))])
      }
    }
  }

  @Test(arguments: [UInt64(1) << 22, UInt64.max >> 12, 1 << 26])
  func aHubThatHoldsMoreOfATransactionThanThereIsIsRefused(held: UInt64) async throws {
    try largeWork()
    let line = ScriptedTransport { (request, _) throws(RelayError) in
      let verdicts = try request.push.map { (bytes) throws(RelayError) in
        let transaction = try Transaction(decoding: bytes)
        return Verdict(dot: transaction.dot, seq: 1, effective: transaction.time)
      }
      guard let part = request.part else { return ScriptedHub.reply(verdicts: verdicts) }
      return ScriptedHub.reply(verdicts: verdicts, partReceived: held == 1 << 22 ? part.total + 1 : held)
    }
    let failure = await replica.failure(over: line)
    #expect(failure == .malformedMessage || failure == .limitExceeded)
    #expect(line.requests.contains { $0.part != nil })
    #expect(try replica.status().pending == 2)
  }

  @Test(arguments: [UInt64(0), 1000, 4_000_000])
  func partsThatNeverGrowAreNotSentForEver(held: UInt64) async throws {
    try largeWork()
    let line = ScriptedTransport { (request, _) throws(RelayError) in
      let verdicts = try request.push.map { (bytes) throws(RelayError) in
        let transaction = try Transaction(decoding: bytes)
        return Verdict(dot: transaction.dot, seq: 1, effective: transaction.time)
      }
      return ScriptedHub.reply(verdicts: verdicts, partReceived: request.part == nil ? 0 : held)
    }
    let failure = await replica.failure(over: line)
    #expect(failure == .noProgress)
    #expect(line.requests.count < 15)
    #expect(line.requests.contains { $0.part != nil })
    #expect(try replica.status().pending == 2)
  }

  @Test func partsThatShrinkAndGrowAreNotSentForEver() async throws {
    try largeWork()
    let line = ScriptedTransport { (request, number) throws(RelayError) in
      let verdicts = try request.push.map { (bytes) throws(RelayError) in
        let transaction = try Transaction(decoding: bytes)
        return Verdict(dot: transaction.dot, seq: 1, effective: transaction.time)
      }
      return ScriptedHub.reply(verdicts: verdicts, partReceived: request.part == nil ? 0 : UInt64(number % 2) * 1000)
    }
    let failure = await replica.failure(over: line)
    #expect(failure == .noProgress)
    #expect(line.requests.count < 20)
    #expect(try replica.status().pending == 2)
  }

  @Test func aHubWhoseSchemaRisesAndFallsIsNotFollowedForEver() async throws {
    let hub = hub
    let line = ScriptedTransport { (_, number) in
      ScriptedHub.reply(hub.end(at: UInt64(number)), schemaVersion: UInt64(1 + number % 2))
    }
    _ = try await replica.sync(with: line, options: line.options)
    #expect(line.requests.count <= SyncMachine.mostMends + 2)
    try expectsTheWork()
  }

  // MARK: What an answer claims

  @Test func aVerdictThatNoPullExplainsIsAskedForAgain() async throws {
    let hub = hub
    // The hub says "accepted", and forgets it.
    let forgetful = ScriptedTransport { (request, _) throws(RelayError) in
      let verdicts = try request.push.map { (bytes) throws(RelayError) in
        let transaction = try Transaction(decoding: bytes)
        return Verdict(dot: transaction.dot, seq: Limits.sequence, effective: transaction.time)
      }
      return ScriptedHub.reply(hub.end(at: 4), verdicts: verdicts)
    }
    _ = try await replica.sync(with: forgetful, options: forgetful.options)
    #expect(try replica.status().pending == 1)
    #expect(try replica.status().head == 4)
    let again = ScriptedTransport { (_, _) in ScriptedHub.reply(hub.end(at: 5)) }
    _ = try await replica.sync(with: again, options: again.options)
    try expectsTheWork()
    // It is offered again with every sync, to whoever may keep it.
    let later = ScriptedTransport { (_, _) in ScriptedHub.reply(hub.end(at: 6)) }
    _ = try await replica.sync(with: later, options: later.options)
    for line in [again, later] { #expect(line.requests.contains { $0.push.count == 1 }) }
    try expectsTheWork()
  }

  @Test(arguments: [UInt64(7), Limits.sequence])
  func aWrongHeadOrHashDoesNotLockTheFileOutFromTheTrueHub(claimed: UInt64) async throws {
    let hub = hub
    // The true hub knows the histories up to 2 and 3, whatever is claimed in between.
    let liar = ScriptedTransport { (_, _) in
      let closing = PullClosing(head: claimed, logHash: Hash128(high: 6, low: 6))
      return ScriptedHub.reply(hub.page([hub.person("p", given: "Lie", seq: 1)], closing: closing))
    }
    let truth = ScriptedTransport { (request, _) in
      let isKnown = request.base == 0 || request.logHash == Hash128(high: 0, low: request.base)
      guard isKnown, request.base <= 3 else { return ScriptedHub.reply(.hubRolledBack) }
      return ScriptedHub.reply(
        hub.page(
          [hub.person("p", given: "True", seq: 3)], closing: PullClosing(head: 3, logHash: Hash128(high: 0, low: 3))))
    }
    _ = try await replica.sync(with: truth, options: truth.options)
    _ = try await replica.sync(with: truth, options: truth.options)
    _ = try await replica.sync(with: liar, options: liar.options)
    #expect(try replica.status().base == claimed)
    let report = try await replica.sync(with: truth, options: truth.options)
    #expect(report.base == 3)
    #expect(try replica.values("SELECT given FROM person WHERE id = 'p'") == [["True"]])
    #expect(try replica.status().head == 3)
    try expectsTheWork()
  }

  @Test func aHubThatRecognisesNothingIsNotAskedForForEver() async throws {
    let hub = hub
    let before = ScriptedTransport { (_, _) in ScriptedHub.reply(hub.end(at: 3)) }
    _ = try await replica.sync(with: before, options: before.options)
    _ = try await replica.sync(with: before, options: before.options)
    try await sync(.hubRolledBack) { (_, _) in ScriptedHub.reply(.hubRolledBack) }
    // Nothing of what stands here is gone, and whatever the next hub says can be pulled.
    #expect(try replica.status().base == 0)
    _ = try await replica.sync(with: before, options: before.options)
    #expect(try replica.status().base == 3)
  }
}
