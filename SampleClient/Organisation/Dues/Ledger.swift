/// What one member owes and has paid: the plans, the entries, and what follows from them on a day. Nothing that follows
/// is ever stored by a branch, so that two devices never disagree about it.
package struct Ledger: Sendable {
  package struct Plan: Sendable {
    package var from: Month
    package var monthlyFen: Int
    package var isWaived: Bool
  }

  package struct Entry: Sendable, Equatable {
    package var id: String
    package var kind: String
    package var amountFen: Int
    package var from: Month?
    package var to: Month?
    package var channel: String
    package var receipt: String?
    package var reverses: String?
    package var takenBy: String?
    package var takenOn: String
    package var note: String?

    /// The months that it is for; an adjustment says what was covered whenever it was written.
    func months(on day: String) -> ClosedRange<Int>? {
      guard ["payment", "waiver", "adjustment"].contains(kind), kind == "adjustment" || takenOn <= day,
        let from, let to, from <= to
      else { return nil }
      // More than any entry is for: what comes from outside is bounded before it is counted.
      return from.index...min(to.index, from.index + Ledger.longest - 1)
    }

    /// Device and unit of a receipt number: what stands before the counter.
    var desk: String? {
      receipt.map { $0.split(separator: "-").dropLast().joined(separator: "-") } ?? takenBy
    }
  }

  /// Ascending by month.
  package var plans: [Plan] = []
  /// Ascending by day and id.
  package var entries: [Entry] = []

  /// Months are due from here on; nil where nobody has planned anything.
  var start: Month? { plans.first?.from }

  /// Months that nobody has to pay, though a plan asks for them: kept abroad, where the policy waives them then.
  package var excused: [ClosedRange<Int>] = []

  /// The most months that one entry is for: a hundred years.
  static let longest = 1200

  /// The months covered on a day, apart and ascending.
  func covered(on day: Day) -> [ClosedRange<Int>] {
    Ledger.merged(paid(on: day) + waived(upTo: day.lastFullMonth) + excused)
  }

  /// What stands in the ledger covers the months that it is for: waivers and adjustments whole, payments as far as their
  /// money goes, month by month by the plan. Several payments for one month add up.
  func paid(on day: Day) -> [ClosedRange<Int>] {
    let (whole, given) = money(on: day)
    let full = given.filter { $0.value >= due($0.key) }.keys.sorted()
    return Ledger.merged(whole + full.map { $0...$0 })
  }

  /// Months that an entry covers whole, and by month what payments have given for it.
  private func money(on day: Day) -> (whole: [ClosedRange<Int>], given: [Int: Int]) {
    let reversed = reversed(on: day.text)
    var whole: [ClosedRange<Int>] = []
    var given: [Int: Int] = [:]
    for entry in entries where !reversed.contains(entry.id) {
      guard let months = entry.months(on: day.text) else { continue }
      guard entry.kind == "payment" else {
        whole.append(months)
        continue
      }
      var rest = max(0, entry.amountFen)
      for month in months {
        let missing = due(month) - given[month, default: 0]
        // What nobody asks for is paid by anything that is for it.
        if missing > 0, rest == 0 { break }
        given[month, default: 0] += min(rest, max(0, missing))
        rest -= min(rest, max(0, missing))
      }
    }
    return (whole, given)
  }

  /// What is left to pay of these months: what the plan asks, without what was given for them.
  package func missing(_ months: ClosedRange<Int>, on day: Day) -> Int {
    let (covered, given) = (covered(on: day), money(on: day).given)
    return months.reduce(0) { sum, month in
      covered.contains { $0.contains(month) } ? sum : sum + max(0, due(month) - given[month, default: 0])
    }
  }

  /// What the plan asks for a month; 0 where none is in force.
  func due(_ month: Int) -> Int {
    guard let plan = plans.last(where: { $0.from.index <= month }), !plan.isWaived else { return 0 }
    return max(0, plan.monthlyFen)
  }

  /// Entries that a reversal has taken back by a day.
  func reversed(on day: String) -> Set<String> {
    Set(entries.filter { $0.kind == "reversal" && $0.takenOn <= day }.compactMap(\.reverses))
  }

  private func waived(upTo last: Month) -> [ClosedRange<Int>] {
    plans.enumerated().compactMap { at, plan in
      let high = at + 1 < plans.count ? plans[at + 1].from.index - 1 : last.index
      return plan.isWaived && plan.from.index <= high ? plan.from.index...high : nil
    }
  }

  private static func merged(_ ranges: [ClosedRange<Int>]) -> [ClosedRange<Int>] {
    var merged: [ClosedRange<Int>] = []
    for range in ranges.sorted(by: { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }) {
      if let last = merged.last, range.lowerBound <= last.upperBound + 1 {
        merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        merged.append(range)
      }
    }
    return merged
  }

  /// Months unpaid on a day; nil without a plan.
  package func unpaid(on day: Day) -> Int? {
    guard let start else { return nil }
    let last = day.lastFullMonth.index
    let paid = covered(on: day).reduce(0) { sum, range in
      sum + max(0, min(range.upperBound, last) - max(range.lowerBound, start.index) + 1)
    }
    return max(0, last - start.index + 1 - paid)
  }

  /// The month up to which nothing is missing, and that something was given for; nil where the first month is.
  package func paidThrough(on day: Day) -> Month? {
    guard let first = start ?? entries.compactMap(\.from).min() else { return nil }
    guard let reached = covered(on: day).first(where: { $0.upperBound >= first.index }),
      reached.lowerBound <= first.index
    else { return nil }
    // Months that are waived fill gaps; at the end they are nothing that somebody paid.
    return paid(on: day).filter { $0.lowerBound <= reached.upperBound && $0.upperBound >= first.index }
      .map { min($0.upperBound, reached.upperBound) }.max().map { Month(index: $0) }
  }

  /// The next month that nothing covers.
  package func nextMonth(on day: Day) -> Month? {
    guard let first = start ?? entries.compactMap(\.from).min() else { return nil }
    guard let reached = covered(on: day).first(where: { $0.contains(first.index) }) else { return first }
    return Month(index: reached.upperBound + 1)
  }

  /// What the plan asks for these months.
  package func expected(_ months: ClosedRange<Int>) -> Int {
    months.reduce(0) { sum, month in excused.contains { $0.contains(month) } ? sum : sum + due(month) }
  }

  /// A payment that says the same as a new one would: equal months and amount, within 7 days.
  func twin(from: Month, to: Month, amountFen: Int, takenOn: String) -> Entry? {
    let reversed = reversed(on: takenOn)
    return entries.first { entry in
      guard entry.kind == "payment", !reversed.contains(entry.id), entry.from == from, entry.to == to,
        entry.amountFen == amountFen, let one = Day(entry.takenOn), let other = Day(takenOn)
      else { return false }
      return abs(one.sinceEpoch - other.sinceEpoch) <= 7
    }
  }

  /// Payments that are likely one: equal months and amount, from two devices, within 7 days, none of them reversed. One
  /// device asks when the second is entered.
  package func possibleDuplicates(on day: Day) -> [[Entry]] {
    let reversed = reversed(on: day.text)
    let payments = entries.filter { $0.kind == "payment" && !reversed.contains($0.id) }
    var groups: [[Entry]] = []
    for entry in payments {
      let at = groups.firstIndex { group in
        guard let first = group.first, let one = Day(first.takenOn), let other = Day(entry.takenOn) else {
          return false
        }
        return first.amountFen == entry.amountFen && first.from == entry.from && first.to == entry.to
          && group.contains { $0.desk != entry.desk } && abs(one.sinceEpoch - other.sinceEpoch) <= 7
      }
      if let at { groups[at].append(entry) } else { groups.append([entry]) }
    }
    return groups.filter { $0.count > 1 }
  }
}
