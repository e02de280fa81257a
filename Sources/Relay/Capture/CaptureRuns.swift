/// A part of the log that one writer wrote without another between.
struct CaptureRun: Equatable {
  /// The first record of it.
  var first: Int64
  /// Is it one SQL transaction for certain, because its writer marked both ends?
  var isOneTransaction = false
  /// When its last record was written, in milliseconds since 1970; nil where that is not known.
  var at: Int64?
}

/// Finds in the log what can be known of who committed what together.
///
/// A transaction belongs to one connection and holds the write lock, so its records follow each other, and the
/// connection's `total_changes()` grows with each. Where it does not grow, another connection wrote: another commit.
/// Commits of one connection look like one transaction of it, unless the app marks them (`relay_boundary`), or a minute lies between
/// them: nobody holds the write lock for so long without writing.
struct CaptureRuns {
  static let pause: Int64 = 60_000

  private(set) var runs: [CaptureRun] = []
  private var last: (kind: Touch?, total: Int64, at: Int64?)?
  /// Was the present run opened by a mark?
  private var isOpened = false
  private var begins = true

  mutating func add(id: Int64, kind: Touch?, total: Int64, at: Int64? = nil) {
    let follows =
      last.map { last in
        let isOfOne =
          last.total < total || (last.kind == .stood && kind == .stood)
          || (last.kind == .snapshot && last.total == total)
        return isOfOne && (isOpened || !Self.liesApart(last.at, at))
      } ?? false
    last = (kind, total, at)
    if !follows { (begins, isOpened) = (true, false) }
    switch kind {
    case .opens:
      (begins, isOpened) = (true, true)
      return
    case .closes:
      if isOpened, !begins { runs[runs.count - 1].isOneTransaction = true }
      (begins, isOpened) = (true, false)
      return
    default: break
    }
    if begins { runs.append(CaptureRun(first: id)) }
    begins = false
    runs[runs.count - 1].at = at
  }

  private static func liesApart(_ before: Int64?, _ at: Int64?) -> Bool {
    guard let before, let at else { return false }
    let (sum, overflow) = before.addingReportingOverflow(pause)
    return !overflow && at >= sum
  }
}
