/// Names one row of one table: the table's id in the sync schema and the key's values as deterministic CBOR.
///
/// Order is (table, key bytes): the order of rows in a transaction, in a page and on disk.
public struct RowID: Hashable, Comparable, Sendable {
  public var table: UInt32
  public var key: [UInt8]

  public init(table: UInt32, key: [UInt8]) {
    self.table = table
    self.key = key
  }

  public init(table: UInt32, values: [Value]) {
    self.init(table: table, key: RowID.encode(values))
  }

  public static func < (a: RowID, b: RowID) -> Bool {
    guard a.table == b.table else { return a.table < b.table }
    return a.key.withUnsafeBytes { x in b.key.withUnsafeBytes { y in precedes(x, y) } }
  }

  /// Lexicographic order of bytes, without the iterators of the general algorithm: installs sort rows in their
  /// thousands.
  static func precedes(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
    for at in 0..<min(a.count, b.count) where a[at] != b[at] { return a[at] < b[at] }
    return a.count < b.count
  }

  public static func encode(_ values: [Value]) -> [UInt8] {
    var writer = CBORWriter(reserving: 48)
    writer.array(values.count)
    for value in values { writer.value(value) }
    return writer.bytes
  }

  /// The key's values.
  ///
  /// - Throws: `malformed_message` where the bytes are no key.
  public func values() throws(RelayError) -> [Value] {
    try CBORReader.decode(key) { reader throws(RelayError) in try reader.keyValues() }
  }
}

extension CBORReader {
  mutating func keyValues() throws(RelayError) -> [Value] {
    let start = offset
    let count = try array(most: Limits.keyColumns)
    guard count > 0 else { throw malformed("a key without values") }
    var values: [Value] = []
    for _ in 0..<count {
      values.append(try value(most: Limits.key))
      guard offset - start <= Limits.key else { throw limit("bytes of a key", UInt64(offset - start), Limits.key) }
    }
    return values
  }

  /// Passes over a key, judging it as `keyValues` does.
  mutating func passKey() throws(RelayError) {
    let start = offset
    let count = try array(most: Limits.keyColumns)
    guard count > 0 else { throw malformed("a key without values") }
    for _ in 0..<count {
      _ = try valueSpan(most: Limits.key)
      guard offset - start <= Limits.key else { throw limit("bytes of a key", UInt64(offset - start), Limits.key) }
    }
  }

  /// A key in place, as its bytes: values have one spelling, so these are the bytes that `RowID.encode` makes.
  mutating func key() throws(RelayError) -> [UInt8] {
    let start = offset
    try passKey()
    return bytes(from: start)
  }
}
