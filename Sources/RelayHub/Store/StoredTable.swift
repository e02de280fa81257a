internal import RelayProtocol

/// A table of the store as a copy sees it: its columns in their order, and those that name a row.
struct StoredTable {
  enum Kind {
    case number, text, bytes

    func value(_ row: any SQLRow, _ column: Int) -> Value {
      if row.isNull(column) { return .null }
      return switch self {
      case .number: .integer(row.int(column))
      case .text: .text(row.text(column))
      case .bytes: .blob(row.blob(column))
      }
    }
  }

  let name: String
  let columns: [(name: String, kind: Kind)]
  /// Places of the columns of the primary key.
  let key: [Int]

  /// Rows that are read at a time.
  static let page = 2000

  /// - Parameters:
  ///   - columns: their names; with `'` behind one for text, with `*` for bytes.
  ///   - key: how many of the first columns name a row, unless `places` says which.
  private init(_ name: String, _ columns: String, key count: Int = 1, places: [Int]? = nil) {
    self.name = name
    self.columns = columns.split(separator: " ").map { column in
      switch column.last {
      case "'": (String(column.dropLast()), .text)
      case "*": (String(column.dropLast()), .bytes)
      default: (String(column), .number)
      }
    }
    key = places ?? Array(0..<count)
  }

  private func quoted(_ at: Int) -> String { "\"\(columns[at].name)\"" }

  func select(after: Bool) -> String {
    let all = columns.indices.map(quoted).joined(separator: ", ")
    let names = key.map(quoted).joined(separator: ", ")
    let places = key.indices.map { "$\($0 + 1)" }.joined(separator: ", ")
    return
      "SELECT \(all) FROM \(name)\(after ? " WHERE (\(names)) > (\(places))" : "") ORDER BY \(names) LIMIT \(Self.page)"
  }

  var insert: String {
    let all = columns.indices.map(quoted).joined(separator: ", ")
    return "INSERT INTO \(name)(\(all)) VALUES (\(columns.indices.map { "$\($0 + 1)" }.joined(separator: ", ")))"
  }

  /// Every table of `HubTables` but what nodes tell each other.
  static let all = [
    StoredTable("meta", "name' value*"),
    StoredTable("device", "id name' role' code* expires replica token* revoked quarantined refused"),
    StoredTable("grants", "device scope' readable writable", key: 2),
    StoredTable("rights", "changes"),
    StoredTable("rights_change", "device n seq at role'", key: 2),
    StoredTable("grant_span", "device kind scope' first last", key: 4),
    StoredTable("replica", "id device n hash* named known"),
    StoredTable("txn", "seq replica n hash* device author' eff accepted entries refusal* base log* received"),
    StoredTable("body", "seq bytes*"),
    StoredTable("part", "replica n offset hash* total bytes* device at", key: 3),
    StoredTable("standing", "device tbl key* seq replica n kind refused", key: 4),
    StoredTable("refused", "device seq bytes", key: 2),
    StoredTable("row", "id tbl key* seq alive parent_tbl parent* scopes* homes* orphan flags shape vals* stamps*"),
    StoredTable("shape", "id columns*"),
    StoredTable("increment", "row grp seq replica n eff delta", key: 3),
    StoredTable("taken", "tbl list value* row", key: 3),
    StoredTable("scope", "id name'"),
    StoredTable("feed", "scope seq row", key: 3),
    StoredTable("horizon", "scope' seq"),
    StoredTable("exits", "scope' tbl key* seq", key: 3),
    StoredTable("entry", "tbl key* cell* opened status' ended", key: 4),
    StoredTable("notice", "device seq tbl key* cell* replica n lost*", places: [5, 6, 2, 3, 4]),
    StoredTable("history", "row seq", key: 2),
    StoredTable("attempt", "tbl key* seq", key: 3),
    StoredTable("digest", "scope' role' version sum* count", key: 3),
    StoredTable("addition", "version seq"),
    StoredTable("fork", "id sealed first parent"),
    StoredTable("offered", "replica n epoch* seq", key: 2),
    StoredTable("epoch", "number id* fork"),
    StoredTable("opening", "first name"),
    StoredTable("lost_opening", "replica n place bases*", key: 2),
    StoredTable("gap", "replica n hash*", key: 2),
    StoredTable("last_sync", "device at"),
  ]
}
