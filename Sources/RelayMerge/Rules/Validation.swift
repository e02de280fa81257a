package import RelayProtocol

extension TableSchema {
  /// Judges a change by the schema and the author's role alone: shapes, types, allowed values, who may write what.
  /// The device asks before it seals, the hub before it merges.
  ///
  /// - Returns: the first refusal, or nil.
  package func refusal(_ change: RowChange, role: String) -> Refusal? {
    func refuse(_ rule: RefusalRule, _ group: GroupID, _ message: String) -> Refusal {
      Refusal(rule: rule, row: change.row, group: group, message: "\(name): \(message)")
    }
    let access = access(role)
    guard access.writes else { return refuse(.notWritable, 0, "the role '\(role)' may not write this table") }
    guard let keyValues = try? change.row.values(), keyValues.count == key.count else {
      return refuse(.valueNotAllowed, 0, "the key does not fit")
    }
    for (at, value) in zip(key, keyValues) where value.isNull || !columns[at].type.admits(value) {
      return refuse(.valueNotAllowed, columns[at].id, "\(columns[at].name) cannot be \(value)")
    }
    for operation in change.operations {
      switch operation.kind {
      case .touch: if isAppendOnly { return refuse(.appendOnly, 0, "rows are never changed") }
      case .delete:
        if isAppendOnly { return refuse(.appendOnly, 0, "rows are never deleted; write a reversal") }
        if deletes == .never { return refuse(.notWritable, 0, "rows are never deleted") }
      case .insert(let groups):
        for given in groups {
          guard let group = group(given.group) else {
            return refuse(.valueNotAllowed, given.group, "there is no column group \(given.group)")
          }
          if let problem = group.policy.problem(inserting: given.values, group, self) {
            return refuse(.valueNotAllowed, group.id, problem)
          }
          if !isDefault(given.values, group), !mayWrite(group.id, access, inserting: true) {
            return refuse(.columnNotWritable, group.id, "the role '\(role)' may not write \(group.name)")
          }
        }
      case .set, .increment, .add, .remove:
        if isAppendOnly { return refuse(.appendOnly, 0, "rows are never changed; write a reversal") }
        guard let group = group(operation.group) else {
          return refuse(.valueNotAllowed, operation.group, "there is no column group \(operation.group)")
        }
        if let problem = group.policy.problem(operation.kind, group, self) {
          return refuse(.valueNotAllowed, group.id, problem)
        }
        if !mayWrite(group.id, access, inserting: false) {
          return refuse(.columnNotWritable, group.id, "the role '\(role)' may not write \(group.name)")
        }
      }
    }
    return nil
  }

  /// Is that what an insert says of a group to which it gives nothing of its own?
  package func isDefault(_ values: [Value], _ group: GroupSchema) -> Bool { group.policy.isDefault(values, group) }

  /// What of a group's values the schema does not allow; nil where it allows them.
  func problem(_ values: [Value], _ group: GroupSchema) -> String? {
    guard values.count == group.columns.count else { return "\(group.name): \(values.count) values do not fit" }
    for (at, value) in zip(group.columns, values) {
      let column = columns[at]
      if value.isNull {
        if column.isRequired { return "\(column.name) cannot be NULL" }
      } else if !column.type.admits(value) {
        return "\(column.name) cannot be \(value)"
      } else if let allowed = column.allowed, !allowed.contains(value) {
        return "\(column.name) cannot be \(value)"
      }
    }
    return nil
  }
}
