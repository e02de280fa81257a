internal import Organisation
internal import Relay

extension RowHistory {
  /// The story for people: what is shown now and why, and then who did what, newest first.
  func text(_ time: LocalTime) -> String {
    var lines = [
      "\(Names.table(table)) \(key)"
        + (isHere ? "" : Language.say("   (not in this file's table)", "   （不在本机表中）"))
    ]
    if let heldBecause {
      lines.append(
        Language.say(
          "held: this file's own rules refuse the confirmed row: \(heldBecause)", "暂存：本机规则不接纳已确认的行：\(heldBecause)"))
    }
    lines.append(
      head.map { Language.say("now, as the hub has it at \($0)", "现状（截至中心\($0)）") }
        ?? Language.say("now, as this device has it (confirmed up to \(base))", "现状（本机，已确认至\(base)）"))
    lines += cells.flatMap { $0.lines(time, table) }
    if !events.isEmpty { lines.append(Language.say("what happened, newest first", "经过（最近的在前）")) }
    lines += events.flatMap { $0.lines(time, table) }
    return lines.joined(separator: "\n")
  }
}

extension CellHistory {
  fileprivate func lines(_ time: LocalTime, _ table: String) -> [String] {
    let name = Names.column(column, of: table) + (element.map { " \($0)" } ?? "")
    var lines = ["  \(name): \(shown.text(column, of: table))   \(why(time))"]
    guard writes.count > 1 else { return lines }
    lines += writes.map { write in
      "    \(write.isShown ? "*" : " ") \(write.text(time, column, of: table))"
        + (write.seq > 0 ? "  seq \(write.seq)" : Language.say("  not confirmed yet", "  尚未确认"))
    }
    return lines
  }

  /// Why it is shown.
  private func why(_ time: LocalTime) -> String {
    let number = writes.count
    let (two, all) = (Language.say(number == 2 ? "two" : String(number), String(number)), String(number))
    let because =
      switch reason {
      case .only: author(time)
      case .same: say("\(all) people wrote the same at once", "\(all)人同时写了相同的值")
      case .latest: shown("later of \(two) concurrent values", "\(two)个并发值中较晚的")
      case .latestGiven: shown("latest of \(two) concurrent values that is not empty", "\(two)个并发值中最晚的非空值")
      case .greatest: shown("greatest of \(two) concurrent values", "\(two)个并发值中最大的")
      case .least: shown("least of \(two) concurrent values", "\(two)个并发值中最小的")
      case .sum: say("sum of \(all) changes (\(policy))", "\(all)次增减之和（\(policy)）")
      case .first: shown("given first of \(two) concurrent values", "\(two)个并发值中最先给出的")
      case .resolver: say("made of \(two) concurrent values by the app's own rule", "由程序规则从\(two)个并发值得出")
      case .additionWins:
        say(
          "there because: added at the same time as it was removed, and adding wins (\(policy))",
          "同时增加和去除，以增加为准（\(policy)）")
      case .changeWins:
        say("there because: changed at the same time as it was deleted, and the change wins", "同时修改和删除，以修改为准")
      case .deletionWins:
        say("gone because: deleted at the same time as it was changed, and the deletion wins", "同时修改和删除，以删除为准")
      }
    let waits = opened.map { say("; open since seq \($0), somebody has to settle it", "；自seq \($0)起待人解决") }
    return because + (waits ?? "")
  }

  private func shown(_ english: String, _ chinese: String) -> String {
    say("shown because: \(english) (\(policy))", "显示原因：\(chinese)（\(policy)）")
  }

  private func author(_ time: LocalTime) -> String {
    guard let write = writes.first, write.time != nil else {
      return say("confirmed; who wrote it only the hub can tell", "已确认；由谁写入只有中心知道")
    }
    let who = [write.author, write.device, write.time.map(time.text) ?? ""].filter { !$0.isEmpty }
    return say("by ", "由 ") + who.joined(separator: ", ")
      + (write.seq > 0 ? ", seq \(write.seq)" : say(", not confirmed yet", "，尚未确认"))
  }
}

private func say(_ english: String, _ chinese: String) -> String { Language.say(english, chinese) }

extension HistoryEvent {
  fileprivate func lines(_ local: LocalTime, _ table: String) -> [String] {
    let who = [author, device].filter { !$0.isEmpty }.joined(separator: ", ")
    var line = "  \(seq.map { "seq \($0)" } ?? say("not sent yet", "尚未发送"))  \(local.text(time))  \(who)"
    if let received { line += say("  (at the hub ", "  （到达中心 ") + local.text(received) + say(")", "）") }
    if let resolves { line += say("  settles the conflict of seq \(resolves)", "  解决seq \(resolves)的冲突") }
    var lines = [line]
    if case .refused(let rule, let message) = state {
      lines.append("    " + say("REFUSED", "被退回") + " \(Names.rule(rule)): \(Translation.said(message))")
    }
    if operations.isEmpty { lines.append(say("    the hub keeps no longer what was done", "    中心不再保留具体内容")) }
    lines += operations.map { operation in
      "    \(Names.operation(operation.operation))"
        + (operation.column.map { " \(Names.column($0, of: table)) \(Names.value(operation.value, $0, of: table))" }
          ?? "")
    }
    return lines
  }
}
