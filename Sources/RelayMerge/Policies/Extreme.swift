package import RelayProtocol

extension MergePolicy {
  /// The greatest value, by the declared scale or SQLite's order; NULL comes before any.
  public static let max: MergePolicy = Extreme("max", isGreatest: true)

  /// The least value; NULL only where there is nothing else.
  public static let min: MergePolicy = Extreme("min", isGreatest: false)
}

private final class Extreme: MergePolicy, @unchecked Sendable {
  private let isGreatest: Bool

  init(_ name: String, isGreatest: Bool) {
    self.isGreatest = isGreatest
    super.init(name)
  }

  override var isOfOneColumn: Bool { true }
  override var losersGet: Loss { .history }
  override var reason: ShownReason { isGreatest ? .greatest : .least }

  override func shownWrite(_ writes: [CellWrite], _ group: GroupSchema) -> CellWrite? {
    if Mutation.isPlanted(.extremeIsLast) { return writes.max(by: CellWrite.isEarlier) }
    return writes.max { yields($0, to: $1, group) }
  }

  /// NULL yields to any value, equals by (effective time, dot).
  private func yields(_ a: CellWrite, to b: CellWrite, _ group: GroupSchema) -> Bool {
    guard case .values(let x) = a.value, case .values(let y) = b.value, let p = x.first, let q = y.first, p != q else {
      return CellWrite.isEarlier(a, b)
    }
    if p.isNull || q.isNull { return p.isNull }
    return isGreatest ? group.precedes(p, q) : group.precedes(q, p)
  }
}

extension GroupSchema {
  /// The declared scale, or SQLite's order where there is none; what the scale does not name comes before all of it.
  package func precedes(_ a: Value, _ b: Value) -> Bool {
    guard let scale else { return Value.precedes(a, b) }
    switch (scale.firstIndex(of: a), scale.firstIndex(of: b)) {
    case (let x?, let y?): return x < y
    case (nil, _?): return true
    case (_?, nil): return false
    case (nil, nil): return Value.precedes(a, b)
    }
  }
}
