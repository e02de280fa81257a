/// The fingerprint of a set of rows: the sum of their SHA-256 modulo 2^256, and their number (rule 25). A sum, so a
/// changed row costs two hashes whatever the size of the set; wide, so that no two sets collide by chance.
public struct ScopeDigest: Hashable, Sendable {
  /// Least significant first.
  private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
  public private(set) var count: UInt64 = 0

  public init() {}

  /// - Parameter bytes: 32, big-endian; nil otherwise.
  public init?(bytes: [UInt8], count: UInt64) {
    guard bytes.count == 32 else { return nil }
    words = ScopeDigest.words(bytes)
    self.count = count
  }

  private static func words(_ bytes: [UInt8]) -> (UInt64, UInt64, UInt64, UInt64) {
    func word(_ at: Int) -> UInt64 { bytes[at..<at + 8].reduce(0) { $0 << 8 | UInt64($1) } }
    return (word(24), word(16), word(8), word(0))
  }

  public var bytes: [UInt8] {
    [words.3, words.2, words.1, words.0].flatMap { word in
      (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * UInt64($0))) }
    }
  }

  /// - Parameter hash: a row's SHA-256, 32 bytes.
  public mutating func add(_ hash: [UInt8]) {
    let w = ScopeDigest.words(hash)
    add(w, carry: 0)
    count &+= 1
  }

  public mutating func remove(_ hash: [UInt8]) {
    let w = ScopeDigest.words(hash)
    add((~w.0, ~w.1, ~w.2, ~w.3), carry: 1)
    count &-= 1
  }

  /// - Parameter hash: 32 bytes, big-endian.
  mutating func add(hash bytes: UnsafeRawBufferPointer) {
    func word(_ at: Int) -> UInt64 { UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)) }
    add((word(24), word(16), word(8), word(0)), carry: 0)
    count &+= 1
  }

  /// What adds up to nothing with this one, its count left out.
  var negated: ScopeDigest {
    var negated = ScopeDigest()
    negated.add((~words.0, ~words.1, ~words.2, ~words.3), carry: 1)
    return negated
  }

  mutating func add(words other: ScopeDigest, count: UInt64) {
    add(other.words, carry: 0)
    self.count &+= count
  }

  private mutating func add(_ w: (UInt64, UInt64, UInt64, UInt64), carry: UInt64) {
    func sum(_ a: UInt64, _ b: UInt64, _ carry: inout UInt64) -> UInt64 {
      let (x, one) = a.addingReportingOverflow(b)
      let (y, two) = x.addingReportingOverflow(carry)
      carry = one || two ? 1 : 0
      return y
    }
    var carry = carry
    words = (
      sum(words.0, w.0, &carry), sum(words.1, w.1, &carry), sum(words.2, w.2, &carry), sum(words.3, w.3, &carry)
    )
  }

  public static func == (a: ScopeDigest, b: ScopeDigest) -> Bool { a.words == b.words && a.count == b.count }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(count)
  }

  /// e(R): the hash of one row. Columns at their default are left out, so a column added to the schema changes no hash.
  ///
  /// - Parameter columns: (column id, value) of readable columns that are not at their default, ascending; the key's
  ///   columns are in `row`.
  public static func rowHash(_ row: RowID, columns: [(id: UInt32, value: Value)]) -> [UInt8] {
    rowHash(row, count: columns.count) { columns[$0] }
  }

  /// - Parameter column: one of those columns by its place among them.
  package static func rowHash(
    _ row: RowID, count: Int, _ column: (Int) -> (id: UInt32, value: Value)
  ) -> [UInt8] {
    var out = CBORWriter(reserving: 64 + count * 16)
    out.array(2 + count * 2)
    out.unsigned(UInt64(row.table))
    out.key(row.key)
    for at in 0..<count {
      let column = column(at)
      out.unsigned(UInt64(column.id))
      out.value(column.value)
    }
    return sha256(out.bytes)
  }
}
