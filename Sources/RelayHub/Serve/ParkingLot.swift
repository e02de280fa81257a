internal import RelayProtocol

/// What a commit tells those who wait: which scopes and devices it concerns.
public struct GroupNews: Sendable, Equatable {
  /// The log's head after it.
  public var head: UInt64
  public var scopes: Set<String>
  /// Devices that are told something beyond their scopes.
  public var devices: Set<Int64>

  public init(head: UInt64, scopes: Set<String> = [], devices: Set<Int64> = []) {
    self.head = head
    self.scopes = scopes
    self.devices = devices
  }
}

/// A pull that waits because nothing was new to its device.
public struct ParkedPull: Sendable, Equatable {
  public var device: Int64
  /// The scopes that it reads.
  public var scopes: [String]
  /// The head that its page was read at; what came later it has not seen.
  public var head: UInt64
  /// How often rights had changed when it was read.
  public var rights: UInt64

  public init(device: Int64, scopes: [String], head: UInt64, rights: UInt64) {
    self.device = device
    self.scopes = scopes
    self.head = head
    self.rights = rights
  }
}

/// Pulls that wait, by the scopes that they read: a commit wakes those whom it concerns and touches no other.
///
/// Wakening is a hint: who wakes reads the truth from the store. So it may wake one too many, never one too few.
public struct ParkingLot: Sendable {
  public typealias Ticket = UInt64

  private struct Spot: Sendable {
    var pull: ParkedPull
    var until: Int64
  }

  private var spots: [Ticket: Spot] = [:]
  private var byScope: [String: Set<Ticket>] = [:]
  private var byDevice: [Int64: Set<Ticket>] = [:]
  /// Tickets by the second in which they end.
  private var bySecond: [Int64: Set<Ticket>] = [:]
  private var next: Ticket = 1
  /// The head of the last commit that concerned a scope or device; what is not here had none after `forgotten`.
  private var lastOfScope: [String: UInt64] = [:]
  private var lastOfDevice: [Int64: UInt64] = [:]
  private var forgotten: UInt64 = 0
  private let memory: Int

  /// The store's head at the last look, where that was ahead of what was told by then.
  private var untold: UInt64 = 0

  public private(set) var head: UInt64 = 0
  public private(set) var rights: UInt64 = 0
  public private(set) var isClosed = false

  /// - Parameter memory: of how many scopes and devices it keeps when they last had news.
  public init(head: UInt64, rights: UInt64, memory: Int = 100_000) {
    self.head = head
    self.rights = rights
    self.memory = memory
    forgotten = head
  }

  public var count: Int { spots.count }

  /// - Parameter until: milliseconds of the clock that `expire` is asked with.
  /// - Returns: nil where there may be news already, or nobody parks any more: look again, or answer.
  public mutating func park(_ pull: ParkedPull, until: Int64) -> Ticket? {
    guard !isClosed, !mayHaveNews(pull) else { return nil }
    let ticket = next
    next += 1
    spots[ticket] = Spot(pull: pull, until: until)
    for scope in pull.scopes { byScope[scope, default: []].insert(ticket) }
    byDevice[pull.device, default: []].insert(ticket)
    bySecond[until / 1000, default: []].insert(ticket)
    return ticket
  }

  /// - Returns: false where it was woken already.
  public mutating func leave(_ ticket: Ticket) -> Bool {
    guard let spot = spots.removeValue(forKey: ticket) else { return false }
    for scope in spot.pull.scopes { byScope.take(ticket, from: scope) }
    byDevice.take(ticket, from: spot.pull.device)
    bySecond.take(ticket, from: spot.until / 1000)
    return true
  }

  /// - Returns: whom the commit concerns; they are not parked any more.
  /// - Complexity: O(scopes and devices of the commit, and those who wake).
  public mutating func committed(_ news: GroupNews) -> [Ticket] {
    head = max(head, news.head)
    if lastOfScope.count + lastOfDevice.count > memory {
      (lastOfScope, lastOfDevice, forgotten) = ([:], [:], head)
    }
    var woken = byScope[ScopeGrant.everything] ?? []
    for scope in news.scopes {
      lastOfScope[scope] = head
      if let waiting = byScope[scope] { woken.formUnion(waiting) }
    }
    for device in news.devices {
      lastOfDevice[device] = head
      if let waiting = byDevice[device] { woken.formUnion(waiting) }
    }
    return take(woken)
  }

  /// The store's head as somebody reads it now and then. A program of the operator's may have made transactions of its own, of
  /// which nobody tells: where the store is still ahead of what was told since the last look, everyone looks again.
  public mutating func found(head found: UInt64) -> [Ticket] {
    let before = untold
    untold = found > head ? found : 0
    guard before > head else { return [] }
    (head, forgotten) = (before, before)
    return take(Set(spots.keys))
  }

  /// Somebody's rights, or the schema, changed: it may concern everyone.
  public mutating func changed(rights: UInt64) -> [Ticket] {
    guard rights > self.rights else { return [] }
    self.rights = rights
    return take(Set(spots.keys))
  }

  /// Anything may have happened unseen: everyone looks again.
  public mutating func wakeAll() -> [Ticket] { take(Set(spots.keys)) }

  /// - Returns: those who have waited long enough.
  public mutating func expire(now: Int64) -> [Ticket] {
    var due: Set<Ticket> = []
    for (second, waiting) in bySecond where second <= now / 1000 {
      due.formUnion(waiting.filter { (spots[$0]?.until ?? 0) <= now })
    }
    return take(due)
  }

  /// The hub goes down: all wake, and nobody parks again.
  public mutating func close() -> [Ticket] {
    isClosed = true
    return take(Set(spots.keys))
  }

  /// Has a commit that may concern the pull come after the snapshot that it was read in?
  public func mayHaveNews(_ pull: ParkedPull) -> Bool {
    if rights > pull.rights || pull.head < forgotten { return true }
    if lastOfDevice[pull.device] ?? 0 > pull.head { return true }
    return pull.scopes.contains { scope in
      scope == ScopeGrant.everything ? head > pull.head : lastOfScope[scope] ?? 0 > pull.head
    }
  }

  /// Ascending, so that who came first is woken first.
  private mutating func take(_ tickets: Set<Ticket>) -> [Ticket] {
    let woken = tickets.sorted()
    for ticket in woken { _ = leave(ticket) }
    return woken
  }
}

extension Dictionary where Value == Set<ParkingLot.Ticket> {
  fileprivate mutating func take(_ ticket: ParkingLot.Ticket, from key: Key) {
    guard let at = index(forKey: key) else { return }
    values[at].remove(ticket)
    if values[at].isEmpty { remove(at: at) }
  }
}
