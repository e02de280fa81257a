package import RelayProtocol

/// Inserts rows into a table, many by one statement: SQLite then finds the place of a row beside the one before it, and
/// begins and ends a statement once for all of them. Rows wait in memory until there are enough; `finish` writes the rest.
package final class BulkInsert {
  private enum Cell {
    case null
    case integer(Int64)
    /// Where its bytes lie in `bytes`.
    case blob(Range<Int>)
  }

  private static let rowsAtOnce = 64

  private let many: PreparedStatement
  private let one: PreparedStatement
  private let width: Int
  private var cells: [Cell] = []
  private var bytes: [UInt8] = []

  /// - Parameter columns: those that are given, in the order in which they are.
  package init(_ db: Database, into table: String, _ columns: [String]) throws(RelayError) {
    let row = "(" + columns.map { _ in "?" }.joined(separator: ", ") + ")"
    func insert(_ rows: Int) -> String {
      "INSERT INTO \(table) (\(columns.joined(separator: ", "))) VALUES "
        + Array(repeating: row, count: rows).joined(separator: ", ")
    }
    width = columns.count
    many = try db.prepared(insert(BulkInsert.rowsAtOnce))
    one = try db.prepared(insert(1))
  }

  package func null() { cells.append(.null) }

  package func integer(_ value: Int64) { cells.append(.integer(value)) }

  package func blob(_ value: UnsafeRawBufferPointer) {
    let start = bytes.count
    bytes.append(contentsOf: value)
    cells.append(.blob(start..<bytes.count))
  }

  /// To be called once all columns of a row are given.
  ///
  /// - Throws: what the insertion of this row or of one before it throws.
  package func endRow() throws(RelayError) {
    guard cells.count == width * BulkInsert.rowsAtOnce else { return }
    try insert(many, 0..<cells.count)
    clear()
  }

  package func finish() throws(RelayError) {
    for start in stride(from: 0, to: cells.count, by: width) { try insert(one, start..<start + width) }
    clear()
  }

  private func insert(_ statement: borrowing PreparedStatement, _ range: Range<Int>) throws(RelayError) {
    var failure: RelayError?
    bytes.withUnsafeBytes { all in
      for (at, cell) in cells[range].enumerated() {
        switch cell {
        case .null: statement.bindNull(at + 1)
        case .integer(let value): statement.bind(at + 1, value)
        case .blob(let place): statement.bind(at + 1, blob: UnsafeRawBufferPointer(rebasing: all[place]))
        }
      }
      do throws(RelayError) { try statement.run() } catch { failure = error }
    }
    if let failure { throw failure }
  }

  private func clear() {
    cells.removeAll(keepingCapacity: true)
    bytes.removeAll(keepingCapacity: true)
  }
}
