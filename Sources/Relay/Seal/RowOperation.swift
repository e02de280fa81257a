internal import RelayMerge
public import RelayProtocol

/// One value of an operation in the words of people: the column's name and what was done to it.
public struct RowOperation: Sendable, Equatable {
  /// `insert`, `set`, `increment`, `add`, `remove`, `delete` or `touch`.
  public var operation: String
  public var column: String?
  public var value: Value = .null
}

extension TableSchema {
  /// An operation value by value; groups that this schema does not know are named by their number.
  func told(_ operation: Operation) -> [RowOperation] {
    func each(_ word: String, _ id: GroupID, _ values: [Value]) -> [RowOperation] {
      guard let group = group(id), group.columns.count == values.count else {
        return values.map { RowOperation(operation: word, column: group(id)?.name ?? String(id), value: $0) }
      }
      return zip(group.columns, values).map { at, value in
        RowOperation(operation: word, column: columns[at].name, value: value)
      }
    }
    switch operation.kind {
    case .insert(let groups):
      return groups.isEmpty
        ? [RowOperation(operation: "insert")]
        : groups.flatMap { given in
          // A set lists its elements: as one value, the way its column holds it.
          group(given.group)?.policy.hasElements == true
            ? each("insert", given.group, [JSONSet.text(given.values)]) : each("insert", given.group, given.values)
        }
    case .set(let group, let values): return each("set", group, values)
    case .increment(let group, let delta): return each("increment", group, [.integer(delta)])
    case .add(let group, let element): return each("add", group, [element])
    case .remove(let group, let element): return each("remove", group, [element])
    case .delete: return [RowOperation(operation: "delete")]
    case .touch: return [RowOperation(operation: "touch")]
    }
  }
}
