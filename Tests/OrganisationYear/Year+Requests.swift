internal import Organisation
internal import Relay

/// What branches ask of one another and of the committee.
extension Year {
  func open(_ phone: Station, _ mine: [YearBook.Person], _ week: Week) throws {
    // Who hands the phone over just now asks for nothing: a step of somebody who has left does not count.
    guard !changing.contains(phone.unit) || !["2017-05", "2017-06", "2017-07"].contains(week.month) else { return }
    let free = mine.filter { person in
      !person.isQuiet && person.moved == nil && !moves.contains { $0.member == person.id }
        && !matters.contains { $0.member == person.id }
    }
    guard free.count > 6, week.day < "2017-12-01" else { return }
    let person = free[dice.below(free.count)]
    switch (week.ofMonth, dice.below(8)) {
    case (0, 0): try openMove(phone, person, week)
    case (1, 0): try ask("transfer_out", phone, person, week)
    case (1, 1): try ask("transfer_in", phone, nil, week)
    case (2, 0) where week.month < "2017-05": try ask("keep_membership", phone, person, week)
    case (2, 1): try ask("resign", phone, person, week)
    case (2, 2): try ask("assistance", phone, person, week)
    case (3, 0...2) where week.month == "2017-02" || week.month == "2017-09": try askMoney(phone, week)
    default:
      guard week.month == "2017-03", let young = try probationary(phone, free) else { return }
      try ask("admit", phone, young, week)
    }
  }

  private func probationary(_ phone: Station, _ free: [YearBook.Person]) throws -> YearBook.Person? {
    let ids = Set(try phone.rows("SELECT id FROM member WHERE grade = 'probationary'").compactMap { $0[0].text })
    return free.first { ids.contains($0.id) }
  }

  private func openMove(_ phone: Station, _ person: YearBook.Person, _ week: Week) throws {
    let to = dice.pick(secretaries.map(\.unit).filter { $0 != phone.unit && !changing.contains($0) })
    let id = try phone.act(at: week.now) { (desk, db) throws(RelayError) in
      let id = try TransferDesk(desk).open(try Member.find(person.id, in: db), TransferDesk.Opening(to: to), in: db)
      try TransferDesk(desk).take("release", on: id, in: db)
      return id
    }
    count()
    book.step("open", "release")
    moves.append(Move(request: id, member: person.id, from: phone.unit, to: to))
  }

  private func ask(_ kind: String, _ phone: Station, _ person: YearBook.Person?, _ week: Week) throws {
    var opening = RequestDesk.Opening(kind)
    var name: String?
    switch kind {
    case "transfer_in":
      name = "Newcomer \(phone.unit) \(week.number)"
      (opening.claim, opening.title, opening.steps) = (name, name, ["open", "accept"])
    case "transfer_out": (opening.outside, opening.steps) = ("Another district", ["open", "release"])
    case "keep_membership": (opening.effectiveOn, opening.untilOn) = (week.day, "2017-06-30")
    case "assistance": (opening.title, opening.need) = ("housing: \(person?.name ?? "?")", "a flat")
    default: break
    }
    let id = try phone.act(at: week.now) { [opening] (desk, db) throws(RelayError) in
      let member = try person.map { (person) throws(RelayError) in try Member.find(person.id, in: db) }
      return try RequestDesk(desk).open(opening, about: member, in: db)
    }
    count()
    opening.steps.forEach { book.step($0) }
    matters.append(Matter(request: id, kind: kind, member: person?.id, unit: phone.unit, name: name))
  }

  private func askMoney(_ phone: Station, _ week: Week) throws {
    let kind = dice.pick(["budget_training", "budget_activity"])
    let (lunches, books) = (dice.span(10, 40), dice.span(1, 20))
    let id = try phone.act(at: week.now) { (desk, db) throws(RelayError) in
      var opening = RequestDesk.Opening(kind)
      opening.title = "Money of \(desk.unit.code)"
      let requests = RequestDesk(desk)
      let id = try requests.open(opening, about: nil, in: db)
      _ = try requests.addLine(to: id, item: "lunch", quantity: lunches, price: "25", note: nil, in: db)
      _ = try requests.addLine(to: id, item: "book", quantity: books, price: "31.50", note: nil, in: db)
      return id
    }
    count()
    book.step("open")
    book.budgets[id] = YearBook.Budget(kind: kind, asked: lunches * 2500 + books * 3150)
    matters.append(Matter(request: id, kind: kind, member: nil, unit: phone.unit))
  }

  /// Receiving branches accept what has come to them.
  func move(_ week: Week) throws {
    for at in moves.indices where !moves[at].isAccepted {
      let request = moves[at].request
      guard let phone = secretaries.first(where: { $0.unit == moves[at].to }), try phone.holds("request", request)
      else { continue }
      try phone.act(at: week.now) { (desk, db) throws(RelayError) in
        _ = try TransferDesk(desk).take("accept", on: request, in: db)
      }
      moves[at].isAccepted = true
      book.step("accept")
      count()
    }
  }

  /// A region writes its lecture and marks whom it sees; branches mark their own.
  func regional(_ week: Week) throws {
    let month = Int(week.month.suffix(2)) ?? 1
    guard month % 3 == 2 else { return }
    if week.ofMonth == 0 {
      for region in regions {
        let id = try region.act(at: week.now) { (desk, db) throws(RelayError) in
          var plan = ActivityDesk.Plan(title: "Lecture \(week.month) \(desk.unit.code)", kind: "lecture")
          (plan.startsAt, plan.place) = (week.later(338).text, "Theatre")
          return try ActivityDesk(desk).add(plan, in: db)
        }
        lectures[region.unit] = id
        book.activities[id] = YearBook.Held(kind: "lecture")
        count()
      }
      return
    }
    guard week.ofMonth == 2 else { return }
    for region in regions {
      let known = try region.rows("SELECT id FROM member WHERE status = 'active' ORDER BY id").compactMap { $0[0].text }
      guard let guest = known.first(where: { book.people[$0]?.isQuiet == false }) else { continue }
      try attendLecture(region, of: region.unit, [guest], week)
    }
    for phone in secretaries {
      guard let number = secretaries.firstIndex(where: { $0 === phone }) else { continue }
      let mine = try own(phone, isDeputy: false).filter { !$0.isQuiet && dice.chance(percent: 25) }.map(\.id)
      if !mine.isEmpty { try attendLecture(phone, of: "R\(region(of: number) + 1)", mine, week) }
    }
  }

  private func attendLecture(_ device: Station, of region: String, _ members: [String], _ week: Week) throws {
    guard let id = lectures[region], try device.holds("activity", id) else { return }
    var door = ActivityDesk.Attendance()
    door.members = members
    try device.act(at: week.later(5)) { [door] (desk, db) throws(RelayError) in
      _ = try ActivityDesk(desk).attend(door, at: try Activity.find(id, in: db), in: db)
    }
    count()
    attended(id, members, Set(members), device, week, points: 10)
  }
}
