/// The one reader of everything that comes from outside. Bounds are checked before a byte is touched, counts before
/// anything is allocated; only the deterministic encoding that `CBORWriter` makes is accepted, so a value has one
/// spelling and equal bytes are equal values.
///
/// What is built from a message is bounded too: every item that is read costs `Limits.item` and every string its bytes,
/// and a message that comes to more than its budget is refused before the next item is built.
public struct CBORReader {
  private let base: UnsafeRawBufferPointer
  public private(set) var offset = 0
  /// What may still be built.
  private var budget: Int

  init(_ base: UnsafeRawBufferPointer, budget: Int) {
    self.base = base
    self.budget = budget
  }

  /// Decodes one whole item that fills `bytes` exactly.
  ///
  /// - Parameter budget: the most that may be built, counted as `CBORWriter.decodedSize` counts it.
  /// - Throws: `malformed_message` with the offset at which reading failed, or `limit_exceeded`.
  public static func decode<T>(
    _ bytes: [UInt8], budget: Int = Limits.decodedMessage, _ body: (inout CBORReader) throws(RelayError) -> T
  ) throws(RelayError) -> T {
    try begin(bytes, budget: budget) { (reader) throws(RelayError) in
      let value = try body(&reader)
      guard reader.remaining == 0 else { throw reader.malformed("bytes after the end") }
      return value
    }
  }

  /// Reads what bytes begin with.
  static func begin<T>(
    _ bytes: [UInt8], budget: Int = Limits.decodedMessage, _ body: (inout CBORReader) throws(RelayError) -> T
  ) throws(RelayError) -> T {
    let result = bytes.withUnsafeBytes { buffer -> Result<T, RelayError> in
      var reader = CBORReader(buffer, budget: budget)
      do throws(RelayError) { return .success(try body(&reader)) } catch { return .failure(error) }
    }
    return try result.get()
  }

  /// How many rows follow the header of a sealed transaction.
  static func rowCount(_ bytes: [UInt8]) throws(RelayError) -> Int {
    try begin(bytes) { (reader) throws(RelayError) in
      _ = try reader.transactionHeader()
      return try reader.array(most: Limits.operations)
    }
  }

  /// The hash that a sealed transaction names as the one before it; nil where the bytes do not begin like one.
  static func previousHash(_ bytes: [UInt8]) -> Hash128? {
    try? begin(bytes) { (reader) throws(RelayError) in
      _ = try reader.map(most: Limits.fields)
      for field in 1...3 {
        try reader.field(UInt64(field))
        _ = try reader.unsigned()
      }
      try reader.field(4)
      return try reader.hash()
    }
  }

  public var remaining: Int { base.count - offset }

  /// Begins something with a budget of its own: what was built before it is given up.
  mutating func allow(_ size: Int) { budget = size }

  /// Counts what is about to be built.
  mutating func spend(_ size: Int) throws(RelayError) {
    guard size <= budget else {
      throw RelayError(.limitExceeded, "more than can be held in memory once it is decoded, at byte \(offset)")
    }
    budget -= size
  }

  public func malformed(_ what: String) -> RelayError {
    RelayError(.malformedMessage, "\(what) at byte \(offset)")
  }

  func limit(_ what: String, _ count: UInt64, _ most: Int) -> RelayError {
    RelayError(.limitExceeded, "\(what): \(count), at most \(most) allowed, at byte \(offset)")
  }

  /// The major type of the next item, without taking it.
  public func peekMajor() throws(RelayError) -> UInt8 {
    guard offset < base.count else { throw malformed("truncated") }
    return base[offset] >> 5
  }

  public func peekIsNull() throws(RelayError) -> Bool {
    guard offset < base.count else { throw malformed("truncated") }
    return base[offset] == 0xF6
  }

  private mutating func bigEndian(_ count: Int) throws(RelayError) -> UInt64 {
    guard remaining >= count else { throw malformed("truncated") }
    var value: UInt64 = 0
    for at in offset..<offset + count { value = value << 8 | UInt64(base[at]) }
    offset += count
    return value
  }

  private mutating func head(_ major: UInt8, _ what: String) throws(RelayError) -> UInt64 {
    guard offset < base.count else { throw malformed("truncated") }
    let first = base[offset]
    guard first >> 5 == major else { throw malformed("not \(what)") }
    try spend(Limits.item)
    offset += 1
    let low = first & 31
    let argument: UInt64
    let floor: UInt64
    switch low {
    case 0..<24: return UInt64(low)
    case 24: (argument, floor) = (try bigEndian(1), 24)
    case 25: (argument, floor) = (try bigEndian(2), 0x100)
    case 26: (argument, floor) = (try bigEndian(4), 0x1_0000)
    case 27: (argument, floor) = (try bigEndian(8), 0x1_0000_0000)
    default: throw malformed("indefinite or reserved length")
    }
    guard argument >= floor else { throw malformed("not the shortest encoding") }
    return argument
  }

  /// - Parameter most: the largest value allowed.
  public mutating func unsigned(most: UInt64 = .max) throws(RelayError) -> UInt64 {
    let value = try head(0, "an unsigned integer")
    guard value <= most else { throw malformed("\(value) is out of range (at most \(most))") }
    return value
  }

  public mutating func integer() throws(RelayError) -> Int64 {
    if try peekMajor() == 1 {
      let value = try head(1, "an integer")
      guard value <= UInt64(Int64.max) else { throw malformed("integer below -2^63") }
      return ~Int64(value)
    }
    let value = try head(0, "an integer")
    guard value <= UInt64(Int64.max) else { throw malformed("integer above 2^63-1") }
    return Int64(value)
  }

  /// - Parameter most: nil for as long as the message is.
  private mutating func string(_ major: UInt8, _ what: String, _ most: Int?) throws(RelayError) -> Range<Int> {
    let count = try head(major, what)
    if let most, count > UInt64(most) { throw limit("length of \(what)", count, most) }
    guard count <= UInt64(remaining) else { throw malformed("truncated") }
    try spend(Int(count))
    let range = offset..<offset + Int(count)
    offset = range.upperBound
    return range
  }

  public mutating func byteString(most: Int) throws(RelayError) -> [UInt8] {
    Array(base[try string(2, "a byte string", most)])
  }

  /// The bytes in place, good as long as what is read.
  mutating func byteSpan(most: Int) throws(RelayError) -> UnsafeRawBufferPointer {
    span(try string(2, "a byte string", most))
  }

  public mutating func textString(most: Int) throws(RelayError) -> String {
    try text(try string(3, "a text string", most))
  }

  /// Passes over text.
  private mutating func passText() throws(RelayError) {
    guard span(try string(3, "a text string", nil)).isUTF8 else { throw malformed("text is not UTF-8") }
  }

  private func text(_ range: Range<Int>) throws(RelayError) -> String {
    // Plain ASCII, as most texts are, needs no look at its validity.
    let bytes = span(range)
    if bytes.isASCII { return String(decoding: bytes, as: UTF8.self) }
    guard let text = String(validating: base[range], as: UTF8.self) else { throw malformed("text is not UTF-8") }
    return text
  }

  /// The count of an array's items, each of which takes at least one byte of what remains.
  ///
  /// - Parameter most: nil for as many as the message can hold.
  public mutating func array(most: Int?) throws(RelayError) -> Int {
    let count = try head(4, "an array")
    if let most, count > UInt64(most) { throw limit("items of an array", count, most) }
    guard count <= UInt64(remaining) else { throw malformed("array longer than the message") }
    return Int(count)
  }

  /// An array of exactly `count` items.
  public mutating func array(exactly count: Int) throws(RelayError) {
    guard try head(4, "an array") == UInt64(count) else { throw malformed("array must have \(count) items") }
  }

  /// The count of an array whose last items may be missing.
  mutating func array(_ counts: ClosedRange<Int>) throws(RelayError) -> Int {
    guard let count = Int(exactly: try head(4, "an array")), counts.contains(count) else {
      throw malformed("array must have \(counts.lowerBound) to \(counts.upperBound) items")
    }
    return count
  }

  public mutating func map(most: Int?) throws(RelayError) -> Int {
    let count = try head(5, "a map")
    if let most, count > UInt64(most) { throw limit("entries of a map", count, most) }
    guard count <= UInt64(remaining / 2) else { throw malformed("map longer than the message") }
    return Int(count)
  }

  public mutating func bool() throws(RelayError) -> Bool {
    guard offset < base.count, base[offset] == 0xF4 || base[offset] == 0xF5 else { throw malformed("not a boolean") }
    try spend(Limits.item)
    offset += 1
    return base[offset - 1] == 0xF5
  }

  public mutating func null() throws(RelayError) {
    guard try peekIsNull() else { throw malformed("not null") }
    try spend(Limits.item)
    offset += 1
  }

  private mutating func double() throws(RelayError) -> Double {
    try spend(Limits.item)
    let width = base[offset] & 31
    offset += 1
    let value: Double
    switch width {
    case 25: value = Double(Float16(bitPattern: UInt16(try bigEndian(2))))
    case 26:
      let single = Float(bitPattern: UInt32(try bigEndian(4)))
      value = Double(single)
      guard Double(Float16(value)).bitPattern != value.bitPattern else { throw malformed("not the shortest encoding") }
    case 27:
      value = Double(bitPattern: try bigEndian(8))
      guard Double(Float(value)).bitPattern != value.bitPattern else { throw malformed("not the shortest encoding") }
    default: throw malformed("not a value")
    }
    guard !value.isNaN else { throw malformed("NaN is not a value") }
    return value
  }

  /// - Parameter most: bytes of a text or blob.
  public mutating func value(most: Int = Limits.value) throws(RelayError) -> Value {
    switch try peekMajor() {
    case 0, 1: return .integer(try integer())
    case 2: return .blob(try byteString(most: most))
    case 3: return .text(try textString(most: most))
    case 6:
      guard try head(6, "a tag") == Value.malformedTextTag else { throw malformed("unknown tag") }
      let bytes = try byteString(most: most)
      guard String(validating: bytes, as: UTF8.self) == nil else { throw malformed("not the shortest encoding") }
      return .malformedText(bytes)
    case 7:
      if try peekIsNull() {
        try null()
        return .null
      }
      return .real(try double())
    default: throw malformed("not a value")
    }
  }

  /// - Parameter most: bytes of a text or blob.
  mutating func valueSpan(most: Int = Limits.value) throws(RelayError) -> ValueSpan {
    switch try peekMajor() {
    case 0, 1: return .integer(try integer())
    case 2: return .blob(try byteSpan(most: most))
    case 3:
      let text = span(try string(3, "a text string", most))
      guard text.isUTF8 else { throw malformed("text is not UTF-8") }
      return .text(text)
    case 6:
      guard try head(6, "a tag") == Value.malformedTextTag else { throw malformed("unknown tag") }
      let bytes = span(try string(2, "a byte string", most))
      guard !bytes.isUTF8 else { throw malformed("not the shortest encoding") }
      return .malformedText(bytes)
    case 7:
      if try peekIsNull() {
        try null()
        return .null
      }
      return .real(try double())
    default: throw malformed("not a value")
    }
  }

  /// The bytes from a place that was passed to the present one.
  func bytes(from start: Int) -> [UInt8] { Array(base[start..<offset]) }

  /// The same bytes in place, good as long as what is read.
  func span(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: base[range]) }

  /// Goes back to a place that was passed, or on to one that was found.
  mutating func move(to offset: Int) { self.offset = offset }

  /// Passes over one item of any kind: what a newer peer sent and this version does not know.
  public mutating func skip() throws(RelayError) { try skip(depth: 0) }

  private mutating func skip(depth: Int) throws(RelayError) {
    guard depth < Limits.nesting else { throw limit("nesting", UInt64(depth), Limits.nesting) }
    switch try peekMajor() {
    case 0: _ = try head(0, "an integer")
    case 1: _ = try head(1, "an integer")
    case 2: _ = try string(2, "a byte string", nil)
    case 3: try passText()
    case 4: for _ in 0..<(try array(most: nil)) { try skip(depth: depth + 1) }
    case 5:
      var last = offset..<offset
      for _ in 0..<(try map(most: nil)) {
        let start = offset
        try skip(depth: depth + 1)
        // The first key follows an empty one, so that it always ascends.
        guard base[last].lexicographicallyPrecedes(base[start..<offset]) else { throw malformed("keys out of order") }
        last = start..<offset
        try skip(depth: depth + 1)
      }
    case 6:
      _ = try head(6, "a tag")
      try skip(depth: depth + 1)
    default:
      switch base[offset] {
      case 0xF4, 0xF5, 0xF6:
        try spend(Limits.item)
        offset += 1
      default: _ = try double()
      }
    }
  }
}
