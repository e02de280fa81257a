internal import RelayProtocol

extension MergePolicy {
  /// A registered pure function of the concurrent values (`Resolvers`).
  public static let resolver: MergePolicy = Resolver("resolver")
}

/// The latest value is shown where this program lacks the function, or where the schema does not allow its result.
private final class Resolver: MergePolicy, @unchecked Sendable {
  override var takesFunction: Bool { true }
  override var losersGet: Loss { .history }
  override var hasLosers: Bool { false }
  override var reason: ShownReason { .resolver }

  override func shownValue(_ writes: [CellWrite], _ group: GroupSchema, _ table: TableSchema) -> CellValue? {
    guard let resolve = group.resolve else { return shownWrite(writes, group)?.value }
    let candidates = writes.sorted(by: CellWrite.isEarlier).compactMap { write -> Resolvers.Candidate? in
      guard case .values(let values) = write.value else { return nil }
      return Resolvers.Candidate(values: values, time: write.effective)
    }
    let resolved = resolve(candidates)
    return table.problem(resolved, group) == nil ? .values(resolved) : shownWrite(writes, group)?.value
  }
}
