internal import Organisation

/// R4, R6 and R13: what the survey says of itself, whether the branches keep the rules, and what was done.
extension FigureCheck {
  mutating func claims() throws {
    let page = try page("claims")
    let (people, month) = (book.present, YearBook.month(Year.lastDay))
    let young = people.count { $0.born > 0 && (month - $0.born) / 12 <= 54 }
    let high = people.count { ["bachelor", "postgraduate"].contains($0.education) }
    let half = people.count { (unpaid($0)?.count ?? 0) >= 6 }
    let told: [(says: String, figures: String, holds: Bool)] = [
      // The committee of this year keeps no counts of years before.
      ("numbers grow fast: nearly a thousand a year", "growth ", false),
      claim("members are young", young, of: people.count, "are 54 or younger"),
      claim("education is high", high, of: people.count, "have a degree"),
      // Nobody has said since when anybody belongs.
      claim("seniority is long", 0, of: people.count, "for more than 10 years"),
      claim("half have not paid for 6 months", half, of: people.count, "(6 months and more)"),
    ]
    let rows = told.map { claim in
      JSON.object([
        "claim": .text(claim.says), "figures": .text(claim.figures), "holds": .flag(claim.holds),
      ])
    }
    expect("R4 claims", page["claims"], .list(rows))
    let graduates = year.plan.branches - book.turnover
    expect(
      "R4 remarks", page["remarks"],
      .list(
        [
          ("secretaries are fairly young", "the largest band is 40-50; 0.0% are over 50"),
          (
            "secretaries' education is high",
            "\(percent(graduates, of: year.plan.branches)) against \(percent(high, of: people.count)) among members"
          ),
        ].map { .object(["claim": .text($0.0), "figures": .text($0.1)]) }))
  }

  private func claim(
    _ says: String, _ count: Int, of total: Int, _ words: String
  ) -> (says: String, figures: String, holds: Bool) {
    (says, percent(count, of: total) + " " + words, count * 2 > total)
  }

  /// Rounded half up to a tenth, from the hundredfold remainder.
  private func percent(_ count: Int, of total: Int) -> String {
    let (whole, rest) = (count * 1000).quotientAndRemainder(dividingBy: total)
    let tenths = rest * 2 >= total ? whole + 1 : whole
    return "\(tenths / 10).\(tenths % 10)%"
  }

  mutating func branches() throws {
    let page = try page("branches")
    let sizes = tally(book.present.map(\.branch))
    let codes = (0..<year.plan.branches).map(year.code)
    expect("R6 branches", page["branches"], year.plan.branches)
    expect("R6 members", page["members"], book.present.count)
    func band(_ size: Int) -> String {
      size <= 2 ? "0-2" : size <= 9 ? "3-9" : size >= 90 ? "90+" : "\(size / 10 * 10)-\(size / 10 * 10 + 9)"
    }
    expect("R6 sizes", page, "sizes", ["members"], "branches", tally(codes.map { band(sizes[$0] ?? 0) }))
    var findings: [String: Int] = [:]
    for code in codes {
      let size = sizes[code] ?? 0
      // Nobody has written down where a branch meets.
      findings["\(code) no_place"] = size
      if size > 90 { findings["\(code) over_maximum"] = size }
    }
    expect("R6 findings", page, "findings", ["unit", "finding"], "members", findings)
    let active = book.present.filter { $0.status == "active" }
    let direct = Set((0..<year.plan.branches).filter { $0 % 4 != 3 }.map(year.code))
    let firms = tally(active.filter { direct.contains($0.branch) }.compactMap(\.employer)).filter { $0.value >= 3 }
    expect("R6 employers", page, "employers", ["employer"], "full", firms)
    expect("R6 themes", page, "themes", ["interest"], "members", tally(active.compactMap(\.interest)))
  }

  mutating func audit() throws {
    let page = try page("audit")
    var counted: [String: Int] = [:]
    for held in book.activities.values where !held.there.isEmpty { counted["activity \(held.kind)", default: 0] += 1 }
    for attempt in book.attempts { counted["contact \(attempt.channel)", default: 0] += 1 }
    for (step, count) in book.steps { counted["request \(step)"] = count }
    let payments = book.people.values.flatMap(\.payments)
    counted["dues payment"] = payments.count
    counted["dues reversal"] = payments.count { $0.isReversed }
    expect("R13 sums", page, "sums", ["what", "kind"], "entries", counted)
  }
}
