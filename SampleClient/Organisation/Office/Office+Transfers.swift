internal import Relay

extension Office {
  func settleTransfers(_ done: inout Settlement) throws(RelayError) {
    let ready = try replica.read { (db) throws(RelayError) in
      try TransferBook(in: db, proof: .signature).groups.filter { $0.isReady }.map(\.main.id)
    }
    for id in ready {
      try phase(&done) { (db, done) throws(RelayError) in
        let book = try TransferBook(in: db, proof: .signature)
        guard let group = book.groups.first(where: { $0.main.id == id }), group.isReady else { return }
        try move(group, book, db, &done)
      }
    }
    try phase(&done) { (db, done) throws(RelayError) in
      let book = try TransferBook(in: db, proof: .signature)
      for group in book.groups where !(try end(group, book, db, &done)) { try record(group, book, db, &done) }
    }
  }

  /// A move whose member is no longer where it leads from has come to nothing: another was made first, or the member
  /// left. It ends, and never moves anybody later.
  ///
  /// - Returns: whether it has ended.
  private func end(
    _ group: TransferBook.Group, _ book: TransferBook, _ db: Database, _ done: inout Settlement
  ) throws(RelayError) -> Bool {
    guard !group.isDecided, !group.isEnded else { return group.isEnded }
    guard group.fold.stop == nil, let member = group.memberID, let from = group.fromUnitID,
      let unit = try db.first("SELECT unit_id FROM member WHERE id = ?", [.text(member)])?[0].text,
      unit != from, unit != group.toUnitID
    else { return false }
    let made = book.groups.last { $0.memberID == member && $0.isDecided && $0.toUnitID == unit }
    let day = made?.main.decidedOn ?? today.text
    let code = book.units[unit]?.code ?? "?"
    for request in group.requests {
      try record(request, of: group, state: "expired", decidedOn: day, db, &done)
    }
    let isNew = try Step.comment(
      "end:\(group.main.id)", on: group.main.id, at: instant(day),
      "ended: the member belongs to \(code) since \(day)", committee: try OrgUnit.committee(in: db), in: db)
    if isNew { done.remarks += 1 }
    return true
  }

  /// The member's new branch, and what follows from it, in one transaction.
  private func move(
    _ group: TransferBook.Group, _ book: TransferBook, _ db: Database, _ done: inout Settlement
  ) throws(RelayError) {
    guard let memberID = group.memberID, let to = group.toUnitID,
      let member = try db.first("SELECT member_no, full_name, unit_id FROM member WHERE id = ?", [.text(memberID)])
    else { return }
    // The member must still be where the transfer leads from: at every moment there is exactly one branch.
    guard member[2].text == group.fromUnitID || member[2].text == to else { return }
    let day = decided(group.fold.lastNeeded)
    for request in group.requests {
      try record(request, of: group, state: "approved", decidedOn: day, db, &done)
    }
    _ = try Office.set("effective_on", .text(day), of: "request", group.main.id, in: db)
    guard try Office.set("unit_id", .text(to), of: "member", memberID, in: db) else { return }
    try db.execute("UPDATE member SET unit_id = ? WHERE merged_into = ?", [.text(to), .text(memberID)])
    // What else is open about the member goes along.
    try db.execute(
      """
      UPDATE request SET to_unit_id = ?1 WHERE member_id = ?2 AND to_unit_id IS NOT ?1
        AND kind IN ('keep_membership', 'suspend_membership', 'restore_membership', 'resign', 'admit')
        AND state NOT IN ('approved', 'refused', 'withdrawn', 'expired', 'done')
      """, [.text(to), .text(memberID)])
    let units = [group.fromUnitID, to].map { unit in unit.flatMap { book.units[$0]?.code } ?? "?" }
    done.moved.append("no. \(member[0].text ?? "?"), \(member[1].text ?? "?"): \(units[0]) → \(units[1])")
  }

  /// State, group and bindings of requests that are not decided now.
  private func record(
    _ group: TransferBook.Group, _ book: TransferBook, _ db: Database, _ done: inout Settlement
  ) throws(RelayError) {
    for request in group.requests {
      try record(request, of: group, state: group.state, decidedOn: group.main.decidedOn, db, &done)
    }
    guard let first = group.waitsFor else { return }
    let to = first.toUnitID.flatMap { book.units[$0]?.code } ?? "?"
    let isNew = try Step.comment(
      "wait:\(group.main.id):\(first.id)", on: group.main.id, at: instant(group.main.openedOn),
      "already leaving to \(to)", committee: try OrgUnit.committee(in: db), in: db)
    if isNew { done.remarks += 1 }
    done.questions.append("\(group.main.title ?? group.main.id): already leaving to \(to)")
  }

  private func record(
    _ request: Request, of group: TransferBook.Group, state: String, decidedOn: String?, _ db: Database,
    _ done: inout Settlement
  ) throws(RelayError) {
    let main = group.main.id
    var isChanged = false
    func set(_ column: String, _ value: String?, onlyIfNull: Bool = false) throws(RelayError) {
      if onlyIfNull {
        try db.execute(
          "UPDATE request SET \"\(column)\" = ?1 WHERE id = ?2 AND \"\(column)\" IS NULL AND ?1 IS NOT NULL",
          [Value(value), .text(request.id)])
        isChanged = db.changes > 0 || isChanged
      } else {
        isChanged = try Office.set(column, Value(value), of: "request", request.id, in: db) || isChanged
      }
    }
    try set("member_id", group.memberID, onlyIfNull: true)
    try set("from_unit_id", group.fromUnitID, onlyIfNull: true)
    try set("same_as", request.id == main ? nil : main)
    if state != "draft" { try set("state", state) }
    if ["approved", "done", "expired"].contains(state) { try set("decided_on", decidedOn, onlyIfNull: true) }
    if isChanged { done.requests += 1 }
  }
}

extension TransferBook.Group {
  /// Everything needed is there, and no other move of the member goes first.
  var isReady: Bool {
    !isDecided && !isEnded && fold.isComplete && waitsFor == nil && memberID != nil && toUnitID != nil
  }
}
