internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// How the log of one synced table is read. Made when the file is looked at: it knows the places of the columns.
final class CaptureSQL {
  /// The place of each column in the log, in the order of the table's columns.
  let slots: [Int]
  /// Columns, by position, of which this file or the sync schema wants every combination once; the key's not among them.
  let uniques: [[Int]]
  /// SELECT of the touches: kind, id, seq shown, the values logged, the values of the row now (NULL keys: it is gone).
  /// Rows in the order of a transaction where the key's types allow to say it in SQL; the touches of a row in theirs.
  let touches: Command
  /// The columns of a record (`l`), as the sync schema's types.
  let logged: [String]

  init(_ table: TableSchema, _ slots: [Int], uniques: [[Int]], affinities: [Affinity]) {
    self.slots = slots
    self.uniques = uniques
    let raw = (logged: slots.map { "l.v\($0)" }, now: table.columns.map { "t.\(SQL.name($0.name))" })
    let match = table.key.map { "\(raw.now[$0]) = \(raw.logged[$0])" }.joined(separator: " AND ")
    func exact(_ values: [String]) -> [String] {
      values.indices.map { affinities[$0].exact(values[$0], table.columns[$0].type) }
    }
    let (logged, now) = (exact(raw.logged), exact(raw.now))
    self.logged = logged
    let order = table.key.map { CaptureSQL.order(logged[$0], table.columns[$0].type) }.joined(separator: ", ")
    touches = Command(
      """
      SELECT l.kind, l.id, l.seq, \((logged + now).joined(separator: ", "))
      FROM relay_log AS l LEFT JOIN \(SQL.name(table.name)) AS t ON \(match)
      WHERE l.tbl = \(table.id) ORDER BY \(order), l.id
      """)
  }

  /// Keys compare as deterministic CBOR: shorter texts first, negative numbers after the others.
  private static func order(_ value: String, _ type: ColumnType) -> String {
    switch type {
    case .text, .blob: "length(CAST(\(value) AS BLOB)), \(value)"
    case .integer: "\(value) < 0, CASE WHEN \(value) < 0 THEN -1 - \(value) ELSE \(value) END"
    case .real, .any: value
    }
  }
}

/// A row that was touched since the last seal.
struct TouchedRow {
  var row: RowID
  /// What it was before each run of the log that touched it; ascending by run.
  var before: [(run: Int, values: [Value]?)]
  /// What it is now; nil where it is gone.
  var after: [Value]?
  /// The seq that it showed at its first touch.
  var seq: UInt64?
  /// A part of its key is NULL: it cannot be told from others like it.
  var lacksKey = false
}

extension CaptureLog {
  /// Gives the rows of a table that were touched, each once.
  ///
  /// - Parameter runs: where each run of the log begins, ascending.
  func eachTouched(
    _ table: TableSchema, _ sql: CaptureSQL, runs: [CaptureRun],
    _ body: (TouchedRow) throws(RelayError) -> Void
  ) throws(RelayError) {
    let width = table.columns.count
    let keyColumns = table.key.map { 3 + $0 }
    var current: TouchedRow?
    var last: [UInt8] = []
    try db.run(sql.touches, []) { (record) throws(RelayError) in
      let row = RowID(table: table.id, key: record.key(keyColumns))
      let isSame = row.key == last
      last = row.key
      // Of one run only the first touch of a row is of interest.
      if isSame, runs.count <= 1 { return true }
      let run = runs.count > 1 ? CaptureLog.run(of: record.int(1), in: runs) : 0
      if isSame {
        guard current?.before.last?.run != run else { return true }
      } else if let done = current {
        current = nil
        try body(done)
      }
      let hasValues = Touch(rawValue: record.int(0))?.hasValues ?? false
      let before = hasValues ? (0..<width).map { record[3 + $0] } : nil
      guard current == nil else {
        current?.before.append((run, before))
        return true
      }
      let isThere = table.key.allSatisfy { record.shape(3 + width + $0).kind != .null }
      let seq = table.seqColumn == nil ? nil : record[2].integer.map { UInt64(max(0, $0)) }
      current = TouchedRow(
        row: row, before: [(run, before)], after: isThere ? (0..<width).map { record[3 + width + $0] } : nil, seq: seq,
        lacksKey: keyColumns.contains { record.shape($0).kind == .null })
      return true
    }
    if let current { try body(current) }
  }

  static func run(of id: Int64, in runs: [CaptureRun]) -> Int {
    var (low, high) = (0, runs.count)
    while low < high {
      let middle = (low + high) / 2
      if runs[middle].first <= id { low = middle + 1 } else { high = middle }
    }
    return max(0, low - 1)
  }
}
