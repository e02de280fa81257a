internal import Relay

extension ColumnSchema {
  /// The value that a person wrote, in the column's own type.
  ///
  /// - Throws: `value_not_allowed` for text that is no such value.
  func value(_ text: String) throws(RelayError) -> Value {
    switch type {
    case .any, .text: return .text(text)
    case .integer:
      if let number = Int64(text) { return .integer(number) }
    case .real:
      if let number = Double(text), number.isFinite { return .real(number) }
    case .blob: break
    }
    throw RelayError(.valueNotAllowed, "'\(text)' is no value for \(name) (\(type.rawValue))")
  }
}

extension TableSchema {
  /// A key as a person wrote it, a text a column.
  func key(_ texts: [String]) throws(RelayError) -> [Value] {
    guard texts.count == key.count else {
      let names = key.map { columns[$0].name }.joined(separator: ", ")
      throw RelayError(.usage, "a key of \(name) has \(key.count) values: \(names)")
    }
    var values: [Value] = []
    for (at, text) in zip(key, texts) { values.append(try columns[at].value(text)) }
    return values
  }
}
