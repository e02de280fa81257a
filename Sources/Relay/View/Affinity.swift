internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// What SQLite makes of a value that is stored in a column, by the type that the column declares
/// (https://sqlite.org/datatype3.html#determination_of_column_affinity).
enum Affinity {
  case integer, text, none, real, numeric

  init(declared type: String) {
    // Letters of either case, as SQLite compares them.
    let type = type.utf8.map { $0 & 0xDF }
    func names(_ word: String) -> Bool { type.indices.contains { type[$0...].starts(with: word.utf8) } }
    if names("INT") {
      self = .integer
    } else if names("CHAR") || names("CLOB") || names("TEXT") {
      self = .text
    } else if names("BLOB") || type.isEmpty {
      self = .none
    } else if names("REAL") || names("FLOA") || names("DOUB") {
      self = .real
    } else {
      self = .numeric
    }
  }

  /// May another value be stored than the one that is written? True also where it would have to be tried.
  func mayChange(_ value: Value) -> Bool {
    switch (self, value) {
    case (.none, _), (_, .null), (_, .blob): false
    case (.text, .integer), (.text, .real): true
    case (.text, _): false
    // SQLite keeps whole numbers of such a column as integers, which know no -0.0.
    case (.real, .real(let x)): x.bitPattern == (-0.0).bitPattern
    case (.integer, .integer), (.numeric, .integer): false
    default: true
    }
  }
}
