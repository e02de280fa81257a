package import Relay

/// Requests of every kind in one place: what waits, for whom, and why it went as it did.
package enum RequestPages {
  package struct Filter: Sendable {
    package var kinds: [String] = []
    package var state: String?
    package var unit: String?
    package var member: String?
    /// Also what is decided or stopped.
    package var all = false
    package var year: String?

    package init() {}
  }

  /// How far a request is by its steps, and who is next.
  struct Standing {
    var request: Request
    var state: String
    var next: OrgUnit?
    var steps: [Step]
    var fold: RequestFold
    /// It stands for all requests that mean the same move.
    var isMain = true
    /// Everybody has said yes, and the office has not written it yet.
    var awaitsOffice = false
  }

  static func standings(_ kinds: [String], _ look: Look) throws(RelayError) -> [Standing] {
    let all = try Request.all(kinds, in: look.db)
    let steps = try Step.byRequest(in: look.db)
    let rights = try Rights(in: look.db, proof: look.rights.proof)
    let book = try TransferBook(in: look.db, proof: look.rights.proof)
    let committee = rights.units.values.first { $0.level == .committee }
    return all.map { request in
      let own = steps[request.id] ?? []
      let from = request.kind.hasPrefix("transfer") ? request.fromUnitID : request.unitID
      let fold = RequestFold(kind: request.kind, steps: own) {
        rights.objection(to: $0, of: request, from: from, to: request.toUnitID, isDecided: request.isDecided)
      }
      if request.kind == "transfer_internal", let group = book.group(of: request.id) {
        return Standing(
          request: request, state: group.state, next: book.next(group), steps: own, fold: group.fold,
          isMain: group.main.id == request.id, awaitsOffice: group.awaitsOffice)
      }
      var next: OrgUnit?
      if !request.isClosed, let step = fold.next {
        next =
          step == "release"
          ? from.flatMap { rights.units[$0] }
          : step == "accept" ? request.toUnitID.flatMap { rights.units[$0] } : committee
      }
      let state = request.isClosed ? request.state : fold.state(isDecided: false)
      return Standing(
        request: request, state: state, next: next, steps: own, fold: fold,
        awaitsOffice: !request.isClosed && fold.isComplete)
    }
  }

  package static let kinds = [
    "transfer_in", "transfer_out", "transfer_internal", "keep_membership", "suspend_membership", "restore_membership",
    "resign", "admit", "budget_training", "budget_activity", "assistance",
  ]

  package static func list(_ filter: Filter, _ look: Look) throws(RelayError) -> Page {
    let unit = try filter.unit.map { (which) throws(RelayError) in try OrgUnit.find(which, in: look.db).id }
    let member = try filter.member.map { (who) throws(RelayError) in try Member.find(who, in: look.db).id }
    let units = try OrgUnit.all(in: look.db)
    let rights = look.rights
    var grid = Page.Grid(
      "requests",
      [
        "opened|opened|提出", "kind|kind|类别", "title|about|事项", "unit|unit|单位", "state|state|状态",
        "next|waits for|待办单位", "decided|decided|决定", "amount|amount|金额", "id|id|标识",
      ], empty: Phrase("no requests", "没有申请"))
    let found = try standings(filter.kinds.isEmpty ? kinds : filter.kinds, look).filter { standing in
      let request = standing.request
      // What an old branch is told no longer.
      if rights.role == "branch", !rights.units.contains(request.toUnitID ?? ""),
        standing.steps.contains(where: { $0.id == TransferStub.endID(request.id) })
      {
        return false
      }
      return request.sameAs == nil && (filter.all || !request.isClosed)
        && (filter.state ?? standing.state) == standing.state
        && (unit.map { [request.unitID, request.fromUnitID, request.toUnitID].contains($0) } ?? true)
        && (member.map { request.memberID == $0 } ?? true)
        && (filter.year.map { (request.decidedOn ?? request.openedOn ?? "").hasPrefix($0) } ?? true)
    }.sorted { ($0.request.openedOn ?? "", $0.request.id) < ($1.request.openedOn ?? "", $1.request.id) }
    for standing in found {
      let request = standing.request
      grid.add(
        Cell(request.openedOn), .word(request.kind), Cell(request.title ?? request.claim ?? request.memberID),
        Cell(units[request.unitID]?.code), .word(standing.state), Cell(standing.next?.code), Cell(request.decidedOn),
        request.amountFen.map { .fen($0) } ?? .none, .text(request.id))
    }
    return .list(grid)
  }

  package static func show(_ which: String, _ look: Look) throws(RelayError) -> Page {
    let request = try Request.find(which, in: look.db)
    guard let standing = try standings([request.kind], look).first(where: { $0.request.id == request.id }) else {
      throw RelayError(.notFound, "there is no request '\(which)' on this device")
    }
    let units = try OrgUnit.all(in: look.db)
    func code(_ id: String?) -> Cell { Cell(id.map { units[$0]?.code ?? $0 }) }
    let title = request.title ?? request.claim ?? request.memberID ?? request.id
    var page = Page(
      Phrase("\(Words.of(request.kind, .en)): \(title)", "\(Words.of(request.kind, .zh))：\(title)"))
    page.tell("id", "id", "标识", .text(request.id))
    page.tell("kind", "kind", "类别", .word(request.kind))
    page.tell("state", "state", "状态", .word(standing.state))
    page.tell("unit", "unit", "单位", code(request.unitID))
    if request.kind.hasPrefix("transfer") {
      page.tell("from", "from", "转出", code(request.fromUnitID))
      page.tell("to", "to", "转入", code(request.toUnitID))
      page.tell("outside", "other organisation", "外部组织", Cell(request.outside))
    }
    page.tell("opened", "opened", "提出", Cell(request.openedOn))
    page.tell("effective", "from when", "生效", Cell(request.effectiveOn))
    page.tell("until", "until", "截止", Cell(request.untilOn))
    page.tell("decided", "decided", "决定", Cell(request.decidedOn))
    page.tell("reason", "reason", "理由", Cell(request.reason))
    if request.kind == "assistance" { page.tell("need", "need", "困难", Cell(request.need)) }
    page.tell("next", "waits for", "待办单位", Cell(standing.next?.code))
    if request.kind.hasPrefix("budget") { page.grids.append(try lines(request, look, &page)) }
    page.grids.append(try steps(standing, look))
    return page
  }

  private static func lines(_ request: Request, _ look: Look, _ page: inout Page) throws(RelayError) -> Page.Grid {
    var grid = Page.Grid(
      "lines",
      ["item|item|项目", "quantity|quantity|数量", "price|price|单价", "sum|sum|金额", "note|note|备注", "id|id|标识"],
      empty: Phrase("no lines yet", "尚无明细"))
    var sum = 0
    for row in try look.rows(
      "SELECT item, quantity, unit_fen, note, id FROM request_line WHERE request_id = ? ORDER BY item, id",
      [.text(request.id)])
    {
      let (all, isOver) = row[1].int.multipliedReportingOverflow(by: row[2].int)
      sum += isOver ? 0 : all
      grid.add(row[0].cell, row[1].cell, .fen(row[2].int), .fen(all), row[3].cell, row[4].cell)
    }
    page.tell("asked", "asked for", "申请金额", .fen(sum))
    page.tell("granted", "granted", "批准金额", request.amountFen.map { .fen($0) } ?? .none)
    return grid
  }

  private static func steps(_ standing: Standing, _ look: Look) throws(RelayError) -> Page.Grid {
    let units = try OrgUnit.all(in: look.db)
    let officers = try Officer.all(in: look.db)
    var grid = Page.Grid(
      "steps",
      [
        "at|when|时间", "step|step|步骤", "by|by|办理人", "unit|unit|单位", "note|remark|说明", "idle|no effect because|无效原因",
      ])
    for step in standing.steps {
      // The lines of an approved budget stand above, and are no remark.
      let note = step.note.flatMap { $0.hasPrefix("[{") || $0 == "[]" ? nil : $0 }
      grid.add(
        .text(look.zone.text(step.at)), .word(step.kind, area: "step"),
        .text(officers[step.actorID]?.name ?? step.actorID), .text(units[step.actorUnitID]?.code ?? "?"), Cell(note),
        standing.fold.idle[step.id].map { .phrase($0, Phrase($0, Translation.chinese($0) ?? $0)) } ?? .none)
    }
    return grid
  }

  /// The service guide: which steps a kind needs, who takes them, what follows.
  package static func explain(_ kind: String) throws(RelayError) -> Page {
    guard kinds.contains(kind) else {
      throw RelayError(
        .valueNotAllowed, "'\(kind)' is no kind of request",
        advice: "Nothing was changed. There are: \(kinds.joined(separator: ", ")).")
    }
    var page = Page(Phrase(Words.of(kind, .en), Words.of(kind, .zh)))
    page.tell("kind", "kind", "类别", .text(kind))
    page.tell("needs", "needs, in any order", "所需步骤（不分先后）", .list(RequestFold.needed(kind, isPlacement: false)))
    var grid = Page.Grid("steps", ["step|step|步骤", "who|who takes it|办理单位", "what|what it does|作用"])
    for step in RequestFold.needed(kind, isPlacement: false) + ["refuse", "withdraw", "reopen"]
      + (kind == "transfer_out" ? ["complete"] : [])
    {
      let guide = Guide.steps[step] ?? (Phrase("", ""), Phrase("", ""))
      grid.add(.word(step, area: "step"), .phrase(guide.who.en, guide.who), .phrase(guide.what.en, guide.what))
    }
    page.grids = [grid]
    if let effect = Guide.effects[kind] { page.note("effect", effect.en, effect.zh) }
    return page
  }
}

/// The words of the service guide.
private enum Guide {
  static let steps: [String: (who: Phrase, what: Phrase)] = [
    "release": (Phrase("the branch that lets go", "转出支部"), Phrase("lets the member go", "同意转出")),
    "accept": (Phrase("the branch that receives", "接收支部"), Phrase("takes the member", "同意接收")),
    "approve": (
      Phrase("the committee", "党委"), Phrase("decides; stays on file until the branches have spoken", "批准；支部未表态前留存")
    ),
    "refuse": (Phrase("any side", "任一方"), Phrase("stops it, with a reason", "拒绝并说明理由")),
    "withdraw": (Phrase("who opened it, or the committee", "提出单位或党委"), Phrase("takes it back", "撤回")),
    "reopen": (Phrase("any side", "任一方"), Phrase("goes on after a stop", "重新提出")),
    "complete": (Phrase("the branch that let go", "转出支部"), Phrase("the outside receipt has come", "收到外部回执")),
  ]

  static let effects: [String: Phrase] = [
    "transfer_internal": Phrase(
      "The office moves the member with everything that belongs to it; the old branch keeps a note of where to.",
      "党委办公室办理转接，党员全部资料随转；原支部保留去向记录。"),
    "transfer_in": Phrase("The office makes the member's row and gives a number.", "党委办公室建立党员记录并编号。"),
    "transfer_out": Phrase(
      "The member leaves the branch's device; until the receipt is here the tie is in the pocket.",
      "党员离开本支部设备；回执未到前为口袋党员。"),
    "keep_membership": Phrase("The status becomes kept while abroad.", "党籍状态变为保留党籍。"),
    "suspend_membership": Phrase("The status becomes suspended.", "党籍状态变为停止党籍。"),
    "restore_membership": Phrase("The status becomes active again.", "恢复党籍。"),
    "resign": Phrase("The member leaves the organisation.", "党员退党。"),
    "admit": Phrase("A probationary member becomes a full one.", "预备党员转为正式党员。"),
    "budget_training": Phrase("The lines stand as approved; later edits come back.", "明细按批准内容固定，之后的修改退回。"),
    "budget_activity": Phrase("The lines stand as approved; later edits come back.", "明细按批准内容固定，之后的修改退回。"),
    "assistance": Phrase(
      "The committee says what can be done; what it cannot stays counted as unmet.", "党委答复；不能解决的计入未满足。"),
  ]
}
