package import Relay

/// A member's ledger for people: every entry, and what became of it.
package struct LedgerSheet: Sendable {
  package struct Line: Sendable, Equatable {
    package var entry: Ledger.Entry
    package var isReversed: Bool
    package var isPossibleDuplicate: Bool
    /// Set aside by the office; it does not count.
    package var isHeld: Bool
  }

  package let member: Member
  package let lines: [Line]
  package let paidThrough: String?
  package let unpaid: Int?
  /// Entries that a branch is not shown, because they are older than the months that the policy leaves it.
  package let older: Int

  /// - Parameter rights: the device's; a branch's is shown the last months of the ledger.
  package init(
    _ member: Member, on day: Day, rights: DeviceRights? = nil, in db: Database
  ) throws(RelayError) {
    self.member = member
    let first = try day.earlier(byMonths: Policy(in: db).ledgerMonths).text
    let isBranchs = rights?.role == "branch"
    let all =
      try Ledger.read(where: "m.id = ?1 OR m.merged_into = ?1", [.text(member.id)], in: db)[member.id] ?? Ledger()
    let counting = try Ledger.of(member, in: db)
    let doubles = Set(counting.possibleDuplicates(on: day).flatMap { $0.map(\.id) })
    let reversed = counting.reversed(on: day.text)
    let known = Set(counting.entries.map(\.id))
    let shown = all.entries.filter { !isBranchs || $0.takenOn >= first }
    older = all.entries.count - shown.count
    lines = shown.map {
      Line(
        entry: $0, isReversed: reversed.contains($0.id), isPossibleDuplicate: doubles.contains($0.id),
        isHeld: !known.contains($0.id))
    }
    paidThrough = [counting.paidThrough(on: day)?.text, member.paidThrough].compactMap { $0 }.max()
    unpaid = counting.unpaid(on: day)
  }

  package func text(_ language: Language) -> String {
    var table = TextTable(
      [
        language.choose("day", "日期"), language.choose("kind", "类别"), language.choose("amount", "金额"),
        language.choose("months", "月份"), language.choose("channel", "方式"), language.choose("receipt", "收据"), "",
      ], right: [2])
    for line in lines {
      let entry = line.entry
      let months = [entry.from?.text, entry.to?.text].compactMap { $0 }
      var notes: [String] = []
      if line.isReversed { notes.append(language.choose("reversed", "已冲销")) }
      if line.isPossibleDuplicate { notes.append(language.choose("possible duplicate", "疑似重复")) }
      if line.isHeld { notes.append(language.choose("held for review", "待审核")) }
      table.add([
        entry.takenOn, Words.of(entry.kind, language), Money.text(entry.amountFen),
        months.first == months.last ? months.first ?? "-" : months.joined(separator: " - "),
        Words.of(entry.channel, language), entry.receipt ?? entry.id, notes.joined(separator: ", "),
      ])
    }
    let through = paidThrough ?? "-"
    let owed = unpaid.map { language.choose(", \($0) months unpaid", "，未交\($0)个月") } ?? ""
    let sum = language.choose("paid through \(through)", "交至\(through)") + owed
    let rest =
      older == 0
      ? "" : language.choose("\n\(older) older entries: ask the committee", "\n另有较早记录\(older)条，请向党委查询")
    return language.choose(member.title, member.titleInChinese) + "\n" + (table.isEmpty ? "" : table.text + "\n") + sum
      + rest
  }
}
