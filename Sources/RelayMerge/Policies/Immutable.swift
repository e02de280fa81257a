internal import RelayProtocol

extension MergePolicy {
  /// The least (effective time, dot) is shown; a write that had seen a value is refused.
  public static let immutable: MergePolicy = Immutable("immutable")
}

/// NULL is no value: it may be given later.
private final class Immutable: MergePolicy, @unchecked Sendable {
  override var isGivenOnce: Bool { true }
  override var reason: ShownReason { .first }

  override func effects(inserting given: [Value], _ group: GroupSchema, _ state: RowState) -> [CellEffect] {
    let isEmpty = given.allSatisfy(\.isNull)
    return [CellEffect(CellID(group.id), isEmpty ? nil : .values(given), covers: !Mutation.isPlanted(.insertAdds))]
  }

  override func makesCell(inserting given: [Value]) -> Bool? { !given.allSatisfy(\.isNull) }

  override func cells(showing values: [Value], _ group: GroupSchema) -> [(id: CellID, value: CellValue)] {
    values.allSatisfy(\.isNull) ? [] : super.cells(showing: values, group)
  }

  override func shownWrite(_ writes: [CellWrite], _ group: GroupSchema) -> CellWrite? {
    writes.min(by: CellWrite.isEarlier)
  }
}
