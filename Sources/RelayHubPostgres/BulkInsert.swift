internal import RelayHub
internal import RelayProtocol

/// A plain INSERT that may wait for others like it, and what waits: many rows go out as one statement, a column an array.
///
/// Plain inserts answer nothing and look at nothing, so that they may pass one another; whatever else is asked or done
/// comes after all of them.
struct BulkInsert {
  private let single: String
  private let bulk: String
  private let isNumber: [Bool]
  private var rows: [[Value]] = []

  /// So many rows at most go out together.
  static let most = 1000

  /// - Returns: nil for any other statement.
  init?(_ sql: String) {
    guard let plain = PlainInsert(sql) else { return nil }
    let arrays = plain.areNumbers.enumerated().map { "$\($0 + 1)::\($1 ? "bigint" : "bytea")[]" }
    (single, isNumber) = (sql, plain.areNumbers)
    bulk = "\(plain.head) SELECT * FROM unnest(\(arrays.joined(separator: ", "))) \(plain.tail)"
  }

  var isFull: Bool { rows.count >= BulkInsert.most }

  mutating func add(_ values: [Value]) { rows.append(values) }

  mutating func drop() { rows.removeAll(keepingCapacity: true) }

  mutating func send(over connection: PostgresConnection) throws(RelayError) {
    defer { drop() }
    guard rows.count > 1 else {
      for values in rows { try connection.send(single, values) }
      return
    }
    try connection.send(bulk, isNumber.indices.map { .blob(array($0)) }, types: isNumber.map { $0 ? 1016 : 1001 })
  }

  /// One column in PostgreSQL's binary form of arrays: dimensions, whether there is a NULL, the type, length and first
  /// index, then each value with its length.
  private func array(_ column: Int) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(20 + rows.count * (isNumber[column] ? 12 : 40))
    func put(_ number: Int32) { withUnsafeBytes(of: number.bigEndian) { out.append(contentsOf: $0) } }
    for number in [1, 1, isNumber[column] ? 20 : 17, Int32(rows.count), 1] { put(number) }
    for values in rows {
      switch values[column] {
      case .null: put(-1)
      case .integer(let number):
        put(8)
        withUnsafeBytes(of: number.bigEndian) { out.append(contentsOf: $0) }
      case .real(let number):
        put(8)
        withUnsafeBytes(of: number.bitPattern.bigEndian) { out.append(contentsOf: $0) }
      case .text(let text):
        put(Int32(text.utf8.count))
        out.append(contentsOf: text.utf8)
      case .malformedText(let bytes), .blob(let bytes):
        put(Int32(bytes.count))
        out.append(contentsOf: bytes)
      }
    }
    return out
  }
}
