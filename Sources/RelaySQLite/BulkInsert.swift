package import RelayProtocol

/// Inserts rows into a table, many by one statement: SQLite then finds the place of a row beside the one before it, and
/// begins and ends a statement once for all of them. Rows wait in memory until there are enough; `finish` writes the rest.
package final class BulkInsert {
  fileprivate enum Cell {
    case null
    case integer(Int64)
    case real(Double)
    /// Where its bytes lie in `bytes`.
    case blob(Range<Int>)
    case text(Range<Int>)
  }

  private final class Batch {
    let statement: PreparedStatement

    init(_ db: Database, _ sql: String) throws(RelayError) { statement = try db.prepared(sql) }
  }

  /// How many rows the statements take, the most first.
  private static let sizes = [64, 16, 4, 1]
  /// So many bytes wait at most before they are written.
  private static let mostBytes = 256 << 10

  /// What waits. A value, so that a row is added by one access to it.
  package struct Rows {
    fileprivate var cells: [Cell] = []
    fileprivate var bytes: [UInt8] = []

    package mutating func null() { cells.append(.null) }

    package mutating func integer(_ value: Int64) { cells.append(.integer(value)) }

    package mutating func blob(_ value: UnsafeRawBufferPointer) { cells.append(.blob(keep(value))) }

    /// - Returns: whether so much waits that it should be written.
    fileprivate mutating func add(_ values: [Value], most: Int) -> Bool {
      for value in values { add(value) }
      return isFull(most)
    }

    fileprivate func isFull(_ most: Int) -> Bool { cells.count == most || bytes.count >= BulkInsert.mostBytes }

    private mutating func add(_ value: Value) {
      switch value {
      case .null: cells.append(.null)
      case .integer(let number): cells.append(.integer(number))
      case .real(let number): cells.append(.real(number))
      case .blob(let value): cells.append(.blob(value.withUnsafeBytes { keep($0) }))
      case .malformedText(let value): cells.append(.text(value.withUnsafeBytes { keep($0) }))
      case .text(var text): cells.append(.text(text.withUTF8 { keep(UnsafeRawBufferPointer($0)) }))
      }
    }

    private mutating func keep(_ value: UnsafeRawBufferPointer) -> Range<Int> {
      let start = bytes.count
      bytes.append(contentsOf: value)
      return start..<bytes.count
    }
  }

  private let db: Database
  private let (head, tail): (String, String)
  private let width: Int
  /// The statements, each prepared when it is first of use.
  private var batches = [Batch?](repeating: nil, count: BulkInsert.sizes.count)
  private var rows = Rows()

  /// - Parameter columns: those that are given, in the order in which they are.
  package convenience init(_ db: Database, into table: String, _ columns: [String]) {
    self.init(db, head: "INSERT INTO \(table) (\(columns.joined(separator: ", ")))", width: columns.count, tail: "")
  }

  /// - Parameters:
  ///   - head, tail: the statement before and after its rows of values.
  ///   - width: how many values a row has.
  package init(_ db: Database, head: String, width: Int, tail: String) {
    (self.db, self.head, self.width, self.tail) = (db, head, width, tail)
  }

  /// The statement for one of the sizes.
  private func batch(_ at: Int) throws(RelayError) -> Batch {
    if let known = batches[at] { return known }
    let row = "(" + Array(repeating: "?", count: width).joined(separator: ", ") + ")"
    let rows = Array(repeating: row, count: Self.sizes[at]).joined(separator: ", ")
    let batch = try Batch(db, "\(head) VALUES \(rows) \(tail)")
    batches[at] = batch
    return batch
  }

  /// A whole row at once.
  ///
  /// - Throws: what the insertion of this row or of one before it throws.
  package func row(_ values: [Value]) throws(RelayError) {
    if rows.add(values, most: width * Self.sizes[0]) { try finish() }
  }

  /// A whole row at once, as `add` gives its columns.
  ///
  /// - Throws: what the insertion of this row or of one before it throws.
  package func row(_ add: (inout Rows) -> Void) throws(RelayError) {
    add(&rows)
    if rows.isFull(width * Self.sizes[0]) { try finish() }
  }

  package func finish() throws(RelayError) {
    var written = Rows()
    swap(&written, &rows)
    defer {
      // Their memory is kept.
      swap(&written, &rows)
      drop()
    }
    var start = 0
    for (at, count) in Self.sizes.enumerated() {
      while written.cells.count - start >= count * width {
        try insert(try batch(at).statement, written, start..<start + count * width)
        start += count * width
      }
    }
  }

  /// Forgets what waits.
  package func drop() {
    rows.cells.removeAll(keepingCapacity: true)
    rows.bytes.removeAll(keepingCapacity: true)
  }

  private func insert(
    _ statement: borrowing PreparedStatement, _ rows: Rows, _ range: Range<Int>
  ) throws(RelayError) {
    var failure: RelayError?
    rows.bytes.withUnsafeBytes { all in
      var at = 1
      for cell in rows.cells[range] {
        switch cell {
        case .null: statement.bindNull(at)
        case .integer(let value): statement.bind(at, value)
        case .real(let value): statement.bind(at, value)
        case .blob(let place): statement.bind(at, blob: UnsafeRawBufferPointer(rebasing: all[place]))
        case .text(let place): statement.bind(at, text: UnsafeRawBufferPointer(rebasing: all[place]))
        }
        at += 1
      }
      do throws(RelayError) { try statement.run() } catch { failure = error }
    }
    if let failure { throw failure }
  }
}
