import Foundation
import Relay
import RelayHub
internal import RelayProtocol
import TestSupport
import Testing

/// Whatever bytes a device sends, the hub answers with a verdict or with an error that is the device's, never with one of
/// its own; and whatever it accepted, everybody's rows are afterwards as it says.
///
/// `RELAY_HUB_FUZZ=mutated,pushes` asks for so many requests of each kind; without it a few thousand and a few hundred.
@Suite(.timeLimit(.minutes(60))) struct HubFuzzTests {
  static let asked: (mutated: Int, pushes: Int) = {
    let said = ProcessInfo.processInfo.environment["RELAY_HUB_FUZZ"] ?? ""
    let numbers = said.split(separator: ",").compactMap { Int($0) }
    return numbers.count == 2 ? (numbers[0], numbers[1]) : (2000, 400)
  }()
  static let requestsOfAWorld = 1000
  static let pushesOfAWorld = 400

  /// What a hub may say of a request; anything else is told as its own failure (status 500).
  static let devices: Set<ErrorCode> = [
    .malformedMessage, .limitExceeded, .unsupportedVersion, .schemaMismatch, .schemaTooOld, .schemaTooNew, .usage,
    .wrongOrganisation, .wrongHub, .hubRolledBack, .replicaForked, .pageVoid, .outOfOrder,
    .unauthorized, .notEnrolled, .codeInvalid, .alreadyEnrolled, .roleForbids, .valueNotAllowed, .transactionTooLarge,
  ]

  @Test("Random pushes of five roles are each judged, and every device agrees with the hub afterwards")
  func pushes() async throws {
    var rulings: [String: Int] = [:]
    for round in 0..<max(1, Self.asked.pushes / Self.pushesOfAWorld) {
      let world = try FuzzWorld()
      var fuzz = RequestFuzz(seed: 1 << 32 | UInt64(round))
      for number in 0..<min(Self.asked.pushes, Self.pushesOfAWorld) {
        let story = "round \(round), push \(number)"
        for verdict in try push(world, &fuzz, story) {
          rulings[verdict.refusal?.rule.rawValue ?? "accepted", default: 0] += 1
        }
        if fuzz.chance(20) { try honest(world, &fuzz) }
      }
      try await world.expectsAgreement("round \(round)")
    }
    // A fuzz that is refused at the door tests the door.
    for ruling in ["accepted", "not_writable", "row_unknown", "immutable", "unique_taken", "no_scope"] {
      #expect(rulings[ruling] ?? 0 > 0, "nothing was \(ruling) in \(rulings)")
    }
  }

  @Test("Mutated requests of every kind never fail inside the hub, and every device agrees with it afterwards")
  func mutated() async throws {
    var codes: [String: Int] = [:]
    for round in 0..<max(1, Self.asked.mutated / Self.requestsOfAWorld) {
      let world = try FuzzWorld()
      var fuzz = RequestFuzz(seed: 2 << 32 | UInt64(round))
      for number in 0..<min(Self.asked.mutated, Self.requestsOfAWorld) {
        let (path, body, role) = try request(world, &fuzz)
        let story = "round \(round), request \(number) of \(role) to \(path): \(body.hexadecimal)"
        do throws(RelayError) {
          let answer = try world.fleet.hub.answer(
            path, token: "token-" + role, body, now: world.fleet.clock.now, credential: "token-" + role)
          #expect(!answer.isEmpty, "\(story)")
          codes["ok", default: 0] += 1
        } catch {
          #expect(Self.devices.contains(error.code), "\(story): \(error)")
          codes[error.code.rawValue, default: 0] += 1
        }
      }
      try await world.expectsAgreement("round \(round)")
    }
    for code in ["ok", "malformed_message", "limit_exceeded", "hub_rolled_back", "page_void"] {
      #expect(codes[code] ?? 0 > 0, "nothing was \(code) in \(codes)")
    }
  }

  // MARK: Pushes

  /// One to three transactions of one author, as the wire carries them.
  private func push(_ world: FuzzWorld, _ fuzz: inout RequestFuzz, _ story: String) throws -> [Verdict] {
    world.fleet.clock.advance(Int64(fuzz.below(5000)))
    let at = fuzz.below(world.authors.count)
    let pushed = try transactions(world, &fuzz, world.authors[at])
    var request = try world.authors[at].device.replica.nextRequest()
    (request.push, request.pull) = (pushed.map(\.bytes), fuzz.chance(2) ? nil : request.pull)
    do throws(RelayError) {
      let role = world.authors[at].role
      let body = try world.fleet.hub.answer(
        "/v1/sync", token: "token-" + role, request.encoded(), now: world.fleet.clock.now)
      let verdicts = try SyncResponse(decoding: body).verdicts
      #expect(verdicts.map(\.dot) == pushed.map(\.dot), "\(story): not each was judged")
      guard let last = pushed.last else { return verdicts }
      (world.authors[at].counter, world.authors[at].last) = (last.dot.counter, last.hash)
      return verdicts
    } catch {
      Issue.record("\(story): \(error)")
      return []
    }
  }

  private func transactions(
    _ world: FuzzWorld, _ fuzz: inout RequestFuzz, _ author: FuzzWorld.Author
  ) throws -> [SealedTransaction] {
    let head = try world.fleet.reader.head()
    var made: [SealedTransaction] = []
    for _ in 0...fuzz.below(3) {
      let counter = author.counter + UInt64(made.count) + 1
      let transaction = fuzz.transaction(
        Dot(author.replica, counter), after: made.last?.hash ?? author.last,
        role: fuzz.chance(20) ? fuzz.one(FuzzWorld.roles) : author.role, epoch: try world.fleet.reader.epoch(),
        head: head, now: world.fleet.clock.now)
      made.append(SealedTransaction(transaction))
    }
    return made
  }

  /// A device that heeds the rules works among them.
  private func honest(_ world: FuzzWorld, _ fuzz: inout RequestFuzz) throws {
    let author = fuzz.one(world.authors)
    if author.role == "keeper" || author.role == "clerk" {
      let key = fuzz.one(RequestFuzz.keys)
      try author.device.sql(
        """
        UPDATE doc SET phone = '\(fuzz.below(99))', count = iif(count < 1000000, count + 1, count - 1) WHERE id = '\(key)'
        """)
    }
    try world.fleet.sync(author.device)
  }

  // MARK: Requests

  /// A request of any kind, bent in its fields or in its bytes.
  private func request(
    _ world: FuzzWorld, _ fuzz: inout RequestFuzz
  ) throws -> (path: String, body: [UInt8], role: String) {
    world.fleet.clock.advance(Int64(fuzz.below(100)))
    let at = fuzz.below(world.authors.count)
    let role = world.authors[at].role
    let head = try world.fleet.reader.head()
    let epoch = try world.fleet.reader.epoch()
    let row = RowID(table: UInt32(fuzz.one([1, 2, 3, 4, 9])), values: [.text(fuzz.one(RequestFuzz.keys))])
    switch fuzz.below(10) {
    case 0:
      let table = UInt32(fuzz.one([0, 1, 2, 9]))
      let verify = VerifyRequest(epoch: epoch, base: head, table: table, after: fuzz.chance(2) ? [] : row.key)
      return ("/v1/verify", fuzz.mutated(verify.encoded()), role)
    case 1: return ("/v1/rows", fuzz.mutated(RowsRequest(epoch: epoch, base: head, rows: [row]).encoded()), role)
    case 2:
      let history = HistoryRequest(epoch: epoch, row: row, before: fuzz.one([0, head, .max >> 12]))
      return ("/v1/history", fuzz.mutated(history.encoded()), role)
    case 3:
      let device = world.authors[at].device.replica
      let enrol = EnrolRequest(
        code: "code-" + role, schemaHash: device.schema.hash, replica: try device.replicaID(), schemaVersion: 1)
      return ("/v1/enrol", fuzz.mutated(enrol.encoded()), role)
    default:
      var request = try world.authors[at].device.replica.nextRequest()
      if !fuzz.chance(3) {
        // Nobody's file before, so that what came of the last one does not matter.
        let author = FuzzWorld.Author(
          device: world.authors[at].device, role: role, replica: ReplicaID(bits: fuzz.random.next() | 1))
        request.push = try transactions(world, &fuzz, author).map(\.bytes)
      }
      if fuzz.chance(2) { request = fuzz.bent(request, head: head) }
      // A transaction that is bent inside of a request that is not, so that it comes to be judged.
      if !request.push.isEmpty, fuzz.chance(2) {
        request.push[request.push.count - 1] = fuzz.mutated(request.push[request.push.count - 1])
        return ("/v1/sync", request.encoded(), role)
      }
      return ("/v1/sync", fuzz.chance(3) ? request.encoded() : fuzz.mutated(request.encoded()), role)
    }
  }
}
