internal import Relay

extension MemberStory {
  /// - Parameter isPreferred: is the first one to be used? Not of somebody who left.
  /// - Returns: the id of the first.
  mutating func tellContacts(isPreferred: Bool) -> String {
    let id = source.uuid()
    let number = digits(member.number, 4)
    let verified = Day(Month(2017, source.span(1, 9)), source.span(1, 28))
    tell(
      .contactPoint,
      [
        .text(id), .text(member.id), "mobile", .text("000-\(number)-0001"), .null,
        Value(isPreferred ? 1 : 0),
        member.came <= verified ? Value(verified) : .null, .text(source.pick(["self", "officer"])),
      ])
    let isMail = source.chance(percent: 40)
    tell(
      .contactPoint,
      [
        .text(source.uuid()), .text(member.id), isMail ? "email" : "chat",
        .text(isMail ? "member\(number)@example.invalid" : "member\(number)"), .null, 0, .null, "import",
      ])
    return id
  }

  mutating func tellDeclaration() {
    let (topic, body) = source.pick([
      ("residence", "Moved within the city."), ("employment", "Changed the employer."),
      ("contact", "Has a new number."), ("other", "Nothing has changed."),
    ])
    let day = Day(max(member.came.month, Month(2017, source.span(1, 10))), 28)
    tell(
      .declaration,
      [
        .text(source.uuid()), .text(member.id), .text(topic), .text(body), Value(day), "officer", Value(day),
      ])
  }

  mutating func tellAttendance() {
    let hosts = [roster.units[0], roster.units[branch.parent ?? 0], branch]
    for activity in hosts.flatMap(\.programme.activities) where activity.day >= member.came {
      let roll = source.below(100)
      let isThere = roll < engagement
      let isOnline = isThere && (activity.mode == "online" || activity.mode == "mixed" && roll % 2 == 0)
      let mark = isThere ? (isOnline ? "online" : "present") : roll < engagement + 10 ? "excused" : "absent"
      let id = activity.id + ":" + member.id
      tell(
        .attendance,
        [
          .text(id), .text(activity.id), .text(member.id), .text(mark), .text(secretary.id),
          isThere ? Value(activity.day, hour: 6, minute: source.below(30)) : .null,
        ])
      guard isThere else { continue }
      contacted(activity.day)
      tell(
        .points,
        [
          .text("att:" + id), .text(member.id), Value(activity.day.month.year), Value(Programme.points),
          "attendance", .text(id), Value(activity.day),
        ])
    }
  }

  mutating func tellAttempts(_ contact: String) {
    let sweep = branch.programme.sweeps[0]
    for month in [2, 4, 6, 8, 10] {
      let day = Day(Month(2017, month), source.span(1, 28))
      guard day >= member.came else { continue }
      let isReached = source.chance(percent: engagement)
      let outcome = isReached ? "reached" : source.pick(["no_answer", "no_answer", "left_message", "wrong_number"])
      let channel = source.pick(["mobile", "mobile", "mobile", "chat", "visit"])
      let isInSweep = day >= sweep.from && day <= sweep.to
      if isReached { contacted(day) }
      tell(
        .attempt,
        [
          .text(source.uuid()), .text(member.id), isInSweep ? .text(sweep.id) : .null,
          .text(isInSweep ? "sweep" : member.person.arrears > 0 ? "dues" : "other"), .text(channel),
          channel == "mobile" ? .text(contact) : .null, .text(outcome),
          Value(day, hour: source.span(1, 12), minute: source.below(60)), .text(secretary.id),
        ])
    }
  }

  mutating func tellReceipts() {
    for notice in roster.committee.programme.notices where notice.day >= member.came {
      let told = Day(notice.day.month, notice.day.number + source.span(0, 20))
      tell(
        .receipt,
        [
          .text(notice.id + ":" + member.id), .text(notice.id), .text(member.id), Value(told, hour: source.span(1, 12)),
          .text(source.pick(["chat", "mobile", "visit"])),
        ])
    }
  }

  /// The round of 2016, for those who were here.
  mutating func tellAppraisal() {
    let day = Day(Month(2016, 12), source.span(10, 28))
    guard member.came < day else { return }
    let grade = source.pick(
      engagement > 60 ? ["excellent", "good", "good", "fair"] : ["good", "fair", "fair", "poor"])
    for stage in ["self", "branch_proposal"] {
      tell(
        .appraisal,
        [
          .text(source.uuid()), "2016", .text(member.id), .text(stage), .text(grade), .null, Value(day),
        ])
    }
  }
}
