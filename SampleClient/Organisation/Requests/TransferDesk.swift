package import Relay

/// What a unit does about transfers: it adds requests and steps, never a state.
package struct TransferDesk: Sendable {
  private let desk: Desk

  package init(_ desk: Desk) { self.desk = desk }

  package struct Opening: Sendable {
    /// The unit that the member goes to: code, id or name. Of a claim the desk's own.
    package var to: String?
    package var reason: String?
    package var effectiveOn: String?

    package init(to: String? = nil, reason: String? = nil, effectiveOn: String? = nil) {
      (self.to, self.reason, self.effectiveOn) = (to, reason, effectiveOn)
    }
  }

  /// Opens the transfer of a member whom this device holds.
  ///
  /// - Returns: the request's id.
  package func open(_ member: Member, _ opening: Opening, in db: Database) throws(RelayError) -> String {
    guard let text = opening.to else { throw RelayError(.usage, "a transfer needs the unit that the member goes to") }
    let to = try OrgUnit.find(text, in: db)
    guard to.level == .branch, to.id != member.unitID else {
      throw RelayError(
        .valueNotAllowed, "\(member.title) cannot be transferred to \(to.code)",
        advice: "Nothing was changed. Name another branch than the member's own.")
    }
    guard member.mergedInto == nil else {
      throw RelayError(.valueNotAllowed, "\(member.title) was merged into another row")
    }
    if let first = try TransferBook(in: db).groups.first(where: {
      $0.memberID == member.id && $0.isLive && $0.toUnitID != to.id
    }) {
      let elsewhere = try first.toUnitID.map { (id) throws(RelayError) in try OrgUnit.find(id, in: db).code } ?? "?"
      let id = first.main.id.prefix(8)
      throw RelayError(
        .valueNotAllowed, "\(member.title) is leaving to \(elsewhere) already: transfer \(id)",
        advice: "Nothing was changed. `transfer withdraw \(id)` by who opened it ends that one; then open this one.")
    }
    return try insert(
      member: member.id, claim: nil, from: member.unitID, to: to.id, title: member.title, opening, in: db)
  }

  /// Asks for a member whom this device cannot see, by what was told; to ask is to accept.
  ///
  /// - Parameter told: the member's number, then what else is known: `0417, Member 0417`.
  package func claim(_ told: String, _ opening: Opening, in db: Database) throws(RelayError) -> String {
    guard desk.unit.level == .branch else {
      throw RelayError(.roleForbids, "a branch claims a member; others open the transfer by number")
    }
    let request = Request(id: "", kind: "", claim: told, unitID: "", state: "")
    guard request.claimedNumber != nil, told.unicodeScalars.count <= 500 else {
      throw RelayError(
        .valueNotAllowed, "'\(told)' names no member's number", advice: "Nothing was changed. Begin with the number.")
    }
    let id = try insert(
      member: nil, claim: told, from: nil, to: desk.unit.id, title: "no. \(told)", opening, in: db)
    try add("accept", to: id, note: nil, in: db)
    return id
  }

  private func insert(
    member: String?, claim: String?, from: String?, to: String, title: String, _ opening: Opening, in db: Database
  ) throws(RelayError) -> String {
    if let day = opening.effectiveOn {
      try ColumnRules.check(day, "effective_on", of: "request")
      guard day >= desk.today.text else {
        throw RelayError(
          .valueNotAllowed, "\(day) is over",
          advice: "Nothing was changed. A member moves on the day on which all have signed, not before.")
      }
    }
    let id = desk.newID()
    // A column that is not this role's is left out.
    let isBranch = desk.unit.level == .branch
    try db.execute(
      """
      INSERT INTO request (id, kind, member_id, claim_text, from_unit_id, to_unit_id, unit_id, title, reason,
        effective_on, opened_on) VALUES (?, 'transfer_internal', ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .text(id), Value(member), Value(claim), Value(from), .text(to), .text(desk.unit.id),
        isBranch ? .text(title) : .null, Value(opening.reason), Value(opening.effectiveOn), .text(desk.today.text),
      ])
    try add("open", to: id, note: nil, in: db)
    return id
  }

  /// Adds a step.
  ///
  /// - Returns: false where this actor had taken it already; nothing was written then.
  /// - Throws: `role_forbids` for a step that is another unit's to take.
  @discardableResult
  package func take(_ step: String, on which: String, note: String? = nil, in db: Database) throws(RelayError) -> Bool {
    let book = try TransferBook(in: db)
    let request = try Request.find(which, in: db)
    guard let group = book.group(of: request.id) else {
      throw RelayError(.valueNotAllowed, "'\(request.id)' is no transfer between branches")
    }
    let draft = Step(
      id: "", requestID: request.id, kind: step, actorID: desk.officer.id, actorUnitID: desk.unit.id, at: desk.now.text)
    let objection = try Rights(in: db, proof: .word).objection(
      to: draft, of: request, from: group.fromUnitID, to: group.toUnitID)
    if let objection {
      throw RelayError(
        .roleForbids, "'\(step)' of this transfer is not \(desk.unit.code)'s to say: \(objection)",
        advice: "Nothing was changed. `transfer show` tells whose turn it is.")
    }
    if group.isEnded {
      throw RelayError(
        .valueNotAllowed, "the transfer has ended: another move of the member was made first",
        advice: "Nothing was changed. Open another transfer if one is wanted.")
    }
    if step == "refuse" || step == "withdraw", group.isDecided {
      throw RelayError(.valueNotAllowed, "the transfer was decided on \(group.main.decidedOn ?? "?")")
    }
    if step != "reopen", step != "comment",
      try db.first(
        "SELECT 1 FROM request_step WHERE request_id = ? AND step = ? AND actor_id = ?",
        [.text(request.id), .text(step), .text(desk.officer.id)]) != nil, group.fold.stop == nil
    {
      return false
    }
    try add(step, to: request.id, note: note, in: db)
    return true
  }

  private func add(_ step: String, to request: String, note: String?, in db: Database) throws(RelayError) {
    try Step(
      id: desk.newID(), requestID: request, kind: step, actorID: desk.officer.id, actorUnitID: desk.unit.id,
      at: desk.now.text, note: note
    ).write(to: db, signedBy: desk.unit)
  }
}
