package import RelayProtocol

/// What the next operation on a row would build on: nil, or the newest insert or delete if that was refused (rule 18).
/// Hub and device judge by this same test.
package enum Standing: Sendable, Equatable {
  case insertRefused(Dot)
  case deleteRefused(Dot)

  /// 1 insert, 2 delete, 0 anything else.
  package static func kind(_ change: RowChange) -> Int64 {
    switch change.operations.first?.kind {
    case .insert: 1
    case .delete: 2
    default: 0
    }
  }

  /// The standing after one more transaction on the row.
  package static func after(_ standing: Standing?, kind: Int64, dot: Dot, refused: Bool) -> Standing? {
    guard kind != 0 else { return standing }
    // A refused delete of a row whose insert was refused leaves the insert as the reason.
    if refused, kind == 2, case .insertRefused = standing { return standing }
    guard refused else { return nil }
    return kind == 1 ? .insertRefused(dot) : .deleteRefused(dot)
  }

  /// Does an operation lack what it builds on: an update of a refused insert, an insert after a refused delete?
  package static func lacks(_ standing: Standing?, inserts: Bool) -> Dot? {
    switch standing {
    case .insertRefused(let dot): inserts ? nil : dot
    case .deleteRefused(let dot): inserts ? dot : nil
    case nil: nil
    }
  }
}
