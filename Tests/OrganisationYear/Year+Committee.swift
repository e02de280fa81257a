internal import Organisation
internal import Relay

/// The committee's week: it syncs, decides what has all it needs, takes money at the counter, and lets the office settle.
extension Year {
  func desk(_ week: Week) throws {
    let now = week.later(6)
    try committee.sync(at: now)
    try change(week, now)
    try approveMoves(week, now)
    for at in matters.indices where !matters[at].isDecided { try decide(at, week, now) }
    try voices(week, now)
    if week.ofMonth == 1 { try counter(week, now) }
    if week.month == "2017-12", week.ofMonth == 1 { try results(week, now) }
    let done = try settle(at: now)
    try lost(done, week, now)
    try newcomers(week, now)
    try returns(week)
  }

  /// In June a tenth of the branches get another secretary.
  private func change(_ week: Week, _ now: Instant) throws {
    guard week.month == "2017-06", week.ofMonth == 0 else { return }
    for code in changing.sorted() {
      try committee.act(at: now) { (desk, db) throws(RelayError) in
        var new = OfficerDesk.New(name: "New secretary \(code)", role: "secretary", unit: code)
        new.from = week.day
        _ = try OfficerDesk(desk).add(new, in: db)
        try OfficerDesk(desk).leave(try Officer.find("Secretary \(code)", in: db), on: week.day, in: db)
      }
      book.turnover += 1
      count()
    }
  }

  private func approveMoves(_ week: Week, _ now: Instant) throws {
    for at in moves.indices where moves[at].isAccepted && !moves[at].isApproved {
      let move = moves[at]
      let steps = try committee.rows(
        "SELECT DISTINCT step FROM request_step WHERE request_id = ? AND step IN ('release', 'accept')",
        [.text(move.request)])
      guard steps.count == 2 else { continue }
      try committee.act(at: now) { (desk, db) throws(RelayError) in
        _ = try TransferDesk(desk).take("approve", on: move.request, in: db)
      }
      moves[at].isApproved = true
      book.step("approve")
      count()
      book.movedInside += 1
      book.change(move.member) { person in
        (person.branch, person.moved) = (move.to, (move.from, week.day))
      }
    }
  }

  private func decide(_ at: Int, _ week: Week, _ now: Instant) throws {
    let matter = matters[at]
    guard try committee.holds("request", matter.request) else { return }
    let isMoney = matter.kind.hasPrefix("budget")
    let isRefused = isMoney ? dice.chance(percent: 40) : dice.chance(percent: 10)
    try committee.act(at: now) { (desk, db) throws(RelayError) in
      _ = try RequestDesk(desk).take(
        isRefused ? "refuse" : "approve", on: matter.request, note: isRefused ? "other: not now" : nil, in: db)
    }
    count()
    matters[at].isDecided = true
    matters[at].isRefused = isRefused
    book.step(isRefused ? "refuse" : "approve")
    book.budgets[matter.request]?.state = isRefused ? "refused" : "approved"
    if isRefused { book.refusals += 1 }
    if matter.kind == "assistance" { book.needs[isRefused ? "refused" : "approved", default: 0] += 1 }
    guard !isRefused else { return }
    effect(of: matter, week)
  }

  private func effect(of matter: Matter, _ week: Week) {
    let statuses = [
      "transfer_out": "transferred_out", "resign": "resigned", "keep_membership": "kept_abroad",
      "restore_membership": "active",
    ]
    if let member = matter.member, let status = statuses[matter.kind] {
      book.change(member) { $0.status = status }
    }
    switch matter.kind {
    case "transfer_out": book.left += 1
    case "resign": book.resigned += 1
    case "admit": book.admitted += 1
    case "transfer_in":
      book.received += 1
      let id = "in:" + matter.request
      book.people[id] = YearBook.Person(
        id: id, name: matter.name ?? "", branch: matter.unit, cameOn: week.day, born: 0, sex: "", education: "")
      book.order.append(id)
    default: break
    }
  }

  /// The committee answers half of what has come up to it.
  private func voices(_ week: Week, _ now: Instant) throws {
    for id in book.voices.keys.sorted() {
      guard let voice = book.voices[id], voice.state == "passed_up", try committee.holds("feedback", id),
        dice.chance(percent: 50)
      else { continue }
      _ = try committee.act(at: now) { (desk, db) throws(RelayError) in
        try VoiceDesk(desk).answer(id, "We have heard it.", in: db)
      }
      book.voices[id]?.state = "answered"
      count()
    }
  }

  /// Some pay at the counter, and who has the points pays online.
  private func counter(_ week: Week, _ now: Instant) throws {
    for person in book.present where person.status == "active" && person.planned != nil && person.born % 3 == 2 {
      guard !person.isQuiet, dice.chance(percent: 10) else { continue }
      try pay(committee, person.id, months: 2, channel: dice.chance(percent: 50) ? "online" : "counter", week)
    }
  }

  private func results(_ week: Week, _ now: Instant) throws {
    let proposals = try committee.rows(
      """
      SELECT a.member_id, a.grade FROM appraisal_entry AS a JOIN member AS m ON m.id = a.member_id
      WHERE a.stage = 'branch_proposal' AND m.status = 'active' ORDER BY a.id
      """)
    for row in proposals {
      guard let member = row[0].text, let grade = row[1].text else { continue }
      try committee.act(at: now) { (desk, db) throws(RelayError) in
        _ = try AppraisalDesk(desk).enter(
          "2017", "committee_result", grade, for: try Member.find(member, in: db), voter: nil, text: nil, in: db)
      }
      count()
      book.grades["2017 committee_result \(grade)", default: 0] += 1
    }
  }

  /// In April somebody confirms whom the office proposes as lost, and a campaign looks for them.
  private func lost(_ done: Settlement, _ week: Week, _ now: Instant) throws {
    guard week.month == "2017-04", week.ofMonth == 1, sweep == nil else { return }
    let proposed = done.lostProposals.compactMap { text in
      text.split(separator: ",").first.map { String($0.dropFirst("no. ".count)) }
    }
    for number in proposed {
      let id = try committee.act(at: now) { (desk, db) throws(RelayError) in
        let member = try Member.find(number, in: db)
        try MemberEdit.write([try Assignment("reach=lost")], to: member, in: db)
        return member.id
      }
      book.change(id) { $0.lostOn = week.day }
      count()
    }
    sweep = try committee.act(at: now) { (desk, db) throws(RelayError) in
      try SweepDesk(desk).start("Come home", to: nil, target: "lost", fields: [], in: db)
    }
    try committee.sync(at: now)
  }

  /// Whoever was received pays from the next month on.
  private func newcomers(_ week: Week, _ now: Instant) throws {
    let new = try book.order.filter { id in
      guard let person = book.people[id], person.planned == nil else { return false }
      return try committee.holds("member", id)
    }
    guard !new.isEmpty else { return }
    let next = YearBook.month(week.month) + 1
    try planDues(new, from: digits(next / 12, 4) + "-" + digits(next % 12 + 1, 2), at: now)
    try committee.sync(at: now)
  }

  /// Half of those who went abroad are back in July, and say so.
  private func returns(_ week: Week) throws {
    guard week.month == "2017-07", week.ofMonth == 2 else { return }
    let away = book.present.filter { $0.status == "kept_abroad" }
    for (at, person) in away.enumerated() where at % 2 == 0 {
      guard let phone = secretaries.first(where: { $0.unit == person.branch }), try phone.holds("member", person.id)
      else { continue }
      let id = try phone.act(at: week.later(8)) { (desk, db) throws(RelayError) in
        try DeclarationDesk(desk).declare(
          DeclarationDesk.New(topic: "returned", body: "is back"), for: try Member.find(person.id, in: db), in: db)
      }
      count()
      book.change(person.id) { $0.successes.append(week.day) }
      matters.append(
        Matter(request: "restore:" + id, kind: "restore_membership", member: person.id, unit: phone.unit))
    }
  }
}
