internal import Relay
internal import RelayMerge
internal import RelayProtocol

/// What people are told, and what nobody may be told.
extension Oracle {
  /// A notice shows only what its reader may read now.
  func checkNotice(_ notice: NoticeRecord, _ witness: Witness, _ page: PullPage) throws {
    guard notice.shown != nil else { return }
    let name = Oracle.name(of: notice.row)
    let scopes = page.grants.filter(\.readable).map(\.scope)
    let head = page.closing?.head ?? 0
    let isHere =
      truth.unit(name, at: head).map { unit in
        scopes.contains("*") || scopes.contains("unit/" + unit) && !truth.isOver(name, at: head)
      } ?? false
    let column = Oracle.label(CellID(notice.cell.group), name)
    guard isHere, !OracleSchema.hidden(page.role).contains(column) else {
      throw Broken("\(witness.name) is told what \(column) of \(name) shows, which it may not read")
    }
    count("notices")
  }

  /// A refusal says nothing of rows that its author may not know of.
  func checkTold(_ verdict: Verdict, _ witness: Witness) throws {
    guard let refusal = verdict.refusal, let row = refusal.row else { return }
    let name = Oracle.name(of: row)
    if Oracle.units.contains(where: { refusal.message.contains("unit/" + $0) }) {
      throw Broken("\(witness.name) is told where \(name) lies: \(refusal.message)")
    }
    guard refusal.rule == .notWritable, everRoles[witness.name]?.count == 1,
      let act = witness.sent[verdict.dot.counter]?.acts[name], !act.inserts, act.parent == nil,
      act.before?["unit"] == act.after?["unit"] || act.after == nil, let unit = truth.unit(name, at: truth.head)
    else { return }
    let ever = everReadable[witness.name] ?? []
    guard ever.contains("*") || ever.contains("unit/" + unit) else {
      throw Broken("\(witness.name) learns by \(refusal.rule) that there is \(name), which it never might read")
    }
  }

  /// Whoever lost to a value that is shown was told: at least the one who reads everything.
  func checkNotices(_ witness: Witness, _ inbox: [InboxItem], _ rows: [Name]) throws {
    guard rights[witness.name]?.scopes == ["*"] else { return }
    let told = Set(inbox.filter { $0.kind == .notice }.map { "\($0.table) \($0.key) \($0.column ?? "")" })
    for row in rows {
      guard let line = truth.lines[row], let shown = truth.shown(row) else { continue }
      for column in truth.columns(of: row.table) where schema.columns[column] == .last {
        guard !schema.asks.contains(column) else { continue }
        let lost = (line.cells[column] ?? [:]).filter { $0.key.replica == witness.replicaID }
        guard lost.contains(where: { $0.value.value != shown[column] }) else { continue }
        guard told.contains("\(row) \(column)") else {
          throw Broken("\(witness.name) lost \(column) of \(row), and was not told")
        }
        count("lost and told")
      }
    }
  }
}
