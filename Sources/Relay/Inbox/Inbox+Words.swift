internal import RelayMerge
internal import RelayProtocol

extension Inbox {
  // MARK: Ids of items

  static func outgrownID(_ row: RowID, _ table: TableSchema) -> String {
    "l-\(table.id)-\(hash128(row.key).description)"
  }

  static func refusalID(_ dot: Dot) -> String { "r-\(dot)" }

  // MARK: Words

  /// A key for people: its values, joined by a slash.
  static func label(_ row: RowID) -> String {
    guard let values = try? row.values() else { return row.key.hexadecimal }
    return values.map { value in value.text ?? value.description }.joined(separator: "/")
  }

  /// A key as part of an item's id: as for people where no two keys look alike, which one text or number never does.
  static func name(_ row: RowID, _ table: TableSchema) -> String {
    let isPlain = table.key.count == 1 && table.columns[table.key[0]].type != .any
    return isPlain ? label(row) : label(row) + "~" + hash128(row.key).description.prefix(8)
  }

  static func label(_ value: CellValue) -> String {
    switch value {
    case .values(let values): values.map(\.description).joined(separator: ", ")
    case .delta(let delta): String(delta)
    case .flag(let flag): flag ? "there" : "deleted"
    }
  }

  static func label(_ sibling: SiblingRecord) -> String {
    let who = [sibling.author, sibling.device].filter { !$0.isEmpty }.joined(separator: ", ")
    return "\(label(sibling.write.value)) (\(who), \(InstantText.utc(sibling.write.effective.milliseconds)))"
  }
}
