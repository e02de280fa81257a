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
  /// Members who came and who left.
  var entered: [String]
  var left: [String]
  /// From the first byte to the last.
  var milliseconds: Int

  init(_ report: SyncReport, _ change: RosterChange, took: Duration) {
    (entered, left) = (change.entered, change.left)
    milliseconds = Int(took.components.seconds) * 1000 + Int(took.components.attoseconds / 1_000_000_000_000_000)
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
    func say(_ english: String, _ chinese: String) -> String { Language.say(english, chinese) }
    var push = [say("\(pushed) sent", "已发送\(pushed)"), say("\(accepted) accepted", "接受\(accepted)")]
    push += [say("\(refused) refused", "退回\(refused)"), say("\(conflicts) made a conflict", "产生冲突\(conflicts)")]
    var pull = [say("\(Language.counted(rows, "row")) changed", "变更\(rows)行"), say("\(exits) left", "移出\(exits)行")]
    if !entered.isEmpty {
      pull.append(
        say("\(Language.counted(entered.count, "member")) entered", "转入\(entered.count)人") + RosterChange.list(entered))
    }
    if !left.isEmpty {
      pull.append(say("\(Language.counted(left.count, "member")) left", "转出\(left.count)人") + RosterChange.list(left))
    }
    pull.append(say("up to \(base)", "截至\(base)"))
    let seconds = "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s"
    let (up, down) = (Size.text(bytesUp), Size.text(bytesDown))
    return [
      say("push   ", "发送   ") + push.joined(separator: " · "),
      say("pull   ", "接收   ") + pull.joined(separator: " · "),
      say(
        "\(seconds), \(up) up, \(down) down, \(Language.counted(requests, "request"))",
        "\(seconds)，上行\(up)，下行\(down)，\(requests)次请求"),
    ].joined(separator: "\n")
  }
}
