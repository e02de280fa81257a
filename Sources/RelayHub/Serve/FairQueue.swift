/// What waits for one of the hub's readers, shared fairly: devices take turns, however much one of them asks for, and none
/// has all readers at once.
public struct FairQueue<Job: Sendable>: Sendable {
  public typealias Ticket = UInt64

  private struct Waiting: Sendable {
    var ticket: Ticket
    var job: Job
  }

  private var turns: [Int64] = []
  private var first = 0
  private var byDevice: [Int64: [Waiting]] = [:]
  /// How much of each device is being done, and whose turn is put off until less is.
  private var doing: [Int64: Int] = [:]
  private var putOff: Set<Int64> = []
  private var next: Ticket = 1
  private let most: Int
  private let mostOfDevice: Int
  private let mostAtOnce: Int

  public private(set) var count = 0

  /// - Parameters:
  ///   - most: how many may wait in all.
  ///   - mostOfDevice: how many of one device; of device 0, which is nobody, any number.
  ///   - mostAtOnce: how many of one device may be done at the same time; of device 0 any number.
  public init(most: Int, mostOfDevice: Int, mostAtOnce: Int) {
    (self.most, self.mostOfDevice, self.mostAtOnce) = (most, mostOfDevice, mostAtOnce)
  }

  /// - Returns: nil where too much waits already.
  public mutating func add(_ job: Job, device: Int64) -> Ticket? {
    guard count < most, device == 0 || byDevice[device]?.count ?? 0 < mostOfDevice else { return nil }
    let ticket = next
    next += 1
    if byDevice[device] == nil, device != 0 { turns.append(device) }
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

  /// The next one: what is nobody's, which is always little; then of the device whose turn it is the oldest. Whoever does
  /// it says `done` at its end.
  public mutating func take() -> (job: Job, device: Int64)? {
    if let job = takeFirst(of: 0) { return (job, 0) }
    while first < turns.count {
      let device = turns[first]
      first += 1
      if first * 2 > turns.count {
        turns.removeFirst(first)
        first = 0
      }
      guard doing[device, default: 0] < mostAtOnce else {
        putOff.insert(device)
        continue
      }
      guard let job = takeFirst(of: device) else { continue }
      doing[device, default: 0] += 1
      if byDevice[device] != nil { turns.append(device) }
      return (job, device)
    }
    return nil
  }

  private mutating func takeFirst(of device: Int64) -> Job? {
    guard var own = byDevice[device], !own.isEmpty else {
      byDevice[device] = nil
      return nil
    }
    count -= 1
    let job = own.removeFirst().job
    byDevice[device] = own.isEmpty ? nil : own
    return job
  }

  /// Something that was taken has been done.
  public mutating func done(_ device: Int64) {
    guard device != 0, let number = doing[device] else { return }
    doing[device] = number > 1 ? number - 1 : nil
    if putOff.remove(device) != nil { turns.append(device) }
  }
}
