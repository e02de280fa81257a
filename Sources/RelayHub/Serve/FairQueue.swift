/// What waits for one of the hub's readers, shared fairly: devices take turns, however much one of them asks for.
public struct FairQueue<Job: Sendable>: Sendable {
  public typealias Ticket = UInt64

  private struct Waiting: Sendable {
    var ticket: Ticket
    var job: Job
  }

  private var turns: [Int64] = []
  private var first = 0
  private var byDevice: [Int64: [Waiting]] = [:]
  private var next: Ticket = 1
  private let most: Int
  private let mostOfDevice: Int

  public private(set) var count = 0

  /// - Parameters:
  ///   - most: how many may wait in all.
  ///   - mostOfDevice: how many of one device; of device 0, which is nobody, any number.
  public init(most: Int, mostOfDevice: Int) {
    self.most = most
    self.mostOfDevice = mostOfDevice
  }

  /// - Returns: nil where too much waits already.
  public mutating func add(_ job: Job, device: Int64) -> Ticket? {
    guard count < most, device == 0 || byDevice[device]?.count ?? 0 < mostOfDevice else { return nil }
    let ticket = next
    next += 1
    if byDevice[device] == nil { turns.append(device) }
    byDevice[device, default: []].append(Waiting(ticket: ticket, job: job))
    count += 1
    return ticket
  }

  /// Takes back what nobody waits for any more; nil where it was taken already.
  public mutating func withdraw(_ ticket: Ticket, device: Int64) -> Job? {
    guard let at = byDevice[device]?.firstIndex(where: { $0.ticket == ticket }) else { return nil }
    count -= 1
    // The device keeps its turn; a turn without work is passed over.
    return byDevice[device]?.remove(at: at).job
  }

  /// The next one: of the device whose turn it is, the oldest.
  public mutating func take() -> Job? {
    while first < turns.count {
      let device = turns[first]
      first += 1
      if first * 2 > turns.count {
        turns.removeFirst(first)
        first = 0
      }
      guard var own = byDevice[device], !own.isEmpty else {
        byDevice[device] = nil
        continue
      }
      let job = own.removeFirst().job
      byDevice[device] = own.isEmpty ? nil : own
      if !own.isEmpty { turns.append(device) }
      count -= 1
      return job
    }
    return nil
  }
}
