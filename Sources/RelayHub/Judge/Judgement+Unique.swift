internal import RelayMerge
internal import RelayProtocol

extension Judgement {
  /// Does a row of this transaction want a unique key that another row holds? Who was judged first keeps it (rule 19:
  /// the later transaction is refused and kept); of the other row nothing is told.
  func takesUniqueKey(_ written: [RowWork]) throws(RelayError) -> Refusal? {
    var wanted: [UniqueName: RowID] = [:]
    for work in written where !work.table.unique.isEmpty {
      guard let stored = work.new else { continue }
      let (row, table) = (work.row, work.table)
      for key in try session.uniqueKeys(stored) {
        let name = UniqueName(table: row.table, list: key.list, value: key.value)
        let isHeld = try holds(key, besides: stored)
        guard wanted.updateValue(row, forKey: name) != nil || isHeld else { continue }
        let names = table.unique[key.list].map { table.columns[$0].name }.joined(separator: ", ")
        return Refusal(
          rule: .uniqueTaken, row: row, message: "\(table.name): another row has this \(names); choose another")
      }
    }
    return nil
  }

  /// Is the key held by a row that keeps it after this transaction?
  private func holds(_ key: TableSchema.UniqueKey, besides stored: StoredRow) throws(RelayError) -> Bool {
    guard let holder = try session.holder(key, of: stored.row.table), holder != stored.id else {
      return false
    }
    guard let row = try session.load(id: holder)?.row, let changed = try work(row)?.new else { return true }
    return try session.uniqueKeys(changed).contains(key)
  }

  private struct UniqueName: Hashable {
    var table: UInt32
    var list: Int
    var value: [UInt8]
  }
}
