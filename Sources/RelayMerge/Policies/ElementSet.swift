internal import RelayProtocol

extension MergePolicy {
  /// Add-wins set: a JSON array in its column, each element a cell of its own.
  public static let set: MergePolicy = ElementSet("set")
}

private final class ElementSet: MergePolicy, @unchecked Sendable {
  override var isOfOneColumn: Bool { true }
  override var mayBeUnique: Bool { false }
  override var losersGet: Loss { .history }
  override var reason: ShownReason { .additionWins }
  override var hasElements: Bool { true }

  override func problem(default value: Value) -> String? {
    value == .text("[]") ? nil : "a set needs the default \"[]\""
  }

  override func isDefault(_ given: [Value], _ group: GroupSchema) -> Bool { given.isEmpty }

  override func problem(inserting given: [Value], _ group: GroupSchema, _ table: TableSchema) -> String? {
    given.allSatisfy(Self.isElement) ? nil : Self.noElement(group)
  }

  override func problem(_ kind: OperationKind, _ group: GroupSchema, _ table: TableSchema) -> String? {
    switch kind {
    case .add(_, let element), .remove(_, let element): Self.isElement(element) ? nil : Self.noElement(group)
    default: "\(group.name): this cannot be done to a \(name) column"
    }
  }

  private static func noElement(_ group: GroupSchema) -> String { "\(group.name): a set holds text and whole numbers" }

  private static func isElement(_ value: Value) -> Bool {
    switch value {
    case .text, .integer: true
    default: false
    }
  }

  override func effects(inserting given: [Value], _ group: GroupSchema, _ state: RowState) -> [CellEffect] {
    let stated = Set(given)
    let there = Mutation.isPlanted(.insertAdds) ? [] : state.cells(of: group.id)
    let known = there.compactMap(\.id.element).filter { !stated.contains($0) }
    return known.map { CellEffect(CellID(group.id, element: $0), nil) }
      + given.map { CellEffect(CellID(group.id, element: $0), .flag(true)) }
  }

  override func makesCell(inserting given: [Value]) -> Bool? { nil }

  override func cells(showing values: [Value], _ group: GroupSchema) -> [(id: CellID, value: CellValue)] {
    (JSONSet.elements(values[0]) ?? []).map { (CellID(group.id, element: $0), .flag(true)) }
  }

  override func show(_ cells: ArraySlice<Cell>, _ group: GroupSchema, _ table: TableSchema, in values: inout [Value]) {
    let list = cells.compactMap { cell in
      cell.writes.contains { $0.value == .flag(true) } ? cell.id.element : nil
    }
    guard !list.isEmpty else { return }
    values[group.columns[0]] = JSONSet.text(list)
  }

  /// What is no set is given as something that no validation takes for one.
  override func given(by values: [Value], _ group: GroupSchema) -> [Value] {
    JSONSet.elements(values[0]) ?? [.blob(Array((values[0].text ?? "").utf8))]
  }

  override func columns(given: [Value], _ group: GroupSchema) -> [Value] { [JSONSet.text(given)] }

  override func change(_ was: [Value], _ now: [Value], _ group: GroupSchema) -> [OperationKind] {
    guard let new = JSONSet.elements(now[0]) else { return [.set(group.id, now)] }
    let (before, after) = (Set(JSONSet.elements(was[0]) ?? []), Set(new))
    return JSONSet.sorted(Array(before.symmetricDifference(after))).map {
      after.contains($0) ? .add(group.id, $0) : .remove(group.id, $0)
    }
  }

  /// What the form added and took away, done to what is there now.
  override func meant(shown: [Value], was: [Value], written: [Value], _ group: GroupSchema) -> [Value] {
    guard let now = JSONSet.elements(was[0]), let old = JSONSet.elements(shown[0]),
      let new = JSONSet.elements(written[0])
    else { return written }
    let kept = now.filter { new.contains($0) || !old.contains($0) }
    return [JSONSet.text(JSONSet.sorted(kept + new.filter { !old.contains($0) }))]
  }
}
