/// How the transactions of one push travel. Most follow from the one before: the same replica, the next counter, the hash
/// that anyone can compute, the same base and role, and what its author had seen is one dot more. Such a transaction
/// travels as its time and its rows, and the receiver builds the sealed bytes again, to the last one: they are what is
/// hashed, judged and kept.
extension CBORWriter {
  /// - Parameter envelopes: by place in the list.
  /// - Returns: H(T) of the last transaction that travels short; nil where none does.
  mutating func push(_ transactions: [[UInt8]], _ envelopes: [Int: Envelope]) -> Hash128? {
    array(transactions.count)
    var last: Hash128?
    var before = Predecessor()
    for (at, bytes) in transactions.enumerated() {
      let next = Predecessor(bytes)
      if let envelope = envelopes[at] {
        array(envelope.openings.isEmpty ? 5 : 6)
        self.envelope(envelope)
        byteString(bytes)
      } else if let short = before.short(next) {
        array(short.changed.isEmpty ? 2 : 3)
        unsigned(short.later)
        byteString(bytes[next.rows...])
        changedFields(short.changed)
        last = next.hash
      } else {
        byteString(bytes)
      }
      before = next
    }
    return last
  }

  private mutating func changedFields(_ changed: [(UInt64, TransactionHeader)]) {
    guard !changed.isEmpty else { return }
    map(changed.count)
    for (key, header) in changed {
      unsigned(key)
      switch key {
      case 6: hash(header.epoch)
      case 7: unsigned(header.base)
      case 8: dotSet(header.seen)
      case 9: unsigned(header.schemaVersion)
      case 10: textString(header.role)
      case 11: unsigned(header.mode.rawValue)
      default: textString(header.author)
      }
    }
  }
}

/// A transaction of a push as the next one may lean on it. One that cannot be read is no predecessor.
private struct Predecessor {
  var header: TransactionHeader?
  var hash = Hash128.zero
  /// Where the rows begin in the bytes.
  var rows = 0

  init() {}

  init(_ bytes: [UInt8]) {
    guard bytes.count <= Limits.transaction else { return }
    bytes.withUnsafeBytes { buffer in
      var reader = CBORReader(buffer, budget: Limits.decodedMessage)
      guard let header = try? reader.transactionHeader() else { return }
      self.header = header
      rows = reader.offset
    }
    if let header { hash = hash128(header.previous, then: bytes) }
  }

  /// What the next transaction is if nothing is said of it but its time.
  func expected(time: HybridTime) -> TransactionHeader? {
    guard var next = header, next.dot.counter < Limits.sequence else { return nil }
    next.seen.insert(next.dot)
    next.dot.counter += 1
    next.previous = hash
    next.time = time
    return next
  }

  /// How `next` travels short: by how much later it is, and the fields that do not follow.
  func short(_ next: Predecessor) -> (later: UInt64, changed: [(UInt64, TransactionHeader)])? {
    guard let header, let told = next.header, told.time > header.time, let expected = expected(time: told.time),
      told.dot == expected.dot, told.previous == expected.previous
    else { return nil }
    var changed: [(UInt64, TransactionHeader)] = []
    if told.epoch != expected.epoch { changed.append((6, told)) }
    if told.base != expected.base { changed.append((7, told)) }
    if told.seen != expected.seen { changed.append((8, told)) }
    if told.schemaVersion != expected.schemaVersion { changed.append((9, told)) }
    // By bytes: to Swift two spellings of one letter are the same.
    if !told.role.utf8.elementsEqual(expected.role.utf8) { changed.append((10, told)) }
    if told.mode != expected.mode { changed.append((11, told)) }
    if !told.author.utf8.elementsEqual(expected.author.utf8) { changed.append((12, told)) }
    return (told.time.bits - header.time.bits, changed)
  }
}

extension CBORReader {
  /// The transactions of a push as they were sealed.
  mutating func push() throws(RelayError) -> (transactions: [[UInt8]], envelopes: [Int: Envelope], last: Hash128?) {
    let count = try array(most: Limits.transactionsInPush)
    var transactions: [[UInt8]] = []
    var envelopes: [Int: Envelope] = [:]
    var last: Hash128?
    var before = Predecessor()
    for at in 0..<count {
      let bytes: [UInt8]
      let next: Predecessor
      if try peekMajor() == 2 {
        bytes = try byteString(most: Limits.inflatedBody)
        next = Predecessor(bytes)
        guard before.short(next) == nil else { throw malformed("not the shortest encoding") }
      } else {
        let items = try array(2...6)
        guard items != 4 else { throw malformed("a transaction of a push has no four items") }
        if items >= 5 {
          envelopes[at] = try envelope(items - 1)
          bytes = try byteString(most: Limits.inflatedBody)
          next = Predecessor(bytes)
        } else {
          bytes = try shortTransaction(items, before)
          next = Predecessor(bytes)
          // What was said to have changed has, and what follows is what was meant.
          guard let short = before.short(next), short.changed.isEmpty == (items == 2) else {
            throw malformed("not the shortest encoding")
          }
          last = next.hash
        }
      }
      transactions.append(bytes)
      before = next
    }
    return (transactions, envelopes, last)
  }

  private mutating func shortTransaction(_ items: Int, _ before: Predecessor) throws(RelayError) -> [UInt8] {
    let later = try unsigned()
    let (bits, overflow) = (before.header?.time.bits ?? 0).addingReportingOverflow(later)
    guard later > 0, !overflow, var header = before.expected(time: HybridTime(bits: bits)) else {
      throw malformed("it follows from no transaction before it")
    }
    let rows = try byteString(most: Limits.inflatedBody)
    if items == 3 {
      let expected = header
      let count = try map(most: 7)
      guard count > 0 else { throw malformed("not the shortest encoding") }
      var last: UInt64 = 5
      for _ in 0..<count {
        let key = try unsigned(most: 12)
        guard key > last else { throw malformed("fields out of order") }
        last = key
        try transactionField(key, &header)
        guard !header.equals(expected, in: key) else { throw malformed("not the shortest encoding") }
      }
    }
    var out = CBORWriter(reserving: rows.count + 256)
    out.transactionHeader(header)
    try spend(out.bytes.count)
    out.raw(rows)
    return out.bytes
  }
}

extension TransactionHeader {
  fileprivate func equals(_ other: TransactionHeader, in key: UInt64) -> Bool {
    switch key {
    case 6: epoch == other.epoch
    case 7: base == other.base
    case 8: seen == other.seen
    case 9: schemaVersion == other.schemaVersion
    case 10: role.utf8.elementsEqual(other.role.utf8)
    case 11: mode == other.mode
    default: author.utf8.elementsEqual(other.author.utf8)
    }
  }
}
