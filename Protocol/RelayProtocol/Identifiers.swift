/// Names one incarnation of a database file: 64 random bits, drawn anew after a restore, a clone or a new install.
/// The hub keeps devices apart by credential, never by this.
public struct ReplicaID: Hashable, Comparable, Sendable, CustomStringConvertible {
  public var bits: UInt64

  public init(bits: UInt64) { self.bits = bits }

  public static func < (a: ReplicaID, b: ReplicaID) -> Bool { a.bits < b.bits }

  /// Sixteen hexadecimal digits.
  public var description: String {
    let digits = String(bits, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// Reads the sixteen hexadecimal digits of `description`.
  public init?(_ text: String) {
    guard let bits = UInt64(text, radix: 16) else { return nil }
    self.bits = bits
    // One spelling: neither a sign nor capital letters.
    guard description == text else { return nil }
  }
}

/// Names one transaction: the replica that sealed it and its counter there, 1, 2, 3… without gaps.
public struct Dot: Hashable, Comparable, Sendable, CustomStringConvertible {
  public var replica: ReplicaID
  public var counter: UInt64

  public init(_ replica: ReplicaID, _ counter: UInt64) {
    self.replica = replica
    self.counter = counter
  }

  /// The write that a device holds without its stamp: older than every pending base, so nobody needs its name.
  public static let unseen = Dot(ReplicaID(bits: 0), 0)

  public static func < (a: Dot, b: Dot) -> Bool {
    a.replica == b.replica ? a.counter < b.counter : a.replica < b.replica
  }

  public var description: String { "\(replica):\(counter)" }
}

/// The first 128 bits of a SHA-256: the hash chain of a replica, the log hash of the hub, identity of an epoch.
public struct Hash128: Hashable, Sendable, CustomStringConvertible {
  public var high: UInt64
  public var low: UInt64

  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  public static let zero = Hash128(high: 0, low: 0)

  /// Sixteen bytes, big-endian.
  public var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

  /// Lends the same bytes.
  func withUnsafeBytes<T>(_ body: (UnsafeRawBufferPointer) -> T) -> T {
    Swift.withUnsafeBytes(of: (high.bigEndian, low.bigEndian), body)
  }

  /// Reads sixteen bytes, big-endian; nil when there are not sixteen.
  public init?(bytes: some Collection<UInt8>) { self.init(bytes: Array(bytes)) }

  /// The same of an array, which every commit and every reply reads several of.
  public init?(bytes: [UInt8]) {
    guard bytes.count == 16 else { return nil }
    var (high, low): (UInt64, UInt64) = (0, 0)
    for at in 0..<8 {
      high = high << 8 | UInt64(bytes[at])
      low = low << 8 | UInt64(bytes[8 + at])
    }
    (self.high, self.low) = (high, low)
  }

  public var description: String { bytes.hexadecimal }

  /// Reads the 32 hexadecimal digits of `description`.
  public init?(hexadecimal text: String) {
    let digits = Array(text.utf8)
    guard digits.count == 32, let high = UInt64(text.prefix(16), radix: 16),
      let low = UInt64(text.suffix(16), radix: 16)
    else { return nil }
    self.init(high: high, low: low)
    // One spelling: neither a sign nor capital letters.
    guard description == text else { return nil }
  }
}

/// Hybrid logical time: 48 bits of milliseconds since 1970 and a 16-bit counter
/// (Kulkarni et al. 2014, "Logical Physical Clocks"). It orders truly concurrent writes for display and nothing else.
public struct HybridTime: Hashable, Comparable, Sendable, CustomStringConvertible {
  public var bits: UInt64

  public init(bits: UInt64) { self.bits = bits }

  /// - Parameter milliseconds: since 1970-01-01T00:00:00Z; clamped to 0 … 2^48-1.
  public init(milliseconds: Int64, counter: UInt16 = 0) {
    let clamped = UInt64(max(0, min(milliseconds, 0xFFFF_FFFF_FFFF)))
    bits = clamped << 16 | UInt64(counter)
  }

  public static let zero = HybridTime(bits: 0)

  public var milliseconds: Int64 { Int64(bits >> 16) }

  public static func < (a: HybridTime, b: HybridTime) -> Bool { a.bits < b.bits }

  public var description: String { "\(milliseconds).\(bits & 0xFFFF)" }
}
