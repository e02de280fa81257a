/// What stands round a transaction that is offered again to a hub that lost part of its history (rules 26 and 27). The
/// sealed bytes stay as they are; this says what they mean in the history that the hub has now.
public struct Envelope: Hashable, Sendable {
  /// Every base of the transaction counts as no more than this: the last seq that both histories share.
  public var base: UInt64
  /// What its author had seen, with what was confirmed between that seq and its bases.
  public var seen: DotSet
  /// The effective time that the lost verdict gave; nil where there was none.
  public var effective: HybridTime?
  /// Where it stood in the history that was lost; nil for work that had no verdict there.
  public var lost: LostPlace?
  /// What the order that its bases beyond `base` are of was called, ascending; empty where the hub had no names for it.
  public var openings: [Opening] = []

  public init(base: UInt64, seen: DotSet, effective: HybridTime? = nil, lost: LostPlace? = nil) {
    self.base = base
    self.seen = seen
    self.effective = effective
    self.lost = lost
  }
}

/// A transaction's place in a history of the hub that it has lost.
public struct LostPlace: Hashable, Sendable {
  public var epoch: Hash128
  public var seq: UInt64
  /// What the order was called there (`Opening`); 0 where the hub had no name for it.
  public var opening: UInt64

  public init(epoch: Hash128, seq: UInt64, opening: UInt64 = 0) {
    self.epoch = epoch
    self.seq = seq
    self.opening = opening
  }
}

/// Where an epoch comes from: a hub that was put back to an older copy begins a new one.
public struct EpochOrigin: Hashable, Sendable {
  /// The epoch before.
  public var parent: Hash128
  /// The last seq that it shares with its parent.
  public var fork: UInt64

  public init(parent: Hash128, fork: UInt64) {
    self.parent = parent
    self.fork = fork
  }
}

extension CBORWriter {
  /// As four items, or five.
  mutating func envelope(_ envelope: Envelope) {
    unsigned(envelope.base)
    dotSet(envelope.seen)
    if let effective = envelope.effective { unsigned(effective.bits) } else { null() }
    if let lost = envelope.lost { lostPlace(lost) } else { null() }
    if !envelope.openings.isEmpty { openings(envelope.openings) }
  }

  private mutating func lostPlace(_ lost: LostPlace) {
    array(lost.opening == 0 ? 2 : 3)
    hash(lost.epoch)
    unsigned(lost.seq)
    if lost.opening != 0 { unsigned(lost.opening) }
  }

  mutating func epochOrigin(_ origin: EpochOrigin) {
    array(2)
    hash(origin.parent)
    unsigned(origin.fork)
  }
}

extension CBORReader {
  /// - Parameter items: of how many it consists.
  mutating func envelope(_ items: Int) throws(RelayError) -> Envelope {
    var envelope = Envelope(base: try unsigned(most: Limits.sequence), seen: try dotSet())
    if try peekIsNull() { try null() } else { envelope.effective = HybridTime(bits: try unsigned()) }
    if try peekIsNull() { try null() } else { envelope.lost = try lostPlace() }
    if items == 5 { envelope.openings = try openings() }
    return envelope
  }

  private mutating func lostPlace() throws(RelayError) -> LostPlace {
    let items = try array(2...3)
    let (epoch, seq) = (try hash(), try unsigned(most: Limits.sequence))
    return LostPlace(epoch: epoch, seq: seq, opening: items == 3 ? try openingName() : 0)
  }

  mutating func epochOrigin() throws(RelayError) -> EpochOrigin {
    try array(exactly: 2)
    return EpochOrigin(parent: try hash(), fork: try unsigned(most: Limits.sequence))
  }
}
