internal import RelayMerge
internal import RelayProtocol

/// The rows of one answer, with the columns that the device's role reads.
struct PageRows {
  private let door: Door
  private let limit: Int
  private let most: Int
  private var writer = RowsWriter()
  private var plan: RolePlan?
  private var run: UInt32?

  /// - Parameters:
  ///   - limit: full from so many bytes on.
  ///   - most: more only for a row that is alone.
  init(_ door: Door, limit: Int, most: Int) {
    self.door = door
    self.limit = limit
    self.most = most
  }

  var finished: EncodedRows { writer.finished }
  var isFull: Bool { writer.count > 0 && writer.size >= limit }
  /// One large row: nothing else fits beside it.
  var isOversized: Bool { writer.size > most }

  /// How rows of a table go to the device; nil where its role does not read it.
  mutating func plan(_ id: UInt32) -> RolePlan? {
    if let plan, plan.table.id == id { return plan }
    guard let table = door.table(id) else { return nil }
    plan = RolePlan(table, role: door.device.role)
    return plan
  }

  /// - Returns: false, and nothing added, where it does not fit beside the others.
  mutating func append(_ record: RowRecord) -> Bool {
    let size = record.size(columns: plan(record.row.table)?.columns ?? [])
    guard writer.count == 0 || writer.size + size <= most else { return false }
    begin(record.row.table)
    writer.append(record)
    return true
  }

  /// - Returns: false, and nothing added, where it does not fit beside the others.
  mutating func append(_ row: FeedRow, values: [UInt8], stamps: StoredStamps?) -> Bool {
    let size = row.row.key.count + values.count + (stamps == nil ? 0 : row.stamps.count) + 32
    guard writer.count == 0 || writer.size + size <= most else { return false }
    begin(row.row.table)
    writer.append(key: row.row.key, seq: row.place.seq, values: values, stamps: stamps)
    return true
  }

  private mutating func begin(_ table: UInt32) {
    guard run != table else { return }
    run = table
    writer.begin(table: table, columns: plan(table)?.columns ?? [])
  }
}
