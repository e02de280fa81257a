internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// A pull whose last page is in: what it was asked with and how it ends. Its rows stay in the bytes of their pages.
struct CompletePull {
  var epoch: Hash128
  /// What the request said: where the file stood, floor, scopes, role and schema. A reply asked with something else is
  /// discarded (rule 8).
  var base: UInt64
  var logHash: Hash128
  var askedIn: Hash128
  var floor: UInt64
  var scopes: [String]
  var role: String
  var schema: SpokenSchema
  /// The version that the hub served it at.
  var version: UInt64
  var grants: [ScopeGrant]
  var newRole: String
  var closing: PullClosing
  /// What it does not bring leaves, as under another role.
  var isWhole: Bool
  /// The last page's rows.
  var last: EncodedRows
  /// Do others wait in the file?
  var hasPages: Bool
  /// The later of the device's clock and the hub's.
  var clock: HybridTime
  /// The hub's clock, in milliseconds since 1970.
  var hubTime: Int64

  /// A row with the columns that its values are of.
  struct Arrived {
    var columns: [UInt32]
    var record: RowRecord
  }

  /// - Parameter hub: the newest version of the sync schema that the hub knows.
  init(
    request: SyncRequest, epoch: Hash128, hub: UInt64?, last page: PullPage, closing: PullClosing, hasPages: Bool,
    clock: HybridTime, hubTime: Int64
  ) {
    self.epoch = epoch
    (base, logHash, askedIn) = (request.base, request.logHash, request.epoch)
    floor = request.floor
    scopes = request.scopes
    role = request.role
    let spoken = request.schemaVersion ?? 0
    schema = SpokenSchema(version: spoken, hash: request.schemaHash, installed: request.installed)
    version = min(spoken, hub ?? spoken)
    grants = page.grants
    newRole = page.role
    isWhole = page.isWhole
    last = page.rows
    (self.hasPages, self.clock, self.hubTime) = (hasPages, clock, hubTime)
    self.closing = closing
  }

  /// Does everything leave that the pull does not bring: under another role, and where too much left to be listed?
  var leavesTheRest: Bool { base > 0 && (newRole != role || isWhole) && !Mutation.isPlanted(.restStays) }

  /// What counts of the newest time that arrived: whoever wrote may have had a wrong clock.
  func newest(_ time: HybridTime) -> HybridTime { time.atMost(aheadOf: clock) }

  func exits(_ row: RowID) -> Bool {
    var (low, high) = (0, closing.exits.count)
    while low < high {
      let middle = (low + high) / 2
      if closing.exits[middle] < row { low = middle + 1 } else { high = middle }
    }
    return low < closing.exits.count && closing.exits[low] == row
  }

  /// Lends the rows page by page, in the order in which they came: of a row that comes twice the later one counts.
  func eachRow(_ stage: StageStore, _ body: (inout RowCursor) throws(RelayError) -> Void) throws(RelayError) {
    func all(_ row: inout RowCursor) throws(RelayError) -> Bool {
      try body(&row)
      return true
    }
    if hasPages, !Mutation.isPlanted(.lastPageOnly) {
      try stage.eachPage { (bytes) throws(RelayError) in
        try KeptPage(bytes).walk(all)
        return true
      }
    }
    try last.walk(all)
  }
}

extension CompletePull.Arrived {
  /// The live writes of cells that are newer than the pull's floor; none of a dead row.
  func stamps(_ table: TableSchema) throws(RelayError) -> [Cell] {
    guard !record.stamps.isEmpty, let values = try values(table) else { return [] }
    return try table.cells(record.stamps, values)
  }

  /// The record's values by position in the table's columns; columns that the role does not read show their default.
  func values(_ table: TableSchema) throws(RelayError) -> [Value]? {
    guard let given = record.values else { return nil }
    var values = table.columns.map(\.defaultValue)
    for (at, value) in zip(table.key, try record.row.values()) { values[at] = value }
    var at = 0
    for (id, value) in zip(columns, given) {
      while at < table.columns.count, table.columns[at].id < id { at += 1 }
      if at < table.columns.count, table.columns[at].id == id { values[at] = value }
    }
    return values
  }
}

extension HybridTime {
  /// No further ahead of the clocks than the hub lets any write lie: what was seen may lie so far ahead, and nothing is
  /// earlier than what its author had seen.
  func atMost(aheadOf clock: HybridTime) -> HybridTime {
    min(self, HybridTime(milliseconds: clock.milliseconds + Limits.clockLead))
  }
}
