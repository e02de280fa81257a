/// Everything of a sealed transaction but its rows: what a reader knows of it before it takes a row.
public struct TransactionHeader: Hashable, Sendable {
  public var dot: Dot
  public var previous: Hash128
  public var time: HybridTime
  public var epoch: Hash128
  public var base: UInt64
  public var seen: DotSet
  public var schemaVersion: UInt64
  public var role: String
  public var mode: TransactionMode
  public var author: String
}

extension TransactionHeader {
  /// Of a transaction as it was sealed.
  ///
  /// - Throws: `malformed_message`, `limit_exceeded` or `unsupported_version`.
  package init(of bytes: [UInt8]) throws(RelayError) {
    self = try CBORReader.begin(bytes) { (reader) throws(RelayError) in try reader.transactionHeader() }
  }
}

extension SealedTransaction {
  package func header() throws(RelayError) -> TransactionHeader { try TransactionHeader(of: bytes) }
}

extension Transaction {
  public var header: TransactionHeader {
    TransactionHeader(
      dot: dot, previous: previous, time: time, epoch: epoch, base: base, seen: seen, schemaVersion: schemaVersion,
      role: role, mode: mode, author: author)
  }

  /// The version of the encoding; the first thing in the bytes.
  static let format: UInt64 = 1
}

extension CBORWriter {
  /// A sealed transaction up to the number of its last field, the rows.
  package mutating func transactionHeader(_ header: TransactionHeader) {
    map(13)
    unsigned(1)
    unsigned(Transaction.format)
    unsigned(2)
    unsigned(header.dot.replica.bits)
    unsigned(3)
    unsigned(header.dot.counter)
    unsigned(4)
    hash(header.previous)
    unsigned(5)
    unsigned(header.time.bits)
    unsigned(6)
    hash(header.epoch)
    unsigned(7)
    unsigned(header.base)
    unsigned(8)
    dotSet(header.seen)
    unsigned(9)
    unsigned(header.schemaVersion)
    unsigned(10)
    textString(header.role)
    unsigned(11)
    unsigned(header.mode.rawValue)
    unsigned(12)
    textString(header.author)
    unsigned(13)
  }
}

extension CBORReader {
  /// Reads up to the number of the rows' field, which is next.
  package mutating func transactionHeader() throws(RelayError) -> TransactionHeader {
    let fields = try map(most: Limits.fields)
    guard fields > 0 else { throw malformed("a transaction without fields") }
    try field(1)
    guard try unsigned() == Transaction.format else {
      throw RelayError(.unsupportedVersion, "a transaction in a format that this version does not read")
    }
    guard fields == 13 else { throw malformed("a transaction has 13 fields") }
    try field(2)
    let replica = ReplicaID(bits: try unsigned())
    try field(3)
    let dot = Dot(replica, try counter())
    try field(4)
    var header = TransactionHeader(
      dot: dot, previous: try hash(), time: .zero, epoch: .zero, base: 0, seen: DotSet(), schemaVersion: 0, role: "",
      mode: .merge, author: "")
    for key in UInt64(5)...12 {
      try field(key)
      try transactionField(key, &header)
    }
    try field(13)
    return header
  }

  /// The content of one of the fields 5 to 12.
  mutating func transactionField(_ key: UInt64, _ header: inout TransactionHeader) throws(RelayError) {
    switch key {
    case 5: header.time = HybridTime(bits: try unsigned())
    case 6: header.epoch = try hash()
    case 7: header.base = try unsigned(most: Limits.sequence)
    case 8: header.seen = try dotSet(most: Limits.seenIntervals)
    case 9: header.schemaVersion = try unsigned(most: Limits.sequence)
    case 10: header.role = try textString(most: Limits.label)
    case 11:
      guard let mode = TransactionMode(rawValue: try unsigned()) else { throw malformed("unknown mode") }
      header.mode = mode
    case 12: header.author = try textString(most: Limits.label)
    default: throw malformed("field \(key) is none of the header's")
    }
  }
}
