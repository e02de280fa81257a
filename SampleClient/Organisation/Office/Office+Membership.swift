internal import Relay

extension Office {
  /// Stays abroad, returns, resignations, admissions: the committee's approval changes the status, unless two requests
  /// say opposite things.
  func settleMembership(_ db: Database, _ done: inout Settlement) throws(RelayError) {
    let committee = try OrgUnit.committee(in: db)
    try openRestores(committee, db, &done)
    let steps = try Step.byRequest(in: db)
    let rights = try Rights(in: db, proof: .signature)
    let kinds = ["keep_membership", "suspend_membership", "restore_membership", "resign", "admit"]
    let open = try Request.all(kinds, in: db).filter { !$0.isClosed && $0.memberID != nil }
    let folds = open.map { request in
      let fold = RequestFold(kind: request.kind, steps: steps[request.id] ?? []) {
        rights.objection(to: $0, of: request, from: request.unitID, to: request.toUnitID)
      }
      let isOpposed = open.contains { other in
        other.memberID == request.memberID && Office.contradict(other.kind, request.kind)
      }
      return isOpposed ? fold.waiting : fold
    }
    for (request, fold) in zip(open, folds) {
      let against = zip(open, folds).filter { other, otherFold in
        other.memberID == request.memberID && otherFold.stop == nil && Office.contradict(other.kind, request.kind)
      }.map(\.0)
      if let other = against.first, fold.stop == nil {
        try ask(request, other, committee, db, &done)
        try record(request, fold.taken.isEmpty && !fold.isComplete ? fold.state(isDecided: false) : "open", db, &done)
      } else if fold.isComplete {
        let day = decided(fold.lastNeeded)
        let isLegal = try apply(request, committee, db, &done)
        _ = try Office.set("decided_on", .text(day), of: "request", request.id, in: db)
        try record(request, isLegal ? "approved" : "expired", db, &done)
        if !isLegal { try end(request, "the member's status does not allow it", day, committee, db, &done) }
      } else {
        try record(request, fold.state(isDecided: false), db, &done)
      }
    }
  }

  /// Says on a request why nothing came of it.
  private func end(
    _ request: Request, _ why: String, _ day: String, _ committee: OrgUnit, _ db: Database, _ done: inout Settlement
  ) throws(RelayError) {
    let isNew = try Step.comment(
      "end:\(request.id)", on: request.id, at: instant(day), "ended: \(why)", committee: committee, in: db)
    if isNew { done.remarks += 1 }
  }

  private static func contradict(_ a: String, _ b: String) -> Bool {
    (a, b) == ("keep_membership", "suspend_membership") || (a, b) == ("suspend_membership", "keep_membership")
  }

  private func record(_ request: Request, _ state: String, _ db: Database, _ done: inout Settlement) throws(RelayError)
  {
    guard state != "draft" else { return }
    if try Office.set("state", .text(state), of: "request", request.id, in: db) { done.requests += 1 }
  }

  private func ask(
    _ request: Request, _ other: Request, _ committee: OrgUnit, _ db: Database, _ done: inout Settlement
  ) throws(RelayError) {
    let note = "asked: \(request.kind) against \(other.kind); the committee decides which is refused"
    let isNew = try Step.comment(
      "ask:\(request.id):\(other.id)", on: request.id, at: instant(request.openedOn), note,
      committee: committee, in: db)
    if isNew { done.remarks += 1 }
    done.questions.append("\(request.title ?? request.memberID ?? request.id): \(request.kind) against \(other.kind)")
  }

  /// - Returns: whether the request was legal, so that it is decided now.
  private func apply(
    _ request: Request, _ committee: OrgUnit, _ db: Database, _ done: inout Settlement
  ) throws(RelayError) -> Bool {
    guard let id = request.memberID,
      let status = try db.first("SELECT status FROM member WHERE id = ?", [.text(id)])?[0].text
    else { return false }
    let (from, to): ([String], String)
    switch request.kind {
    case "keep_membership": (from, to) = (["active"], "kept_abroad")
    case "suspend_membership": (from, to) = (["active", "kept_abroad"], "suspended")
    case "restore_membership": (from, to) = (["kept_abroad", "suspended"], "active")
    case "resign": (from, to) = (["active", "kept_abroad", "suspended"], "resigned")
    default:
      guard status == "active" else { return false }
      if try Office.set("grade", "full", of: "member", id, in: db) { done.statuses += 1 }
      return true
    }
    guard from.contains(status) else { return false }
    if try Office.set("status", .text(to), of: "member", id, in: db) { done.statuses += 1 }
    // Who leaves belongs to the committee's unit: the branch holds the row no longer, and nobody is without a unit.
    if to == "resigned" { _ = try Office.set("unit_id", .text(committee.id), of: "member", id, in: db) }
    return true
  }

  /// Somebody who says that they are back asks for it: the declaration opens the request.
  private func openRestores(_ committee: OrgUnit, _ db: Database, _ done: inout Settlement) throws(RelayError) {
    let returned = try db.query(
      """
      SELECT d.id, d.member_id, d.made_on, m.unit_id FROM declaration AS d JOIN member AS m ON m.id = d.member_id
      WHERE d.topic = 'returned' AND d.by = 'self'
        AND NOT EXISTS (SELECT 1 FROM request WHERE id = 'restore:' || d.id)
        AND EXISTS (SELECT 1 FROM request AS r WHERE r.member_id = d.member_id
          AND r.kind IN ('keep_membership', 'suspend_membership') AND r.state NOT IN ('refused', 'withdrawn', 'expired')
          AND coalesce(r.opened_on, '') <= d.made_on)
      ORDER BY d.id
      """
    ) { (row) throws(RelayError) in row.values }
    for row in returned {
      let (declaration, day) = (row[0].text ?? "", row[2].text ?? today.text)
      let id = "restore:" + declaration
      try db.execute(
        """
        INSERT INTO request (id, kind, member_id, unit_id, to_unit_id, state, opened_on)
        VALUES (?, 'restore_membership', ?, ?, ?, 'open', ?)
        """, [.text(id), row[1], .text(committee.id), row[3], .text(day)])
      try Step(
        id: "open:" + id, requestID: id, kind: "open", actorID: Step.office, actorUnitID: committee.id,
        at: instant(day), note: "the member declared the return"
      ).write(to: db)
      done.requests += 1
    }
  }

  /// What a member needs: the committee says what can be done, and nothing else follows.
  func settleAssistance(_ db: Database, _ done: inout Settlement) throws(RelayError) {
    let steps = try Step.byRequest(in: db)
    let rights = try Rights(in: db, proof: .signature)
    for request in try Request.all(["assistance"], in: db) where !request.isDecided {
      let fold = RequestFold(kind: request.kind, steps: steps[request.id] ?? []) {
        rights.objection(to: $0, of: request, from: request.unitID, to: request.toUnitID)
      }
      if fold.isComplete {
        let day = decided(fold.lastNeeded)
        _ = try Office.set("decided_on", .text(day), of: "request", request.id, in: db)
      }
      try record(request, fold.state(isDecided: fold.isComplete), db, &done)
    }
  }

  /// Transfers from and to other organisations.
  func settleOutside(_ db: Database, _ done: inout Settlement) throws(RelayError) {
    let committee = try OrgUnit.committee(in: db)
    let steps = try Step.byRequest(in: db)
    let rights = try Rights(in: db, proof: .signature)
    for request in try Request.all(["transfer_in", "transfer_out"], in: db)
    where !request.isClosed || request.state == "approved" {
      let fold = RequestFold(kind: request.kind, steps: steps[request.id] ?? []) {
        rights.objection(
          to: $0, of: request, from: request.fromUnitID, to: request.toUnitID, isDecided: request.isDecided)
      }
      var isDecided = request.state == "approved"
      if !isDecided, fold.isComplete {
        if request.kind == "transfer_out", try hasGone(request, committee, in: db) {
          try record(request, "expired", db, &done)
          try end(request, "the member belongs to another unit", today.text, committee, db, &done)
          continue
        }
        isDecided = try crossBorder(request, fold, committee, db, &done)
      }
      if !isDecided || fold.isComplete { try record(request, fold.state(isDecided: isDecided), db, &done) }
    }
  }

  /// Has the member left the unit that lets go?
  private func hasGone(_ request: Request, _ committee: OrgUnit, in db: Database) throws(RelayError) -> Bool {
    guard let id = request.memberID, let from = request.fromUnitID,
      let unit = try db.first("SELECT unit_id FROM member WHERE id = ?", [.text(id)])?[0].text
    else { return false }
    return unit != from && unit != committee.id
  }

  private func crossBorder(
    _ request: Request, _ fold: RequestFold, _ committee: OrgUnit, _ db: Database, _ done: inout Settlement
  ) throws(RelayError) -> Bool {
    let day = decided(fold.lastNeeded)
    let isOut = request.kind == "transfer_out"
    guard let unit = isOut ? committee.id : request.toUnitID else { return false }
    if let member = request.memberID {
      _ = try Office.set("unit_id", .text(unit), of: "member", member, in: db)
      let status = isOut ? "transferred_out" : "active"
      if try Office.set("status", .text(status), of: "member", member, in: db) { done.statuses += 1 }
    } else {
      guard !isOut, let name = request.claim ?? request.title else { return false }
      let id = "in:" + request.id
      try db.execute(
        """
        INSERT INTO member (id, member_no, unit_id, full_name, came_on) SELECT ?1, 'new-' || substr(?1, 1, 11), ?2, ?3, ?4
        WHERE NOT EXISTS (SELECT 1 FROM member WHERE id = ?1)
        """, [.text(id), .text(unit), .text(name), .text(day)])
      _ = try Office.set("member_id", .text(id), of: "request", request.id, in: db)
      done.statuses += 1
    }
    _ = try Office.set("decided_on", .text(day), of: "request", request.id, in: db)
    return true
  }
}
