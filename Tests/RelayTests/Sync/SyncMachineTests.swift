import Relay
internal import RelayProtocol
import Testing

/// What the client does next, without a file, a line or a clock.
@Suite struct SyncMachineTests {
  private func machine(attempts: Int = 5) -> SyncMachine {
    var options = SyncOptions { (_) async throws(CancellationError) in }
    options.attempts = attempts
    return SyncMachine(
      options: options, push: AdaptiveSize(most: Limits.part), page: AdaptiveSize(most: Limits.part))
  }

  private func failed(
    _ machine: inout SyncMachine, _ code: ErrorCode, pushed: Int = 0, pulls: Bool = true, retryAfter: Duration? = nil
  ) -> SyncMachine.Effect {
    var shape = RequestShape(
      pushBytes: machine.push.bytes, pageBytes: UInt64(machine.page.bytes), wait: 0, deadline: .seconds(1))
    (shape.pushed, shape.pulls) = (pushed, pulls)
    return machine.step(.failed(RelayError(code, "test"), retryAfter: retryAfter, of: shape, random: .max))
  }

  private func pushes(_ effect: SyncMachine.Effect) -> Int? {
    if case .ask(let shape) = effect { shape.pushBytes } else { nil }
  }

  @Test("A body that something on the way does not take is sent in halves, down to 64 kB, and no further")
  func tooLarge() {
    var machine = machine()
    var sizes: [Int] = []
    while let size = pushes(failed(&machine, .requestTooLarge, pushed: machine.push.bytes)), sizes.count < 50 {
      sizes.append(size)
    }
    #expect(sizes == [2 << 20, 1 << 20, 512 << 10, 256 << 10, 128 << 10, 64 << 10])
    let end = failed(&machine, .requestTooLarge, pushed: 1000)
    #expect(end == .fail(RelayError(.requestTooLarge, "test")))
  }

  @Test("A request that pushed nothing is not made smaller by halving the push")
  func tooLargeWithoutPush() {
    var machine = machine()
    let end = failed(&machine, .requestTooLarge)
    #expect(end == .fail(RelayError(.requestTooLarge, "test")))
  }

  @Test("After a run of full requests that arrived a larger one is tried, later after each that failed")
  func growsBack() {
    var size = AdaptiveSize(most: 1 << 20)
    _ = size.failed(1 << 20)
    var runs: [Int] = []
    for _ in 0..<3 {
      var full = 0
      while size.bytes < 1 << 20, full < 1000 {
        size.arrived(size.bytes)
        full += 1
      }
      runs.append(full)
      _ = size.failed(1 << 20)
    }
    #expect(runs == [8, 16, 32])
    // What is remembered is how large, and how patient.
    let again = AdaptiveSize(bytes: size.memory[0], patience: size.memory[1], most: 1 << 20)
    #expect(again.memory == size.memory)
    // Small requests prove nothing.
    for _ in 0..<1000 { size.arrived(1000) }
    #expect(size.bytes == 512 << 10)
  }

  @Test(
    "A line that breaks gets smaller pages and smaller pushes, and is tried again",
    arguments: [
      ErrorCode.connectionLost, .hubSilent, .deadline,
    ])
  func slowLine(code: ErrorCode) {
    var machine = machine()
    guard case .sleep = failed(&machine, code, pushed: 1 << 20) else {
      Issue.record("no pause")
      return
    }
    #expect(machine.page.bytes == 2 << 20)
    #expect(machine.push.bytes == 512 << 10)
  }

  @Test("A hub that is not there changes no size")
  func noHub() {
    var machine = machine()
    _ = failed(&machine, .connectionRefused)
    #expect(machine.page.bytes == Limits.part)
  }

  @Test("The pause doubles, obeys what is asked for up to ten minutes, and ends with the last attempt")
  func pauses() throws {
    var machine = machine(attempts: 4)
    func pause(_ effect: SyncMachine.Effect) -> Duration? {
      if case .sleep(let pause, _) = effect { pause } else { nil }
    }
    // With the greatest of random numbers the pause is a number below its bound.
    for bound in [1, 2] {
      let effect = failed(&machine, .hubUnreachable)
      #expect(try #require(pause(effect)) <= .seconds(bound))
    }
    let asked = failed(&machine, .hubOverloaded, retryAfter: .seconds(86_400))
    #expect(pause(asked) == .seconds(600))
    let end = failed(&machine, .hubUnreachable)
    #expect(end == .fail(RelayError(.hubUnreachable, "test")))
  }

  @Test(
    "What trying again does not change ends the sync at once",
    arguments: [
      ErrorCode.revoked, .unauthorized, .certificateExpired, .signInPage, .proxyPassword, .fileReplaced, .diskFull,
    ])
  func endings(code: ErrorCode) {
    var machine = machine()
    let end = failed(&machine, code)
    #expect(end == .fail(RelayError(code, "test")))
  }

  @Test("What is asked is allowed five minutes, and the hub's waiting beside")
  func deadline() {
    var options = SyncOptions { (_) async throws(CancellationError) in }
    options.wait = .seconds(50)
    var machine = SyncMachine(options: options, push: AdaptiveSize(most: 1 << 20), page: AdaptiveSize(most: 1 << 20))
    guard case .ask(let shape) = machine.step(.start) else {
      Issue.record("nothing is asked")
      return
    }
    #expect(shape.deadline == .seconds(350))
    #expect(shape.wait == 50_000)
  }
}
