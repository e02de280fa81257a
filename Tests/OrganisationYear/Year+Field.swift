internal import Organisation
internal import Relay

/// What people do at the branches, each on a phone that may not have heard of the others for weeks.
extension Year {
  /// The members whom a phone serves and, as far as it knows, holds. A deputy takes care of every fourth.
  func own(_ phone: Station, isDeputy: Bool) throws -> [YearBook.Person] {
    let here = Set(try phone.rows("SELECT id FROM member WHERE status = 'active'").compactMap { $0[0].text })
    let hasDeputy = deputies.contains { $0.unit == phone.unit }
    return book.order.enumerated().compactMap { at, id in
      guard here.contains(id), let person = book.people[id] else { return nil }
      return !hasDeputy || (at % 4 == 0) == isDeputy ? person : nil
    }
  }

  func beginMonth(_ week: Week) throws {
    meetings = [:]
    for phone in secretaries {
      meetings[phone.unit] = try phone.act(at: week.now) { (desk, db) throws(RelayError) in
        var plan = ActivityDesk.Plan(title: "Meeting \(week.month) \(desk.unit.code)", kind: "meeting")
        (plan.startsAt, plan.place) = (week.later(170).text, "Hall")
        return try ActivityDesk(desk).add(plan, in: db)
      }
      book.activities[meetings[phone.unit] ?? ""] = YearBook.Held(kind: "meeting")
      count()
    }
  }

  func field(_ phone: Station, _ week: Week) throws {
    let mine = try own(phone, isDeputy: false)
    switch week.ofMonth {
    case 0: try takeDues(phone, mine, week)
    case 1: try holdMeeting(phone, mine, week, others: "absent")
    case 2: try call(phone, mine, week)
    default:
      try speak(phone, mine, week)
      try appraise(phone, mine, week)
    }
    try open(phone, mine, week)
    if sweep != nil { try lookForLost(phone, week) }
  }

  func second(_ phone: Station, _ week: Week) throws {
    let mine = try own(phone, isDeputy: true)
    if week.ofMonth == 0 { try takeDues(phone, mine, week) }
    if week.ofMonth == 1 { try holdMeeting(phone, mine, week, others: nil) }
  }

  /// A third pays every month, a third by the quarter, a third not at all.
  private func takeDues(_ phone: Station, _ mine: [YearBook.Person], _ week: Week) throws {
    for person in mine where !person.isQuiet {
      let habit = person.born % 3
      guard habit == 0 || habit == 1 && ["01", "04", "07", "10"].contains(week.month.suffix(2)) else { continue }
      try pay(phone, person.id, months: habit == 0 ? 1 : 3, channel: nil, week)
    }
  }

  func pay(_ phone: Station, _ id: String, months: Int, channel: String?, _ week: Week) throws {
    var payment = DuesDesk.Payment()
    (payment.months, payment.channel) = (months, channel)
    let isWrong = channel == nil && dice.chance(percent: 2)
    let receipt = try phone.attempt(at: week.now) { [payment] (desk, db) throws(RelayError) in
      let receipt = try DuesDesk(desk).pay(payment, for: try Member.find(id, in: db), in: db)
      // Somebody notices at once that it was another member's money.
      if isWrong { _ = try DuesDesk(desk).reverse(receipt.id, note: "wrong member", in: db) }
      return receipt
    }
    guard let receipt else { return }
    count()
    let span = YearBook.month(receipt.from)...YearBook.month(receipt.to)
    guard let person = book.people[id] else { return }
    if person.isHeld(phone.unit, week.day) { book.heldFacts += 1 }
    book.change(id) { person in
      person.payments.append(
        YearBook.Payment(
          months: span, fen: receipt.amountFen, channel: receipt.channel, day: week.day, unit: phone.unit,
          isReversed: isWrong))
      if receipt.channel == "online" { person.successes.append(week.day) }
    }
  }

  /// Each door marks whom it sees; the secretary calls all others absent.
  private func holdMeeting(_ phone: Station, _ mine: [YearBook.Person], _ week: Week, others: String?) throws {
    guard let id = meetings[phone.unit], try phone.holds("activity", id) else { return }
    let there = mine.filter { !$0.isQuiet && dice.chance(percent: 45) }.map(\.id)
    guard !there.isEmpty else { return }
    var door = ActivityDesk.Attendance()
    (door.members, door.others, door.guests, door.books) = (there, others, dice.below(4), dice.below(3))
    let marked = try phone.act(at: week.later(4)) { [door] (desk, db) throws(RelayError) -> Set<String> in
      _ = try ActivityDesk(desk).attend(door, at: try Activity.find(id, in: db), in: db)
      let rows = try db.query("SELECT member_id FROM attendance WHERE activity_id = ?", [.text(id)]) {
        (row) throws(RelayError) in row[0].text ?? ""
      }
      return Set(rows)
    }
    attended(id, there, marked, phone, week, points: 5)
    book.activities[id]?.guests += door.guests
    book.activities[id]?.books += door.books
    count()
  }

  func attended(
    _ id: String, _ there: [String], _ marked: Set<String>, _ phone: Station, _ week: Week, points: Int
  ) {
    let isNew = there.filter { book.activities[id]?.there.contains($0) == false }
    // An absence of somebody who had moved is set aside like everything else that the old branch writes.
    for member in marked where book.activities[id]?.marked.contains(member) == false {
      let isHeld = book.people[member]?.isHeld(phone.unit, week.day) ?? false
      if isHeld, !there.contains(member) { book.heldFacts += 1 }
    }
    book.activities[id]?.there.formUnion(there)
    book.activities[id]?.marked.formUnion(marked)
    for member in isNew {
      let isHeld = book.people[member]?.isHeld(phone.unit, week.day) ?? false
      book.met(member, on: week.day, by: phone.unit)
      if !isHeld { book.change(member) { $0.points[id] = points } }
    }
  }

  private func call(_ phone: Station, _ mine: [YearBook.Person], _ week: Week) throws {
    for person in mine where person.isQuiet ? week.number < 12 : dice.chance(percent: 8) {
      // Nobody finds those who are quiet, whatever is tried.
      let tries =
        person.isQuiet
        ? [("mobile", "no_answer"), ("visit", "no_answer")] : [("mobile", dice.pick(["reached", "no_answer"]))]
      for (channel, outcome) in tries { try log(phone, person.id, channel, outcome, sweep: nil, week) }
    }
  }

  func log(
    _ phone: Station, _ id: String, _ channel: String, _ outcome: String, sweep: String?, _ week: Week
  ) throws {
    var attempt = ContactLog.Attempt(channel: channel, outcome: outcome, purpose: sweep == nil ? "other" : "sweep")
    attempt.sweep = sweep
    try phone.act(at: week.now) { [attempt] (desk, db) throws(RelayError) in
      _ = try ContactLog(desk).log(attempt, of: try Member.find(id, in: db), in: db)
    }
    count()
    book.attempts.append((channel, outcome))
    if outcome == "reached" {
      book.met(id, on: week.day, by: phone.unit)
    } else if book.people[id]?.isHeld(phone.unit, week.day) ?? false {
      book.heldFacts += 1
    }
  }

  /// The campaign for those whom the committee called lost: half of them are found.
  private func lookForLost(_ phone: Station, _ week: Week) throws {
    guard let sweep, try phone.holds("sweep", sweep) else { return }
    let lost = try phone.rows("SELECT id FROM member WHERE reach = 'lost'").compactMap { $0[0].text }
    for id in lost where book.people[id].map({ !$0.isHeld(phone.unit, week.day) }) ?? false {
      let isFound = dice.chance(percent: 20)
      try log(phone, id, "through_person", isFound ? "reached" : "no_answer", sweep: sweep, week)
      if isFound { book.foundAgain.insert(id) }
    }
  }

  private func speak(_ phone: Station, _ mine: [YearBook.Person], _ week: Week) throws {
    guard dice.chance(percent: 30), let person = mine.first else { return }
    let kind = dice.pick(["problem", "suggestion", "nomination", "offer_help", "seek_help"])
    let (isPassed, name) = (dice.chance(percent: 50), person.name)
    let id = try phone.act(at: week.now) { (desk, db) throws(RelayError) in
      let id = try VoiceDesk(desk).say("\(name) says", kind: kind, member: nil, in: db)
      if isPassed { _ = try VoiceDesk(desk).pass(id, in: db) }
      return id
    }
    count()
    book.voices[id] = (kind, isPassed ? "regional" : "branch", isPassed ? "passed_up" : "open")
  }

  /// In November everybody says a word of the own year, two peers vote, and the branch proposes.
  private func appraise(_ phone: Station, _ mine: [YearBook.Person], _ week: Week) throws {
    guard week.month == "2017-11" else { return }
    let voters = mine.prefix(3).map(\.id)
    for person in mine.dropFirst(3).prefix(10) {
      let grade = dice.pick(["excellent", "good", "good", "fair"])
      let ballots = voters.prefix(2).map { ($0, dice.pick(["excellent", "good"])) }
      try phone.act(at: week.now) { (desk, db) throws(RelayError) in
        let (member, desk) = (try Member.find(person.id, in: db), AppraisalDesk(desk))
        _ = try desk.enter("2017", "self", "good", for: member, voter: nil, text: nil, in: db)
        _ = try desk.enter("2017", "branch_proposal", grade, for: member, voter: nil, text: nil, in: db)
        for (voter, ballot) in ballots {
          _ = try desk.enter(
            "2017", "peer", ballot, for: member, voter: try Member.find(voter, in: db), text: nil, in: db)
        }
      }
      count()
      book.grades["2017 self good", default: 0] += 1
      book.grades["2017 branch_proposal \(grade)", default: 0] += 1
      for (_, ballot) in ballots { book.grades["2017 peer \(ballot)", default: 0] += 1 }
    }
  }
}
