internal import RelayProtocol

extension MergePolicy {
  /// The sum of increments.
  public static let counter: MergePolicy = Counter("counter")
}

/// Its column shows default + sum; an insert gives what goes beyond the default, and every later change is told as an
/// increment.
private final class Counter: MergePolicy, @unchecked Sendable {
  override var isOfOneColumn: Bool { true }
  override var mayBeUnique: Bool { false }
  override var losersGet: Loss { .history }
  override var hasLosers: Bool { false }
  override var reason: ShownReason { .sum }
  override var travelsAsSum: Bool { true }

  override func problem(default value: Value) -> String? {
    value.integer == nil ? "a counter needs a whole number as default" : nil
  }

  override func isDefault(_ given: [Value], _ group: GroupSchema) -> Bool { given == [.integer(0)] }

  override func problem(inserting given: [Value], _ group: GroupSchema, _ table: TableSchema) -> String? {
    given.count == 1 && given[0].integer != nil ? nil : "\(group.name): a counter counts whole numbers"
  }

  override func problem(_ kind: OperationKind, _ group: GroupSchema, _ table: TableSchema) -> String? {
    if case .increment = kind { return nil }
    return "\(group.name): this cannot be done to a \(name) column"
  }

  override func effects(inserting given: [Value], _ group: GroupSchema, _ state: RowState) -> [CellEffect] {
    let delta = given.first?.integer ?? 0
    return [
      CellEffect(CellID(group.id), delta == 0 ? nil : .delta(delta), covers: !Mutation.isPlanted(.insertAdds))
    ]
  }

  override func makesCell(inserting given: [Value]) -> Bool? { nil }

  override func cells(showing values: [Value], _ group: GroupSchema) -> [(id: CellID, value: CellValue)] {
    let delta = (values[0].integer ?? 0).subtractingReportingOverflow(start(group)).partialValue
    return delta == 0 ? [] : [(CellID(group.id), .delta(delta))]
  }

  override func shownWrite(_ writes: [CellWrite], _ group: GroupSchema) -> CellWrite? { writes.first }

  /// Saturates: an increment that would leave the range of 64 bits stops at its end instead of wrapping round.
  override func show(_ cells: ArraySlice<Cell>, _ group: GroupSchema, _ table: TableSchema, in values: inout [Value]) {
    guard let cell = cells.first else { return }
    // Summed wider than any order could overflow, so that the order of writes cannot be seen.
    var sum = Int128(start(group))
    for write in cell.writes { if case .delta(let delta) = write.value { sum += Int128(delta) } }
    values[group.columns[0]] = .integer(Int64(clamping: sum))
  }

  /// What is no number is given as something that no validation takes for one.
  override func given(by values: [Value], _ group: GroupSchema) -> [Value] {
    guard let now = values[0].integer, let start = group.defaults[0].integer else { return values }
    let (delta, overflow) = now.subtractingReportingOverflow(start)
    return overflow ? [.null] : [.integer(delta)]
  }

  override func columns(given: [Value], _ group: GroupSchema) -> [Value] {
    given.map { .integer(($0.integer ?? 0) &+ start(group)) }
  }

  override func change(_ was: [Value], _ now: [Value], _ group: GroupSchema) -> [OperationKind] {
    guard let a = was[0].integer, let b = now[0].integer else { return [.set(group.id, now)] }
    let (delta, overflow) = b.subtractingReportingOverflow(a)
    return overflow ? [.set(group.id, now)] : [.increment(group.id, delta)]
  }

  /// An increment is told by its statement, n = n + 1, never by what a form had shown.
  override func meant(shown: [Value], was: [Value], written: [Value], _ group: GroupSchema) -> [Value] { written }

  private func start(_ group: GroupSchema) -> Int64 { group.defaults[0].integer ?? 0 }
}
