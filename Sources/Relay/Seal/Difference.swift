internal import RelayMerge
internal import RelayProtocol

/// What a person decided about one cell of a row: a real operation even where nothing differs.
struct Decision {
  /// The seq at which the entry opened that is settled; 0 where no entry is (an undelete).
  var entry: UInt64
  /// What was chosen.
  var value: CellValue
}

extension TableSchema {
  /// The net effect of a transaction on one row, from what the row showed before and after.
  ///
  /// - Parameters:
  ///   - decisions: group (0 for existence) → what a person decided about it.
  ///   - known: an insert leaves out what is newer than this version and at its default.
  /// - Returns: nothing for a row that did not change.
  func difference(
    before: [Value]?, after: [Value]?, role: String, decisions: [GroupID: Decision] = [:], known: UInt64 = .max
  ) -> [Operation] {
    switch (before, after) {
    case (nil, nil):
      // The row is in no table here: its existence is all that can be decided.
      guard let decision = decisions[0] else { return [] }
      return [Operation(decision.value == .flag(true) ? .touch : .delete, resolves: decision.entry)]
    case (_?, nil): return [Operation(.delete, resolves: decisions[0]?.entry ?? 0)]
    case (nil, let after?):
      let readable = groups.filter { group in
        // What the role may not read it does not write, unless somebody did all the same: the hub refuses that aloud.
        let isDefault = group.values(of: after) == group.defaults
        return !isDefault || (firstVersion(of: group) <= known && (reads(group, role) || !access(role).reads))
      }
      return [
        Operation(
          .insert(readable.map { GroupValues(group: $0.id, values: $0.policy.given(by: $0.values(of: after), $0)) }))
      ]
    case (let before?, let after?):
      var operations: [Operation] = []
      if let decision = decisions[0], !Mutation.isPlanted(.noopResolve) {
        operations.append(Operation(.touch, resolves: decision.entry))
      }
      for group in groups {
        let was = group.values(of: before)
        let now = group.values(of: after)
        let entry = decisions[group.id]?.entry ?? 0
        if was != now || (entry != 0 && !Mutation.isPlanted(.noopResolve)) {
          operations += group.policy.change(was, now, group).map { Operation($0, resolves: entry) }
        }
      }
      return operations
    }
  }
}
