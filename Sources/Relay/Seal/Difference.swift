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
        let isDefault = group.columns.map { after[$0] } == group.defaults
        return !isDefault || (firstVersion(of: group) <= known && (reads(group, role) || !access(role).reads))
      }
      return [Operation(.insert(readable.map { GroupValues(group: $0.id, values: insertion($0, after)) }))]
    case (let before?, let after?):
      var operations: [Operation] = []
      if let decision = decisions[0], !Mutation.isPlanted(.noopResolve) {
        operations.append(Operation(.touch, resolves: decision.entry))
      }
      for group in groups {
        let was = group.columns.map { before[$0] }
        let now = group.columns.map { after[$0] }
        let entry = decisions[group.id]?.entry ?? 0
        if was != now || (entry != 0 && !Mutation.isPlanted(.noopResolve)) {
          operations += change(group, was, now, resolves: entry)
        }
      }
      return operations
    }
  }

  private func insertion(_ group: GroupSchema, _ row: [Value]) -> [Value] {
    let values = group.columns.map { row[$0] }
    switch group.policy {
    // What is no set, or no number, is sealed as something that no validation takes for one.
    case .set: return JSONSet.elements(values[0]) ?? [.blob(Array((values[0].text ?? "").utf8))]
    case .counter:
      guard let now = values[0].integer, let start = group.defaults[0].integer else { return values }
      let (delta, overflow) = now.subtractingReportingOverflow(start)
      return overflow ? [.null] : [.integer(delta)]
    default: return values
    }
  }

  /// What cannot be told as an increment or as elements is sealed as it stands; the hub refuses it with a reason, and
  /// the author's inbox keeps it.
  private func change(_ group: GroupSchema, _ was: [Value], _ now: [Value], resolves: UInt64) -> [Operation] {
    let whole = [Operation(.set(group.id, now), resolves: resolves)]
    switch group.policy {
    case .counter:
      guard let a = was[0].integer, let b = now[0].integer else { return whole }
      let (delta, overflow) = b.subtractingReportingOverflow(a)
      return overflow ? whole : [Operation(.increment(group.id, delta), resolves: resolves)]
    case .set:
      guard let new = JSONSet.elements(now[0]) else { return whole }
      let (before, after) = (Set(JSONSet.elements(was[0]) ?? []), Set(new))
      return JSONSet.sorted(Array(before.symmetricDifference(after))).map {
        Operation(after.contains($0) ? .add(group.id, $0) : .remove(group.id, $0), resolves: resolves)
      }
    default: return whole
    }
  }
}
