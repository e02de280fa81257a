internal import RelayMerge
internal import RelayProtocol

extension Affinity {
  /// A value read back as the type that the sync schema gives it, where what the declared type made of it can be undone
  /// exactly: whole numbers that were reals or texts, and the other way round.
  func exact(_ value: String, _ type: ColumnType) -> String {
    let whole = "BETWEEN -9007199254740992 AND 9007199254740992"
    switch (type, self) {
    case (.real, .integer), (.real, .numeric):
      return """
        CASE WHEN typeof(\(value)) = 'integer' AND \(value) \(whole) THEN CAST(\(value) AS REAL) ELSE \(value) END
        """
    case (.text, .integer), (.text, .numeric), (.text, .real):
      return "CASE typeof(\(value)) WHEN 'integer' THEN CAST(\(value) AS TEXT) ELSE \(value) END"
    case (.integer, .real):
      return """
        CASE WHEN typeof(\(value)) = 'real' AND \(value) \(whole) AND CAST(\(value) AS INTEGER) = \(value) \
        THEN CAST(\(value) AS INTEGER) ELSE \(value) END
        """
    case (.integer, .text):
      return """
        CASE WHEN typeof(\(value)) = 'text' AND CAST(CAST(\(value) AS INTEGER) AS TEXT) = \(value) \
        THEN CAST(\(value) AS INTEGER) ELSE \(value) END
        """
    default: return value
    }
  }
}
