internal import RelayMerge
internal import RelayProtocol

/// A pull whose last page is in: everything that an install needs, and what it was asked with.
struct CompletePull {
  var epoch: Hash128
  /// What the request said: base, floor, scopes, role and schema. A reply asked with something else is discarded
  /// (rule 8).
  var base: UInt64
  var floor: UInt64
  var scopes: [String]
  var role: String
  var schema: SpokenSchema
  /// The version that the hub served it at.
  var version: UInt64
  /// The rows of all pages, each in its newest version, ascending.
  var rows: [Arrived]
  var grants: [ScopeGrant]
  var newRole: String
  var closing: PullClosing
  /// What it does not bring leaves, as under another role.
  var isWhole: Bool

  struct Arrived {
    var columns: [UInt32]
    var record: RowRecord
  }

  /// Joins the pages in the order in which they came; exits win over rows of any page.
  ///
  /// - Parameter hub: the newest version of the sync schema that the hub knows.
  init(request: SyncRequest, epoch: Hash128, hub: UInt64?, pages: [PullPage], closing: PullClosing) {
    self.epoch = epoch
    base = request.base
    floor = request.floor
    scopes = request.scopes
    role = request.role
    let spoken = request.schemaVersion ?? 0
    schema = SpokenSchema(version: spoken, hash: request.schemaHash, installed: request.installed)
    version = min(spoken, hub ?? spoken)
    rows = CompletePull.newest(pages, without: Set(closing.exits))
    grants = pages.last?.grants ?? []
    newRole = pages.last?.role ?? ""
    isWhole = pages.last?.isWhole == true
    self.closing = closing
  }

  func brings(_ row: RowID) -> Bool { seq(of: row) != nil }

  /// Does everything leave that the pull does not bring: under another role, and where too much left to be listed?
  var leavesTheRest: Bool { base > 0 && (newRole != role || isWhole) }

  /// The seq at which the pull brings a row; nil where it does not.
  func seq(of row: RowID) -> UInt64? {
    var (low, high) = (0, rows.count)
    while low < high {
      let middle = (low + high) / 2
      if rows[middle].record.row < row { low = middle + 1 } else { high = middle }
    }
    return low < rows.count && rows[low].record.row == row ? rows[low].record.seq : nil
  }

  func exits(_ row: RowID) -> Bool {
    var (low, high) = (0, closing.exits.count)
    while low < high {
      let middle = (low + high) / 2
      if closing.exits[middle] < row { low = middle + 1 } else { high = middle }
    }
    return low < closing.exits.count && closing.exits[low] == row
  }

  private static func newest(_ pages: [PullPage], without exits: Set<RowID>) -> [Arrived] {
    var all: [Arrived] = []
    for page in pages {
      for run in page.runs { for record in run.rows { all.append(Arrived(columns: run.columns, record: record)) } }
    }
    // The sort is stable: of several versions the last one is the newest.
    all.sort { $0.record.row < $1.record.row }
    var newest: [Arrived] = []
    newest.reserveCapacity(all.count)
    for (at, arrived) in all.enumerated() {
      if at + 1 < all.count, all[at + 1].record.row == arrived.record.row { continue }
      if exits.isEmpty || !exits.contains(arrived.record.row) { newest.append(arrived) }
    }
    return newest
  }
}

extension CompletePull.Arrived {
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
