internal import RelayHub
internal import RelayProtocol
internal import Synchronization

/// What each device may ask of the hub: its share of the hub's time, and how many requests at once.
final class DeviceBudget: Sendable {
  private struct State {
    var work: WorkBudget
    var open: [Int64: Int] = [:]
  }

  private let state: Mutex<State>
  private let mostOpen: Int
  private let large: Double

  init(_ limits: ServerLimits) {
    state = Mutex(State(work: WorkBudget(burst: limits.workBurst, rate: limits.workRate)))
    mostOpen = limits.requestsOfDevice
    large = limits.largeWork
  }

  enum Turn: Equatable {
    case go
    /// It has used up its share; in so many milliseconds there is some again.
    case later(UInt64)
    case tooManyOpen
  }

  /// Counts a request of the device where it may begin; then owes a `leave`.
  func enter(_ device: Int64) -> Turn {
    state.withLock { state in
      let delay = state.work.delay(device, now: SystemEdge.uptime())
      guard delay == 0 else { return .later(delay) }
      guard state.open[device, default: 0] < mostOpen else { return .tooManyOpen }
      state.open[device, default: 0] += 1
      return .go
    }
  }

  func leave(_ device: Int64) {
    state.withLock { state in
      let open = state.open[device, default: 1] - 1
      state.open[device] = open > 0 ? open : nil
    }
  }

  /// Has it lately taken more of the hub's time than what comes of everyday syncs?
  func isLarge(_ device: Int64) -> Bool {
    state.withLock { $0.work.taken(device, now: SystemEdge.uptime()) > large }
  }

  func charge(_ device: Int64, _ took: Duration) {
    state.withLock { $0.work.charge(device, work: took / .milliseconds(1), now: SystemEdge.uptime()) }
  }

  /// Those of one group share what it took.
  func charge(_ devices: [Int64], _ took: Duration) {
    let share = took / Double(max(1, devices.count))
    for device in devices { charge(device, share) }
  }
}
