package import Relay

/// Requests of every kind but a move between branches, which has its own desk: a unit opens one and adds steps; the
/// office folds them into its state.
package struct RequestDesk: Sendable {
  private let desk: Desk

  package init(_ desk: Desk) { self.desk = desk }

  package struct Opening: Sendable {
    package var kind: String
    package var title: String?
    package var reason: String?
    package var need: String?
    package var effectiveOn: String?
    package var untilOn: String?
    package var outside: String?
    package var claim: String?
    /// Steps that are taken at once.
    package var steps: [String] = ["open"]

    package init(_ kind: String) { self.kind = kind }
  }

  /// - Parameter member: whom it is about; nil for money, and for somebody who is not here yet.
  /// - Returns: the request's id.
  package func open(_ opening: Opening, about member: Member?, in db: Database) throws(RelayError) -> String {
    try check(opening, member, in: db)
    let isOut = opening.kind == "transfer_out"
    let isIn = opening.kind == "transfer_in"
    let id = desk.newID()
    let isBranch = desk.unit.level == .branch
    let unit = isBranch ? desk.unit.id : member?.unitID ?? desk.unit.id
    try db.execute(
      """
      INSERT INTO request (id, kind, member_id, from_unit_id, to_unit_id, unit_id, reason, effective_on, until_on,
        opened_on) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .text(id), .text(opening.kind), Value(member?.id), isOut ? Value(member?.unitID) : .null,
        isIn ? .text(unit) : .null, .text(unit), Value(opening.reason), Value(opening.effectiveOn),
        Value(opening.untilOn), .text(desk.today.text),
      ])
    // Columns that are not every role's are written where they say something.
    for (column, text) in [
      ("title", isBranch ? opening.title ?? member?.title : nil), ("need", opening.need),
      ("outside_org", opening.outside), ("claim_text", opening.claim),
    ] {
      guard let text else { continue }
      let value = try ColumnRules.value(text, column, of: "request")
      try db.execute("UPDATE request SET \"\(column)\" = ? WHERE id = ?", [value, .text(id)])
    }
    for step in opening.steps { try add(step, to: id, note: nil, in: db) }
    return id
  }

  private func check(_ opening: Opening, _ member: Member?, in db: Database) throws(RelayError) {
    for (column, text) in [
      ("effective_on", opening.effectiveOn), ("until_on", opening.untilOn), ("reason", opening.reason),
    ] {
      if let text { try ColumnRules.check(text, column, of: "request") }
    }
    if let from = opening.effectiveOn, let until = opening.untilOn, until < from {
      throw RelayError(.valueNotAllowed, "it ends before it begins", advice: "Nothing was changed. Check the days.")
    }
    if opening.kind == "transfer_in", try !Policy(in: db).isReceptionOpen {
      throw RelayError(
        .valueNotAllowed, Language.say("members of other organisations are not received now", "目前不接收外来党员"),
        advice: Language.say(
          "Nothing was changed. The committee's policy reception_open says so.", "未作更改。见政策 reception_open。"))
    }
    guard let member else { return }
    guard member.mergedInto == nil else {
      throw RelayError(.valueNotAllowed, "\(member.title) was merged into another row", advice: "Nothing was changed.")
    }
    let open = try Request.all([opening.kind], in: db).first { $0.memberID == member.id && !$0.isClosed }
    if let open, opening.kind != "assistance" {
      throw RelayError(
        .valueNotAllowed,
        "\(Words.of(opening.kind, .en)) of \(member.title) is open already, since \(open.openedOn ?? "?")",
        advice: "Nothing was changed. `request show \(open.id.prefix(8))` tells how far it is.")
    }
  }

  /// Is this a reason for which a transfer may be refused? Of anything else any will do.
  ///
  /// - Throws: `value_not_allowed`.
  package static func checkReason(_ why: String, of which: String, in db: Database) throws(RelayError) {
    guard try Request.find(which, in: db).kind.hasPrefix("transfer") else { return }
    let allowed = try Policy(in: db).refusalReasons(in: db)
    guard allowed.isEmpty || allowed.contains(why) else {
      throw RelayError(
        .valueNotAllowed, Language.say("'\(why)' is no reason to refuse", "“\(why)”不是规定的拒收理由"),
        advice: Language.say(
          "Nothing was changed. It is one of: \(allowed.joined(separator: ", ")); --note says more.",
          "未作更改。可选：\(allowed.joined(separator: "、"))；详情用 --note。"))
    }
  }

  /// Adds a step to a request of any kind.
  ///
  /// - Returns: false where this actor had taken it already; nothing was written then.
  @discardableResult
  package func take(_ step: String, on which: String, note: String? = nil, in db: Database) throws(RelayError) -> Bool {
    let request = try Request.find(which, in: db)
    let main = try request.sameAs.map { (id) throws(RelayError) in try Request.find(id, in: db) } ?? request
    guard request.kind != "transfer_internal" else {
      return try TransferDesk(desk).take(step, on: request.id, note: note, in: db)
    }
    let draft = Step(
      id: "", requestID: request.id, kind: step, actorID: desk.officer.id, actorUnitID: desk.unit.id, at: desk.now.text)
    let from = request.kind.hasPrefix("transfer") ? request.fromUnitID : request.unitID
    if let why = try Rights(in: db, proof: .word).objection(to: draft, of: request, from: from, to: request.toUnitID) {
      throw RelayError(
        .roleForbids, "'\(step)' of this request is not \(desk.unit.code)'s to say: \(why)",
        advice: "Nothing was changed. `request show` tells whose turn it is.")
    }
    guard !main.isClosed || step == "comment" || step == "reopen" || step == "complete" else {
      throw RelayError(
        .valueNotAllowed, "it is \(Words.of(main.state, Language.spoken)) since \(main.decidedOn ?? "?")",
        advice: "Nothing was changed.")
    }
    if step != "comment", step != "reopen", try isTaken(step, request, in: db) { return false }
    // What the committee approves of a budget is what it sees.
    let isBudgetApproval = step == "approve" && request.kind.hasPrefix("budget")
    let content = isBudgetApproval ? try BudgetLine.note(request.id, in: db) : note
    try add(step, to: request.id, note: content, in: db)
    if isBudgetApproval, let note { try add("comment", to: request.id, note: note, in: db) }
    return true
  }

  private func isTaken(_ step: String, _ request: Request, in db: Database) throws(RelayError) -> Bool {
    let own = try db.first(
      """
      SELECT max(seq IS NULL), max(seq), count(*) FROM request_step WHERE request_id = ? AND step = ? AND actor_id = ?
      """, [.text(request.id), .text(step), .text(desk.officer.id)])
    guard own?[2].integer ?? 0 > 0 else { return false }
    // Opened again since: it has to be said again.
    return try db.first(
      "SELECT 1 FROM request_step WHERE request_id = ? AND step = 'reopen'", [.text(request.id)]) == nil
  }

  private func add(_ step: String, to request: String, note: String?, in db: Database) throws(RelayError) {
    if let note, note.unicodeScalars.count > 100_000 { throw RelayError(.valueNotAllowed, "the remark is too long") }
    try Step(
      id: desk.newID(), requestID: request, kind: step, actorID: desk.officer.id, actorUnitID: desk.unit.id,
      at: desk.now.text, note: note
    ).write(to: db, signedBy: desk.unit)
  }

  // Budgets.

  /// - Returns: the line's id.
  package func addLine(
    to which: String, item: String, quantity: Int, price: String, note: String?, in db: Database
  ) throws(RelayError) -> String {
    let request = try openBudget(which, in: db)
    guard (1...1_000_000).contains(quantity), !item.isEmpty else {
      throw RelayError(
        .valueNotAllowed, "\(quantity) of '\(item)' is nothing to ask for", advice: "Nothing was changed.")
    }
    let id = desk.newID()
    try db.execute(
      "INSERT INTO request_line (id, request_id, item, quantity, unit_fen, note) VALUES (?, ?, ?, ?, ?, ?)",
      [.text(id), .text(request.id), .text(item), Value(quantity), Value(try Money.fen(price)), Value(note)])
    return id
  }

  package func changeLine(_ id: String, _ changes: [Assignment], in db: Database) throws(RelayError) {
    guard let request = try db.first("SELECT request_id FROM request_line WHERE id = ?", [.text(id)])?[0].text else {
      throw RelayError(.notFound, "there is no line '\(id)' on this device")
    }
    _ = try openBudget(request, in: db)
    for change in changes {
      try change.write(to: "request_line", id: id, allowing: ["item", "quantity", "unit_fen", "note"], in: db)
    }
  }

  package func removeLine(_ id: String, in db: Database) throws(RelayError) {
    try changeLine(id, [], in: db)
    try db.execute("DELETE FROM request_line WHERE id = ?", [.text(id)])
  }

  private func openBudget(_ which: String, in db: Database) throws(RelayError) -> Request {
    let request = try Request.find(which, in: db)
    guard request.kind.hasPrefix("budget"), !request.isClosed else {
      let (kind, state) = (Words.of(request.kind, Language.spoken), Words.of(request.state, Language.spoken))
      throw RelayError(
        .valueNotAllowed, "its lines stand as they are: \(kind), \(state)",
        advice: "Nothing was changed. Ask for more with a new budget.")
    }
    return request
  }
}
