internal import Relay

extension MemberStory {
  /// The ledger goes back so far; what was paid before stands in one opening row.
  static let ledgerStart = Roster.month.advanced(by: -23)

  mutating func tellLedger(_ receipts: inout Int) {
    let isDeclared = source.chance(percent: 70)
    let base = isDeclared ? 10_000 * source.span(30, 200) : nil
    let monthly = base.map { $0 / 200 } ?? 1000
    let plan = member.id + ":" + member.arrival.text
    tell(
      .plan,
      [
        .text(plan), .text(member.id), Value(member.arrival), base.map { Value($0) } ?? .null, Value(monthly),
        .text(isDeclared ? "declared" : "default"), .text(roster.committee.officers[7].id),
      ])
    let covered = Roster.month.advanced(by: -member.person.arrears)
    let opening = min(covered, MemberStory.ledgerStart.advanced(by: -1))
    if opening >= member.arrival { tellOpening(member.arrival, opening, monthly) }
    var from = max(member.arrival, MemberStory.ledgerStart)
    while from <= covered {
      let to = min(covered, from.advanced(by: source.span(1, 6) - 1))
      receipts += 1
      tellPayment(from, to, monthly, receipts)
      from = to.advanced(by: 1)
    }
  }

  private mutating func tellOpening(_ from: Month, _ to: Month, _ monthly: Int) {
    tell(
      .entry,
      [
        .text(source.uuid()), .text(member.id), "adjustment", Value(monthly * (from.distance(to: to) + 1)),
        Value(from), Value(to), "counter", .null, .text(roster.committee.officers[7].id), Value(Roster.day),
        "opening balance",
      ])
  }

  private mutating func tellPayment(_ from: Month, _ to: Month, _ monthly: Int, _ receipt: Int) {
    let isLater = to < Roster.month && source.chance(percent: 30)
    let paid = Day(isLater ? to.advanced(by: 1) : to, source.span(max(1, member.came.number), 28))
    tell(
      .entry,
      [
        .text(source.uuid()), .text(member.id), "payment", Value(monthly * (from.distance(to: to) + 1)),
        Value(from), Value(to), .text(source.pick(["cash", "cash", "transfer"])),
        .text("\(branch.code)-1-\(digits(receipt, 6))"), .text(secretary.id), Value(paid), .null,
      ])
  }

  mutating func tell(_ sheet: Sheet, _ values: [Value]) { events.append((sheet, values)) }
}
