extension MemberCard {
  package func text(_ language: Language) -> String {
    func say(_ english: String, _ chinese: String) -> String { language.choose(english, chinese) }
    var lines = ["\(member.number)  \(member.name)   \(unit)   [\(member.id)]"]
    if let kept { lines.append(say("one with  ", "即        ") + language.choose(kept.title, kept.titleInChinese)) }
    let status = [member.status, member.grade].map { Words.of($0, language) }
    lines.append(say("status    ", "党籍      ") + status.joined(separator: ", "))
    let occupation = member.occupation.map { Words.of($0, in: "occupation", language) }
    let work = [occupation, member.employer, member.area].compactMap { $0 }
    if !work.isEmpty { lines.append(say("work      ", "职业      ") + work.joined(separator: ", ")) }
    for (at, contact) in contacts.enumerated() {
      var text = "\(Words.of(contact.kind, language)) \(contact.value)"
      if contact.isPreferred { text += " *" }
      if let dead = contact.deadSince { text += say(" (dead since \(dead))", "（\(dead)起停用）") }
      if !contact.sameAs.isEmpty {
        text += say(" (told \(contact.sameAs.count + 1) times)", "（登记\(contact.sameAs.count + 1)次）")
      }
      lines.append((at == 0 ? say("reach by  ", "联系方式  ") : "          ") + text + "   [\(contact.id)]")
    }
    lines.append(say("dues      ", "党费      ") + duesText(language))
    for group in possibleDuplicates {
      lines.append("          " + say("possible duplicate: ", "疑似重复：") + group.joined(separator: ", "))
    }
    var contact = lastContact ?? "-"
    contact += "  " + Words.of(member.reach, language)
    if reach.reach != member.reach {
      contact += say(
        " (expected: \(Words.of(reach.reach, language)), not yet decided)",
        "（预计：\(Words.of(reach.reach, language))，尚未决定）")
    }
    if reach.isLostProposed { contact += say("; lost is proposed", "；建议列为失联") }
    lines.append(say("contact   ", "最近联系  ") + contact)
    let points = unseen.contains(.points) ? say("not seen by this device", "本设备无权查看") : gate.text(language)
    lines.append(say("points    ", "积分      ") + points)
    for attempt in attempts {
      var text =
        "\(zone.day(of: attempt.at)?.text ?? attempt.at) \(Words.of(attempt.channel, language)): \(Words.of(attempt.outcome, language))"
      text += ", \(attempt.by)"
      if attempt.isHearsay { text += say(" (hearsay, unverified)", "（传闻，未核实）") }
      if attempt.isHeld { text += say(" (held for review)", "（待审核）") }
      lines.append("  " + text)
    }
    for conflict in conflicts {
      let column = Names.column(conflict.column, of: conflict.table)
      lines.append(say("conflict  ", "冲突      ") + "\(Names.table(conflict.table)) \(column)   [\(conflict.id)]")
      lines += conflict.values.map { "          \(zone.inside($0))" }
    }
    for item in held {
      let row = "\(Names.table(item.table)) \(item.rowID)"
      lines.append(say("held      ", "待审核    ") + "\(row): \(Translation.said(item.reason))")
    }
    for request in requests {
      lines.append(
        say("request   ", "申请      ")
          + "\(Words.of(request.kind, language)): \(Words.of(request.state, language))   [\(request.id)]")
    }
    if !possibleSame.isEmpty {
      lines.append(say("possibly the same person as ", "疑似同一人：") + possibleSame.joined(separator: ", "))
    }
    return (lines + transfers.map { $0.text(language) }).joined(separator: "\n")
  }

  private func duesText(_ language: Language) -> String {
    if unseen.contains(.dues) { return language.choose("not seen by this device", "本设备无权查看") }
    let through = paidThrough.map { language.choose("paid through \($0)", "交至\($0)") }
    let owed = unpaid.map {
      $0 == 0 ? language.choose("nothing owed", "无欠交") : language.choose("\($0) months unpaid", "未交\($0)个月")
    }
    let known = [through, owed].compactMap { $0 }
    return known.isEmpty ? language.choose("no plan", "无计划") : known.joined(separator: ", ")
  }
}
