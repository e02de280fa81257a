import ConformanceVectors
import Relay
import RelayHub
internal import RelayProtocol

/// Round trips, as a step asks for them.
extension Stage {
  func roundTrip(_ step: Step, _ player: Player) throws {
    guard step.json["pages"] == nil else { return try pull(between: step, player) }
    try player.replica.beginSync()
    var (verdicts, back, isDone) = ([Verdict](), JSON.null, false)
    for _ in 0..<100 where !isDone {
      let (request, hasMore) = try self.request(step, player)
      let response: SyncResponse
      do {
        guard let answer = try answer(player, request) else {
          try player.replica.abandonPull()
          continue
        }
        response = answer
      } catch let error as RelayError where [.hubRolledBack, .outOfOrder].contains(error.code) {
        guard try player.replica.stepBack() else { throw error }
        back = .integer(Int64(try player.replica.status().base))
        continue
      }
      verdicts += response.verdicts
      switch step.json["reply"]?.text {
      case "lost": isDone = true
      case "later": (player.kept, isDone) = ((request, response), true)
      default: isDone = try deliver(response, request, player, step) && !hasMore
      }
    }
    try expect("the place to which it goes back", step.json["back"] ?? .null, back, player)
    try check(verdicts, step, player)
    guard isDone else { throw JSONError(description: "the round trips do not come to an end") }
  }

  /// - Returns: also whether work of another replica of the file waits for the next request.
  private func request(_ step: Step, _ player: Player) throws -> (request: SyncRequest, hasMore: Bool) {
    var request = try player.replica.nextRequest()
    let hasMore = step.kind != .pull && request.pull == nil && step.json["most"] == nil
    try note(player)
    if step.kind == .pull { (request.push, request.envelopes) = ([], [:]) }
    if step.kind == .push {
      request.push = Array(request.push.prefix(Int(step.json["most"]?.integer ?? .max)))
      request.envelopes = request.envelopes.filter { $0.key < request.push.count }
      request.pull = nil
    }
    return (request, hasMore)
  }

  /// A pull in pages of one row; other things happen between the first page and the second, or the line is cut.
  private func pull(between step: Step, _ player: Player) throws {
    var pages = step.json["cut"]?.integer ?? .max
    var request = try player.replica.nextRequest(pageBytes: 1)
    try note(player)
    request.push = []
    // A first page that would be the last one too is lost on its way: the pull starts again after what happens between.
    if let first = try answer(player, request), first.page?.closing == nil {
      _ = try player.replica.receive(first, to: request)
    }
    for inner in step.between { try play(inner) }
    for _ in 0..<1000 {
      pages -= 1
      guard pages > 0 else { return }
      request = try player.replica.nextRequest(pageBytes: 1)
      request.push = []
      guard let response = try answer(player, request) else {
        try player.replica.abandonPull()
        continue
      }
      let isLast = response.page?.closing != nil
      if isLast {
        _ = try deliver(response, request, player, step)
        return
      }
      _ = try player.replica.receive(response, to: request)
    }
    throw JSONError(description: "the pull does not come to an end")
  }

  /// - Returns: whether that is all; false where the device asks again.
  @discardableResult
  func deliver(_ response: SyncResponse, _ request: SyncRequest, _ player: Player, _ step: Step) throws -> Bool {
    let outcome = try player.replica.receive(response, to: request)
    guard response.page != nil else { return true }
    var got = JSON.bool(false)
    switch outcome {
    case .installed(let base): got = .integer(Int64(base))
    case .again where step.kind != .deliver: return false
    case .again, .discarded: break
    }
    try expect("installed", step.json["installed"] ?? .null, got, player)
    let wrong = try player.replica.status().mismatch
    try expect(
      "scopes whose digests differ", step.json["differs"] ?? .list([]), .list(wrong.map { .text($0) }), player)
    return true
  }
}
