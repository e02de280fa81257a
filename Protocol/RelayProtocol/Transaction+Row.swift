extension Transaction {
  /// A transaction as it was sealed, cut to what it did to one row: `rows` has that row's change, or nothing.
  ///
  /// - Parameter bytes: accepted before, so that rows which are passed over need no other look.
  /// - Throws: `malformed_message`, `limit_exceeded` or `unsupported_version`.
  /// - Complexity: O(bytes up to the row); nothing is built of the rows before it.
  package init(sealed bytes: [UInt8], cutTo row: RowID) throws(RelayError) {
    self = try CBORReader.begin(bytes, budget: .max) { (reader) throws(RelayError) in
      var transaction = Transaction(try reader.transactionHeader(), rows: [])
      let count = try reader.array(most: Limits.operations)
      for _ in 0..<count {
        let start = reader.offset
        let passed = try reader.passRow()
        if passed.table == row.table, row.key.withUnsafeBytes({ passed.key.isSame($0) }) {
          reader.move(to: start)
          transaction.rows = [try reader.rowChange(headerBase: transaction.base)]
        }
        // They ascend.
        guard passed.precedes(row) else { break }
      }
      return transaction
    }
  }

  init(_ header: TransactionHeader, rows: [RowChange]) {
    self.init(
      dot: header.dot, previous: header.previous, time: header.time, epoch: header.epoch, base: header.base,
      seen: header.seen, schemaVersion: header.schemaVersion, role: header.role, mode: header.mode,
      author: header.author, rows: rows)
  }
}

/// Whose a change is that was passed over; good as long as what is read.
private struct PassedRow {
  var table: UInt32
  var key: UnsafeRawBufferPointer

  func precedes(_ row: RowID) -> Bool {
    guard table == row.table else { return table < row.table }
    return row.key.withUnsafeBytes { RowID.precedes(key, $0) }
  }
}

extension CBORReader {
  fileprivate mutating func passRow() throws(RelayError) -> PassedRow {
    let items = try array(4...5)
    let table = try tableID()
    let start = offset
    try passKey()
    let key = span(start..<offset)
    for _ in 2..<items { try skip() }
    return PassedRow(table: table, key: key)
  }
}
