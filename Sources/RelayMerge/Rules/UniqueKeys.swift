package import RelayProtocol

/// Keys that the schema calls unique: which a row holds, by the bytes that hub and device compare.
extension TableSchema {
  package struct UniqueKey: Sendable, Hashable {
    /// The number of the column list.
    package var list: Int
    /// Its values, as they are compared.
    package var value: [UInt8]
  }

  /// - Parameter values: by position in `columns`; a dead row holds none.
  package func uniqueKeys(_ values: [Value]?) -> [UniqueKey] {
    guard let values, !unique.isEmpty else { return [] }
    var keys: [UniqueKey] = []
    for (list, columns) in unique.enumerated() where columns.allSatisfy({ !values[$0].isNull }) {
      keys.append(UniqueKey(list: list, value: RowID.encode(columns.map { TableSchema.folded(values[$0]) })))
    }
    return keys
  }

  /// SQLite's UNIQUE takes 1 and 1.0 for equal, so a key does too.
  private static func folded(_ value: Value) -> Value {
    guard case .real(let real) = value, let whole = Int64(exactly: real) else { return value }
    return .integer(whole)
  }
}
