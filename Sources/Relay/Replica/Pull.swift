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
  /// The rows of all pages, each in its newest version.
  var rows: [RowID: Arrived]
  var grants: [ScopeGrant]
  var newRole: String
  var closing: PullClosing

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
    rows = [:]
    for page in pages {
      for run in page.runs {
        for record in run.rows { rows[record.row] = Arrived(columns: run.columns, record: record) }
      }
    }
    for row in closing.exits { rows[row] = nil }
    grants = pages.last?.grants ?? []
    newRole = pages.last?.role ?? ""
    self.closing = closing
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
