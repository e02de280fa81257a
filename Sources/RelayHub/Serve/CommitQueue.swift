/// What waits for the hub's only writer: values in, values out, no clock and no thread of its own.
///
/// While one group is being made durable the next pushes gather here, and all of them form the next group. No timer, no
/// tuning. Who offers the first one starts the writer; the writer takes groups until there is none.
public struct CommitQueue<Job: Sendable>: Sendable {
  public struct Limits: Sendable {
    /// The most that one group takes.
    public var groupPushes = 256
    public var groupBytes = 4 << 20
    /// The most that may wait, in all and of one device.
    public var bytes = 64 << 20
    public var bytesOfDevice = 40 << 20
    public var pushesOfDevice = 4
    /// The oldest push may wait this long before new ones are turned away, in milliseconds.
    public var age: Int64 = 500

    public init() {}
  }

  public enum Admission: Sendable, Equatable {
    /// Nothing was queued: too much waits already.
    case refused
    /// Nothing was queued: this device has too much waiting.
    case tooManyOfDevice
    case queued(Ticket)
    /// Queued, and the writer stands still: start it.
    case start(Ticket)
  }

  public typealias Ticket = UInt64

  private struct Waiting: Sendable {
    var ticket: Ticket
    var device: Int64
    var bytes: Int
    var since: Int64
    var job: Job
  }

  private let limits: Limits
  private var waiting: [Waiting] = []
  private var bytes = 0
  private var next: Ticket = 1
  private var isRunning = false

  public init(limits: Limits = Limits()) { self.limits = limits }

  public var count: Int { waiting.count }

  /// Would more pushes only wait: too many bytes, or the oldest waits too long?
  ///
  /// - Parameter now: milliseconds of any clock that does not jump.
  public func isOverloaded(now: Int64) -> Bool {
    bytes >= limits.bytes || waiting.first.map { now - $0.since > limits.age } ?? false
  }

  public mutating func offer(_ job: Job, device: Int64, bytes size: Int, now: Int64) -> Admission {
    guard bytes + size <= limits.bytes else { return .refused }
    let own = waiting.lazy.filter { $0.device == device }
    guard own.count < limits.pushesOfDevice, own.reduce(size, { $0 + $1.bytes }) <= limits.bytesOfDevice else {
      return .tooManyOfDevice
    }
    let ticket = next
    next += 1
    waiting.append(Waiting(ticket: ticket, device: device, bytes: size, since: now, job: job))
    bytes += size
    if isRunning { return .queued(ticket) }
    isRunning = true
    return .start(ticket)
  }

  /// Takes back what its sender does not wait for any more.
  ///
  /// - Returns: nil where the writer has it already.
  public mutating func withdraw(_ ticket: Ticket) -> Job? {
    guard let at = waiting.firstIndex(where: { $0.ticket == ticket }) else { return nil }
    bytes -= waiting[at].bytes
    return waiting.remove(at: at).job
  }

  /// The next group, in the order of arrival; empty where the writer may stand still.
  public mutating func nextGroup() -> [Job] {
    var count = 0
    var size = 0
    while count < min(waiting.count, limits.groupPushes) {
      let next = waiting[count].bytes
      if count > 0, size + next > limits.groupBytes { break }
      size += next
      count += 1
    }
    let group = waiting[..<count].map(\.job)
    waiting.removeFirst(count)
    bytes -= size
    isRunning = count > 0
    return group
  }
}
