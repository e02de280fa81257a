internal import Relay

/// What `sync` did.
struct SyncAnswer: Codable {
  var pushed: Int
  var accepted: Int
  var refused: Int
  var conflicts: Int
  var rows: Int
  var exits: Int
  var base: UInt64
  var requests: Int
  var bytesUp: Int
  var bytesDown: Int

  init(_ report: SyncReport) {
    pushed = report.pushed
    accepted = report.accepted
    refused = report.refused
    conflicts = report.conflicts
    rows = report.rows
    exits = report.exits
    base = report.base
    requests = report.requests
    bytesUp = report.bytesUp
    bytesDown = report.bytesDown
  }

  var text: String {
    """
    push   \(pushed) sent · \(accepted) accepted · \(refused) refused · \(conflicts) made a conflict
    pull   \(rows) rows changed · \(exits) left · up to \(base)
    \(bytesUp) bytes up, \(bytesDown) bytes down, \(requests) requests
    """
  }
}
