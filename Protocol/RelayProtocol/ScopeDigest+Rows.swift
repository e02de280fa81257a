internal import Crypto

/// Digests as sums of parts, without an array for a row.
extension ScopeDigest {
  /// Of one row, from the bytes of its canonical form.
  package init(row canonical: UnsafeRawBufferPointer) {
    self.init()
    var hasher = SHA256()
    hasher.update(bufferPointer: canonical)
    hasher.finalize().withUnsafeBytes { bytes in add(hash: bytes) }
  }

  package mutating func add(_ other: ScopeDigest) { add(words: other, count: other.count) }

  package mutating func remove(_ other: ScopeDigest) { add(words: other.negated, count: 0 &- other.count) }
}

/// Puts the canonical form of a row together: what e(R) is the hash of (rule 25). It keeps its memory from row to row.
package struct RowForm {
  private var out = CBORWriter(reserving: 512)
  private var columns = CBORWriter(reserving: 512)
  private var count = 0

  package init() {}

  /// A column that is not at its default; ascending by id.
  package mutating func add(_ id: UInt32, _ bytes: UnsafeRawBufferPointer) {
    columns.unsigned(UInt64(id))
    columns.raw(bytes)
    count += 1
  }

  package mutating func add(_ id: UInt32, _ value: Value) {
    columns.unsigned(UInt64(id))
    columns.value(value)
    count += 1
  }

  /// The digest of the columns that were added, as a row of this key; ready for the next row then.
  package mutating func digest(table: UInt32, key: UnsafeRawBufferPointer) -> ScopeDigest {
    out.array(2 + count * 2)
    out.unsigned(UInt64(table))
    out.raw(key)
    out.raw(columns.bytes)
    let digest = out.bytes.withUnsafeBytes { ScopeDigest(row: $0) }
    out.removeAll()
    columns.removeAll()
    count = 0
    return digest
  }
}

/// The values of a key where they lie.
package func keySpans(_ key: UnsafeRawBufferPointer, into spans: inout [ValueSpan]) throws(RelayError) {
  try valueSpans(key, most: Limits.keyColumns, into: &spans)
}

/// The values of an array where they lie.
///
/// - Parameter budget: of what is decoded; bytes of this process's own need none.
package func valueSpans(
  _ array: UnsafeRawBufferPointer, most: Int, budget: Int = Limits.decodedRow, into spans: inout [ValueSpan]
) throws(RelayError) {
  var reader = CBORReader(array, budget: budget)
  spans.removeAll(keepingCapacity: true)
  for _ in 0..<(try reader.array(most: most)) {
    spans.append(try reader.valueSpan(most: budget == .max ? .max : Limits.value))
  }
}
