internal import Organisation
internal import Relay

/// The status for people: where this device stands, what was sent, how old the figures are, what waits and for whom.
struct StatusText {
  let status: ReplicaStatus
  let rows: Int
  /// Of the file and what SQLite keeps beside it.
  let bytes: Int
  /// How the line is pretended to be, where it is.
  let line: String?
  /// Of the organisation's own file; nil for any other app's.
  let agenda: Agenda?
  let lastError: StatusAnswer.LastError?
  /// What this device's clock says.
  let now: Instant
  let zone: TimeZoneOffset
  /// Until when the device may be used without a sync.
  let lease: Instant?
  let rowWarning: Int
  let language: Language
  /// Codes of units by id.
  let units: [String: String]

  private func say(_ english: String, _ chinese: String) -> String { language.choose(english, chinese) }

  var text: String {
    let lines =
      [place] + scopes + [sent, fresh] + clock + [toDo] + waiting + [size] + troubles
    return lines.map { Columns.padded($0.label, 9) + $0.text }.joined(separator: "\n")
  }

  private typealias Line = (label: String, text: String)

  private var place: Line {
    var parts: [String] = []
    if let place = agenda?.place {
      parts.append("\(place.code), \(place.name)")
      parts.append(Words.of(place.kind ?? place.level, language))
      if let above = place.above { parts.append(say("under \(above)", "上级\(above)")) }
    }
    if status.device.isEmpty {
      parts.append(say("not enrolled", "尚未接入中心"))
    } else {
      parts.append(
        say("device \(status.device)", "设备\(status.device)")
          + (status.base == 0 ? "" : say(" (\(status.role))", "（\(Words.of(status.role, language))）")))
    }
    if let officer = agenda?.officer { parts.append(say("with \(officer)", "使用人\(officer)")) }
    if let lease {
      parts.append(
        lease < now
          ? say("lease is over since \(zone.text(lease)): sync", "租期已于\(zone.text(lease))到期，请同步")
          : say("lease until \(zone.text(lease))", "租期至\(zone.text(lease))"))
    }
    return (say("Here", "本机"), parts.joined(separator: " · "))
  }

  private var scopes: [Line] {
    guard !status.scopes.isEmpty else { return [] }
    // People know a unit by its code.
    func name(_ scope: ReplicaStatus.Scope) -> String {
      if scope.name == "*" { return say("everything", "全部") }
      let parts = scope.name.split(separator: "/", maxSplits: 1).map(String.init)
      return parts.count == 2 ? parts[0] + "/" + (units[parts[1]] ?? parts[1]) : scope.name
    }
    let own = status.scopes.filter(\.isWritable).map(name)
    let read = status.scopes.filter { !$0.isWritable && $0.isReadable }.map(name)
    let parts =
      (own.isEmpty ? [] : [say("writes ", "可写 ") + own.joined(separator: ", ")])
      + (read.isEmpty ? [] : [say("reads ", "可读 ") + read.joined(separator: ", ")])
    return [(say("Scope", "范围"), parts.joined(separator: " · "))]
  }

  private func moment(_ milliseconds: Int64?) -> String {
    guard let milliseconds else { return say("never", "从未") }
    let age = Elapsed(milliseconds: now.milliseconds - milliseconds).text(language)
    return zone.text(Instant(milliseconds: milliseconds)) + say(" (\(age) ago)", "（\(age)前）")
  }

  private var sent: Line {
    let counts =
      status.pending == 0
      ? say("\(status.accepted) of \(status.accepted) changes", "\(status.accepted)项全部已发送")
      : say(
        "\(status.accepted) of \(status.accepted + status.pending) changes · \(status.pending) not confirmed yet",
        "已发送\(status.accepted)/\(status.accepted + status.pending)项 · \(status.pending)项尚未确认")
    return (say("Sent", "发送"), counts + say(" · last push ", " · 最近发送 ") + moment(status.lastPush))
  }

  private var fresh: Line {
    guard let pulled = status.lastPull else {
      return (say("Fresh", "数据"), say("nothing was pulled yet", "尚未接收过数据"))
    }
    let days = Elapsed(milliseconds: now.milliseconds - pulled).days
    let old = days >= 7 ? say(" · figures are \(days) days old: sync", " · 数据已有\(days)天，请同步") : ""
    return (
      say("Fresh", "数据"),
      say("as the hub had it at \(status.base) · last pull ", "截至中心序号\(status.base) · 最近接收 ") + moment(pulled) + old
    )
  }

  private var clock: [Line] {
    let clock = OfficeClock(status, machine: now)
    guard abs(clock.lead) > OfficeClock.tolerance else { return [] }
    let span = Elapsed(milliseconds: abs(clock.lead)).text(language)
    return [
      (
        say("Clock", "时钟"),
        clock.lead > 0
          ? say("\(span) ahead of the hub's: set it right", "比中心快\(span)，请校准")
          : say("\(span) behind the hub's: set it right", "比中心慢\(span)，请校准")
      )
    ]
  }

  private var toDo: Line {
    let counts: [(Int, String, String)] = [
      (status.conflicts, status.conflicts == 1 ? "conflict" : "conflicts", "个冲突"),
      (status.refused, "refused", "项被退回"), (status.held, "held", "项暂存"),
      (status.notices, status.notices == 1 ? "notice" : "notices", "条通知"),
    ]
    let some = counts.filter { $0.0 > 0 }.map { say("\($0.0) \($0.1)", "\($0.0)\($0.2)") }
    return (say("To do", "待办"), some.isEmpty ? say("nothing in the inbox", "收件箱为空") : some.joined(separator: " · "))
  }

  private var waiting: [Line] {
    guard let agenda else { return [] }
    var parts = [
      say(
        "\(Language.counted(agenda.requests, "request")) for you (\(Language.counted(agenda.transfers, "transfer")))",
        "待本单位办理\(agenda.requests)项（转接\(agenda.transfers)项）")
    ]
    if !agenda.others.isEmpty {
      let turns = agenda.others.prefix(5).map { "\($0.unit) \($0.requests)" }.joined(separator: ", ")
      parts.append(say("for others: ", "待他人办理：") + turns + (agenda.others.count > 5 ? " …" : ""))
    }
    if agenda.toSettle > 0 {
      parts.append(say("\(agenda.toSettle) to settle: office settle", "\(agenda.toSettle)项待落实：office settle"))
    }
    if agenda.review > 0 {
      parts.append(say("\(agenda.review) held for review (committee)", "\(agenda.review)项待党委审核"))
    }
    parts.append(
      say(
        "\(Language.counted(agenda.silent, "member")) silent \(agenda.silentMonths) months and more",
        "\(agenda.silent)名党员\(agenda.silentMonths)个月以上未联系"))
    return [(say("Waiting", "等待"), parts.joined(separator: " · "))]
  }

  private var size: Line {
    let isBounded = agenda != nil && status.role != "committee"
    var text = isBounded ? say("\(rows) of \(rowWarning)", "\(rows)/\(rowWarning)") : "\(rows)"
    if isBounded, rows > rowWarning { text += say(": tell the committee", "，请告知党委") }
    return (say("Rows", "行数"), text + say(" · database ", " · 数据库") + Size.text(bytes))
  }

  private var troubles: [Line] {
    var lines: [Line] = []
    if !status.mismatch.isEmpty {
      let list = status.mismatch.joined(separator: ", ")
      lines.append((say("Differs", "不一致"), say("from the hub in \(list). Next: verify", "与中心不一致：\(list)。请运行 verify")))
    }
    if let line { lines.append((say("Line", "线路"), DemoLine.text(line))) }
    if let waits = status.waitsFor {
      lines.append((say("Unsent", "未发送"), say("waits for \(waits)", "等待：\(Translation.said(waits))")))
    }
    if status.wasRebuilt {
      lines.append(
        (
          say("Rebuilt", "已重建"),
          say(
            "this file may differ from the hub unseen: a tool rebuilt a table, or a wrong answer was taken back. Next: verify",
            "本机数据可能与中心不一致：某工具重建了表，或撤回了错误答复。请运行 verify")
        ))
    }
    if let found = status.foundCopied, found > status.lastPull ?? .min {
      let day = zone.text(Instant(milliseconds: found))
      lines.append(
        (
          say("Copied", "副本"),
          say(
            "this file was copied, or put back to an older copy; found at \(day). It goes on under a new name, nothing is lost",
            "本文件是副本，或已恢复为较早的副本（发现于\(day)）。它以新名称继续工作，数据无丢失")
        ))
    }
    if let activity = status.activity {
      let since = zone.text(Instant(milliseconds: activity.since))
      lines.append(
        (
          say("Syncing", "同步中"),
          say("waits for \(activity.waitsFor) since \(since)", "自\(since)等待\(Translation.said(activity.waitsFor))")
        ))
    }
    if let lastError {
      lines.append(
        (
          say("Failed", "失败"),
          say("last sync: ", "上次同步：")
            + "\(FailureWords.said(lastError.code)): \(Translation.said(lastError.message))"
        ))
    }
    return lines
  }
}
