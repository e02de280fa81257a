internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// What SQLite makes of a value that is stored in a column, by the type that the column declares
/// (https://sqlite.org/datatype3.html#determination_of_column_affinity).
enum Affinity {
  case integer, text, none, real, numeric

  init(declared type: String) {
    let type = type.uppercased()
    if type.contains("INT") {
      self = .integer
    } else if type.contains("CHAR") || type.contains("CLOB") || type.contains("TEXT") {
      self = .text
    } else if type.contains("BLOB") || type.isEmpty {
      self = .none
    } else if type.contains("REAL") || type.contains("FLOA") || type.contains("DOUB") {
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
