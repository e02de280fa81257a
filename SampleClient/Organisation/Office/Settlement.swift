/// What one run of the office wrote, and what waits for the committee.
package struct Settlement: Sendable, Equatable {
  /// Members that changed the branch: title, from, to.
  package var moved: [String] = []
  /// Requests whose state or group changed.
  package var requests = 0
  /// Members whose status changed by a decided request.
  package var statuses = 0
  /// Remarks on requests.
  package var remarks = 0
  /// Rows set aside in this run.
  package var held = 0
  /// Points written, reversals too.
  package var points = 0
  /// Members whose `paid_through` changed.
  package var paid = 0
  /// Members whose `reach` changed.
  package var reach = 0
  /// Numbers handed out.
  package var numbers = 0
  /// Budget lines written back to what was approved.
  package var frozen = 0

  /// Everything that is set aside now.
  package var review: [Review.Item] = []
  /// Members whom the rule proposes as lost, by number.
  package var lostProposals: [String] = []
  /// Rows that are probably one person, by id.
  package var possibleDuplicates: [[String]] = []
  /// Payments that are possibly one, by id.
  package var possibleDoublePayments: [[String]] = []
  /// Transfers that wait for another of the same member, and stays abroad that contradict one another.
  package var questions: [String] = []

  package init() {}

  /// How much was written; nothing, where the office had settled the same before.
  package var written: Int {
    moved.count + requests + statuses + remarks + held + points + paid + reach + numbers + frozen
  }

  /// - Parameter isListing: members proposed as lost by name; else how many they are.
  package func text(_ language: Language, isListing: Bool = false) -> String {
    func say(_ english: String, _ chinese: String) -> String { language.choose(english, chinese) }
    var lines = [
      written == 0 ? say("nothing to settle", "没有需要办理的事项") : say("settled: \(written) changes", "办理\(written)项")
    ]
    let counts: [(String, Int)] = [
      (say("requests", "申请"), requests), (say("status", "党籍"), statuses), (say("remarks", "说明"), remarks),
      (say("held for review", "转入审核"), held), (say("points", "积分"), points), (say("paid through", "党费交至"), paid),
      (say("reach", "联系情况"), reach), (say("numbers", "编号"), numbers), (say("lines frozen", "预算冻结"), frozen),
    ]
    lines += counts.filter { $0.1 > 0 }.map { "  \(Columns.padded($0.0, 18)) \($0.1)" }
    lines += moved.map { say("moved  ", "转接  ") + $0 }
    lines += review.map { say("review ", "审核  ") + "\($0.note)   [\($0.id)]" }
    lines += questions.map { say("asked  ", "待定  ") + $0 }
    if isListing {
      lines += lostProposals.map { say("lost?  ", "失联？ ") + $0 }
    } else if !lostProposals.isEmpty {
      let count = lostProposals.count
      lines.append(
        say("lost?  \(Language.counted(count, "member")); --list names them", "失联？ \(count)人；用 --list 列出"))
    }
    lines += possibleDuplicates.map { say("same?  ", "同一人？ ") + $0.joined(separator: ", ") }
    lines += possibleDoublePayments.map { say("twice? ", "重复？ ") + $0.joined(separator: ", ") }
    if written > 0 { lines.append(say("settled on this device; `sync` sends it", "已在本机办理；运行 sync 发送")) }
    return lines.joined(separator: "\n")
  }
}
