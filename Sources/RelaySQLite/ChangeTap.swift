internal import CSQLite
package import RelayProtocol

/// Hears of every row of chosen tables that this connection is about to change, whatever statement, trigger or foreign key
/// does it (https://sqlite.org/c3ref/preupdate_count.html), and keeps in memory what the row was and what it becomes.
///
/// What a rollback to a savepoint undoes stays in the list: a record says "touched, and this was before", and what became
/// of the row is certain only while nothing was undone (`isExact`).
package final class ChangeTap {
  /// How rows of one table are read. A class, since every row asks for it.
  package final class Table {
    /// As the file spells it.
    let name: [CChar]
    /// The places in the table of the columns to keep, in their order.
    let columns: [Column]
    /// Which of these make the key.
    let key: [Int]

    package struct Column {
      /// Its place in the table.
      package var place: Int32
      /// Of a column that cannot be NULL: what a row holds that is older than the column.
      package var byDefault: Value?
      /// Does SQLite make reals of its whole numbers?
      package var isReal: Bool

      package init(place: Int32, byDefault: Value?, isReal: Bool) {
        (self.place, self.byDefault, self.isReal) = (place, byDefault, isReal)
      }
    }

    package init(name: String, columns: [Column], key: [Int]) {
      (self.name, self.columns, self.key) = (Array(name.utf8CString), columns, key)
    }
  }

  private struct Record {
    var table: Int
    /// Where its bytes begin; each part ends where the next begins.
    var key: Int
    var before: Int
    var after: Int
    var end: Int
  }

  /// Is it the app that writes now?
  package var isListening = false
  /// Are the values after each change those that the rows have now? Not after something was undone.
  package private(set) var isExact = true
  /// Tables that are listened to; empty where this connection captures by triggers.
  package var tables: [Table] = []
  private var records: [Record] = []
  private var out = CBORWriter()
  private var last = 0

  package var isEmpty: Bool { records.isEmpty }

  package var count: Int { records.count }

  package func clear() {
    records.removeAll(keepingCapacity: records.count < 1 << 12)
    if out.bytes.count < 1 << 16 { out.removeAll() } else { out = CBORWriter() }
    isExact = true
  }

  package func somethingWasUndone() { if !records.isEmpty { isExact = false } }

  // MARK: Listening

  fileprivate func hear(_ db: OpaquePointer, _ operation: Int32, _ name: UnsafePointer<CChar>) {
    guard let at = find(name) else { return }
    let table = tables[at]
    var out = CBORWriter()
    swap(&out, &self.out)
    defer { swap(&out, &self.out) }
    let start = out.bytes.count
    switch operation {
    case SQLITE_INSERT: insert(db, at, table, &out, start)
    case SQLITE_DELETE:
      write(db, table.key, table, isOld: true, &out)
      let before = out.bytes.count
      write(db, nil, table, isOld: true, &out)
      records.append(Record(table: at, key: start, before: before, after: out.bytes.count, end: out.bytes.count))
    default:
      write(db, table.key, table, isOld: true, &out)
      let before = out.bytes.count
      write(db, nil, table, isOld: true, &out)
      let after = out.bytes.count
      write(db, table.key, table, isOld: false, &out)
      let isSameKey = out.bytes[start..<before] == out.bytes[after...]
      out.shrink(to: after)
      if isSameKey { write(db, nil, table, isOld: false, &out) }
      records.append(Record(table: at, key: start, before: before, after: after, end: out.bytes.count))
      // Under another key it is another row.
      if !isSameKey { insert(db, at, table, &out, out.bytes.count) }
    }
  }

  private func insert(_ db: OpaquePointer, _ at: Int, _ table: Table, _ out: inout CBORWriter, _ start: Int) {
    write(db, table.key, table, isOld: false, &out)
    let after = out.bytes.count
    write(db, nil, table, isOld: false, &out)
    records.append(Record(table: at, key: start, before: after, after: after, end: out.bytes.count))
  }

  private func find(_ name: UnsafePointer<CChar>) -> Int? {
    if last < tables.count, isSame(tables[last].name, name) { return last }
    guard let at = tables.firstIndex(where: { isSame($0.name, name) }) else { return nil }
    last = at
    return at
  }

  private func isSame(_ known: [CChar], _ name: UnsafePointer<CChar>) -> Bool {
    known.withUnsafeBufferPointer { sqlite3_stricmp($0.baseAddress, name) == 0 }
  }

  /// - Parameter columns: positions in the table's columns; nil for all.
  private func write(
    _ db: OpaquePointer, _ columns: [Int]?, _ table: Table, isOld: Bool, _ out: inout CBORWriter
  ) {
    out.array(columns?.count ?? table.columns.count)
    if let columns {
      for at in columns { write(db, table.columns[at], isOld: isOld, &out) }
    } else {
      for column in table.columns { write(db, column, isOld: isOld, &out) }
    }
  }

  private func write(_ db: OpaquePointer, _ column: Table.Column, isOld: Bool, _ out: inout CBORWriter) {
    var found: OpaquePointer?
    let result =
      isOld
      ? relay_sqlite3_preupdate_old(db, column.place, &found) : relay_sqlite3_preupdate_new(db, column.place, &found)
    guard result == SQLITE_OK, let found else { return out.null() }
    switch sqlite3_value_type(found) {
    case SQLITE_INTEGER:
      let number = sqlite3_value_int64(found)
      if column.isReal { out.value(Value.real(Double(number))) } else { out.integer(number) }
    case SQLITE_FLOAT:
      let number = sqlite3_value_double(found)
      // A REAL column knows no -0.0.
      out.value(Value.real(number == 0 && column.isReal ? 0 : number))
    case SQLITE_TEXT:
      let start = sqlite3_value_text(found)
      out.text(bytes: UnsafeRawBufferPointer(start: start, count: Int(sqlite3_value_bytes(found))))
    case SQLITE_BLOB:
      let start = sqlite3_value_blob(found)
      out.byteString(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_value_bytes(found))))
    default: if isOld, let value = column.byDefault { out.value(value) } else { out.null() }
    }
  }

  // MARK: Reading

  /// A row that was touched; its bytes last as long as the call that lends them.
  package struct Touched {
    /// By its place in `tables`.
    package var table: Int
    /// The key as CBOR.
    package var key: UnsafeRawBufferPointer
    /// The columns' values as a CBOR array; nil where the row was not there.
    package var before: UnsafeRawBufferPointer?
    /// The same for what it became, as long as nothing was undone.
    package var after: UnsafeRawBufferPointer?

    package var isDelete: Bool { before != nil && after == nil }

    /// Is it what it was?
    package var isUnchanged: Bool {
      guard let before, let after else { return before == nil && after == nil }
      return before.isSame(after)
    }
  }

  /// Gives every row that was touched once, by table and key, with what it was first and became last.
  package func eachRow(_ body: (Touched) throws(RelayError) -> Void) throws(RelayError) {
    let order = sorted()
    let bytes = out.bytes
    var start = 0
    while start < order.count {
      let first = records[order[start]]
      var end = start + 1
      while end < order.count, isSameRow(first, records[order[end]], bytes) { end += 1 }
      let last = records[order[end - 1]]
      var failure: RelayError?
      bytes.withUnsafeBytes { all in
        func part(_ low: Int, _ high: Int) -> UnsafeRawBufferPointer? {
          low == high ? nil : UnsafeRawBufferPointer(rebasing: all[low..<high])
        }
        let row = Touched(
          table: first.table, key: UnsafeRawBufferPointer(rebasing: all[first.key..<first.before]),
          before: part(first.before, first.after), after: part(last.after, last.end))
        do throws(RelayError) { try body(row) } catch { failure = error }
      }
      if let failure { throw failure }
      start = end
    }
  }

  /// Gives every record in the order in which it happened.
  package func eachRecord(_ body: (Touched) throws(RelayError) -> Void) throws(RelayError) {
    let bytes = out.bytes
    for record in records {
      var failure: RelayError?
      bytes.withUnsafeBytes { all in
        let before = UnsafeRawBufferPointer(rebasing: all[record.before..<record.after])
        let after = UnsafeRawBufferPointer(rebasing: all[record.after..<record.end])
        let row = Touched(
          table: record.table, key: UnsafeRawBufferPointer(rebasing: all[record.key..<record.before]),
          before: before.isEmpty ? nil : before, after: after.isEmpty ? nil : after)
        do throws(RelayError) { try body(row) } catch { failure = error }
      }
      if let failure { throw failure }
    }
  }

  /// Numbers of records by table and key; of one row in the order in which they happened.
  private func sorted() -> [Int] {
    let bytes = out.bytes
    return bytes.withUnsafeBytes { all in
      func precedes(_ a: Record, _ b: Record) -> Bool {
        if a.table != b.table { return a.table < b.table }
        let (x, y) = (a.before - a.key, b.before - b.key)
        guard let base = all.baseAddress else { return false }
        let order = relay_compare_bytes(base + a.key, base + b.key, min(x, y))
        return order == 0 ? x < y : order < 0
      }
      let numbers = Array(records.indices)
      let isSorted = zip(records, records.dropFirst()).allSatisfy { !precedes($1, $0) }
      return isSorted
        ? numbers
        : numbers.sorted { a, b in
          precedes(records[a], records[b]) || (!precedes(records[b], records[a]) && a < b)
        }
    }
  }

  private func isSameRow(_ a: Record, _ b: Record, _ bytes: [UInt8]) -> Bool {
    a.table == b.table && bytes[a.key..<a.before] == bytes[b.key..<b.before]
  }
}

extension Database {
  /// Begins to listen; statements that were prepared before may have been prepared to change rows unheard.
  ///
  /// - Returns: false where this SQLite was built without the means.
  func installTap() -> Bool {
    guard relay_sqlite3_has_preupdate() != 0 else { return false }
    relay_sqlite3_preupdate_hook(
      handle,
      { context, db, operation, schema, table, _, _ in
        guard let context, let db, let schema, let table else { return }
        let tap = Unmanaged<ChangeTap>.fromOpaque(context).takeUnretainedValue()
        guard tap.isListening, !tap.tables.isEmpty, sqlite3_stricmp(schema, "main") == 0 else { return }
        tap.hear(db, operation, table)
      }, Unmanaged.passUnretained(tap).toOpaque())
    return true
  }
}
