internal import Organisation
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
    Language.say(
      """
      push   \(pushed) sent · \(accepted) accepted · \(refused) refused · \(conflicts) made a conflict
      pull   \(rows) rows changed · \(exits) left · up to \(base)
      \(Size.text(bytesUp)) up, \(Size.text(bytesDown)) down, \(requests) requests
      """,
      """
      发送   已发送\(pushed) · 接受\(accepted) · 退回\(refused) · 产生冲突\(conflicts)
      接收   变更\(rows)行 · 移出\(exits)行 · 截至\(base)
      上行\(Size.text(bytesUp))，下行\(Size.text(bytesDown))，\(requests)次请求
      """)
  }
}
