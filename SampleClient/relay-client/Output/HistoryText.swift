internal import Relay

extension RowHistory {
  /// The story for people: what is shown now and why, and then who did what, newest first.
  var text: String {
    var lines = ["\(table) \(key)" + (isHere ? "" : "   (not in this file's table)")]
    if let heldBecause { lines.append("held: this file's own rules refuse the confirmed row: \(heldBecause)") }
    lines.append(
      head.map { "now, as the hub has it at \($0)" } ?? "now, as this device has it (confirmed up to \(base))")
    lines += cells.flatMap(\.lines)
    if !events.isEmpty { lines.append("what happened, newest first") }
    lines += events.flatMap(\.lines)
    return lines.joined(separator: "\n")
  }
}

extension CellHistory {
  fileprivate var lines: [String] {
    let name = column + (element.map { " \($0)" } ?? "")
    var lines = ["  \(name): \(shown.text)   \(why)"]
    guard writes.count > 1 else { return lines }
    lines += writes.map { write in
      "    \(write.isShown ? "*" : " ") \(write.text)" + (write.seq > 0 ? "  seq \(write.seq)" : "  not confirmed yet")
    }
    return lines
  }

  /// Why it is shown.
  private var why: String {
    let number = writes.count
    let because =
      switch reason {
      case .only: author
      case .same: "\(number) people wrote the same at once"
      case .latest: "shown because: later of \(count(number)) concurrent values (\(policy))"
      case .latestGiven: "shown because: latest of \(count(number)) concurrent values that is not empty (\(policy))"
      case .greatest: "shown because: greatest of \(count(number)) concurrent values (\(policy))"
      case .least: "shown because: least of \(count(number)) concurrent values (\(policy))"
      case .sum: "sum of \(number) changes (\(policy))"
      case .first: "shown because: given first of \(count(number)) concurrent values (\(policy))"
      case .resolver: "made of \(count(number)) concurrent values by the app's own rule"
      case .additionWins: "there because: added at the same time as it was removed, and adding wins (\(policy))"
      case .changeWins: "there because: changed at the same time as it was deleted, and the change wins"
      case .deletionWins: "gone because: deleted at the same time as it was changed, and the deletion wins"
      }
    return because + (opened.map { "; open since seq \($0), somebody has to settle it" } ?? "")
  }

  private var author: String {
    guard let write = writes.first, write.time != nil else { return "confirmed; who wrote it only the hub can tell" }
    let who = [write.author, write.device, write.time.map(Moment.text) ?? ""].filter { !$0.isEmpty }
    return "by \(who.joined(separator: ", "))" + (write.seq > 0 ? ", seq \(write.seq)" : ", not confirmed yet")
  }

  private func count(_ number: Int) -> String { number == 2 ? "two" : String(number) }
}

extension HistoryEvent {
  fileprivate var lines: [String] {
    let who = [author, device].filter { !$0.isEmpty }.joined(separator: ", ")
    var line = "  \(seq.map { "seq \($0)" } ?? "not sent yet")  \(Moment.text(time))  \(who)"
    if let received { line += "  (at the hub \(Moment.text(received)))" }
    if let resolves { line += "  settles the conflict of seq \(resolves)" }
    var lines = [line]
    if case .refused(let rule, let message) = state { lines.append("    REFUSED \(rule): \(message)") }
    if operations.isEmpty { lines.append("    the hub keeps no longer what was done") }
    lines += operations.map { operation in
      "    \(operation.operation)" + (operation.column.map { " \($0) \(operation.value)" } ?? "")
    }
    return lines
  }
}
