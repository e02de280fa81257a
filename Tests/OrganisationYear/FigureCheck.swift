internal import Organisation
internal import Relay

/// The reports beside the figures that were written down while the year was lived.
struct FigureCheck {
  let year: Year
  private var found: [String] = []

  init(_ year: Year) { self.year = year }

  var book: YearBook { year.book }

  /// - Returns: what differs, report by report.
  mutating func complaints() throws -> [String] {
    try roster()
    try survey()
    try movement()
    try officersAndBranches()
    try requests()
    try activities()
    try reach()
    try money()
    try appraisal()
    try voices()
    try devices()
    try claims()
    try branches()
    try audit()
    return found
  }

  func page(_ name: String) throws -> [String: JSON] {
    let page = try year.committee.page(on: Year.lastDay) { (look) throws(RelayError) in try Report.find(name).page(look)
    }
    guard case .object(let members) = page.json else { return [:] }
    return members
  }

  mutating func expect(_ what: String, _ told: JSON?, _ counted: Int) {
    expect(what, told, .number(counted))
  }

  mutating func expect(_ what: String, _ told: JSON?, _ counted: JSON) {
    if told != counted {
      found.append("\(what): the report says \(told.map { "\($0)" } ?? "nothing"), counted \(counted)")
    }
  }

  /// A table of a report as key → number.
  func table(_ page: [String: JSON], _ grid: String, _ keys: [String], _ value: String) -> [String: Int] {
    guard case .list(let rows)? = page[grid] else { return [:] }
    var numbers: [String: Int] = [:]
    for case .object(let row) in rows {
      let key = keys.map { name in
        if case .text(let text)? = row[name] {
          text
        } else if case .number(let number)? = row[name] {
          "\(number)"
        } else {
          "-"
        }
      }.joined(separator: " ")
      if case .number(let number)? = row[value] { numbers[key, default: 0] += number }
    }
    return numbers
  }

  mutating func expect(
    _ what: String, _ page: [String: JSON], _ grid: String, _ keys: [String], _ value: String, _ counted: [String: Int]
  ) {
    let told = table(page, grid, keys, value).filter { $0.value != 0 }
    let counted = counted.filter { $0.value != 0 }
    for key in Set(told.keys).union(counted.keys).sorted() where told[key] != counted[key] {
      found.append("\(what), \(key): the report says \(told[key] ?? 0), counted \(counted[key] ?? 0)")
    }
  }

  func tally(_ keys: some Sequence<String>) -> [String: Int] {
    keys.reduce(into: [:]) { $0[$1, default: 0] += 1 }
  }

  // R1 to R6.

  private mutating func roster() throws {
    let page = try page("roster")
    expect("R1 members", page["members"], book.present.count)
    expect("R1 status", page, "status", ["status"], "members", tally(book.present.map(\.status)))
    var units = tally(book.present.map(\.branch))
    for (at, region) in year.regions.enumerated() {
      units[region.unit] = (0..<year.plan.branches).filter { year.region(of: $0) == at }
        .reduce(0) { $0 + (units[year.code($1)] ?? 0) }
    }
    expect("R1 by unit", page, "units", ["unit"], "members", units)
  }

  private mutating func survey() throws {
    let (page, month) = (try page("survey"), YearBook.month(Year.lastDay))
    func age(_ person: YearBook.Person) -> String {
      guard person.born > 0 else { return "unknown" }
      let years = (month - person.born) / 12
      return years <= 35 ? "35_and_under" : years <= 54 ? "36_54" : years <= 60 ? "55_60" : "over_60"
    }
    func or(_ text: String) -> String { text.isEmpty ? "unknown" : text }
    func dues(_ person: YearBook.Person) -> String {
      guard let months = unpaid(person)?.count else { return "unknown" }
      return months == 0 ? "none" : months <= 5 ? "1_5" : months <= 11 ? "6_11" : "12_59"
    }
    expect("R2 age", page, "age", ["band"], "count", tally(book.present.map(age)))
    expect("R2 sex", page, "sex", ["band"], "count", tally(book.present.map { or($0.sex) }))
    expect("R2 education", page, "education", ["band"], "count", tally(book.present.map { or($0.education) }))
    expect("R2 dues", page, "dues", ["band"], "count", tally(book.present.map(dues)))
    let kinds = (0..<year.plan.branches).map { $0 % 4 == 3 ? "enterprise" : "direct" }
    expect("R2 kinds", page, "branch_kind", ["band"], "count", tally(kinds))
  }

  /// Months that are over and that no payment is for; nil where nobody has said what is to be paid.
  func unpaid(_ person: YearBook.Person) -> [Int]? {
    guard let first = person.planned else { return nil }
    let paid = person.payments.filter { !$0.isReversed && !person.isHeld($0.unit, $0.day) }.map(\.months)
    let last = YearBook.month("2017-11")
    return first > last ? [] : (first...last).filter { month in !paid.contains { $0.contains(month) } }
  }

  private mutating func movement() throws {
    let page = try page("movement")
    for (key, count) in [
      ("received", book.received), ("left", book.left), ("resigned", book.resigned), ("admitted", book.admitted),
      ("members", book.present.count),
    ] { expect("R3 \(key)", page[key], count) }
  }

  private mutating func officersAndBranches() throws {
    let officers = try page("officers")
    expect("R5 turnover", officers["turnover"], book.turnover)
    expect("R5 without secretary", officers["withoutSecretary"], 0)
    expect(
      "R5 roles", officers, "roles", ["role"], "officers",
      [
        "secretary": year.plan.branches, "deputy": year.plan.deputies, "regional_lead": year.plan.regions,
        "committee_member": 1,
      ])
  }

  // R7 to R9.

  private mutating func requests() throws {
    let page = try page("requests")
    let waiting = year.moves.count { !$0.isApproved } + year.matters.count { !$0.isDecided }
    let told = ["under30", "under90", "older"].reduce(0) { sum, age in
      sum + table(page, "open", ["kind", "state"], age).values.reduce(0, +)
    }
    if told != waiting { found.append("R7 open: the report says \(told), counted \(waiting)") }
    expect("R7 refusals", page, "refusals", ["reason"], "count", ["other": book.refusals])
    expect(
      "R7 abroad", page, "abroad", ["status"], "members",
      ["kept_abroad": book.present.count { $0.status == "kept_abroad" }])
  }

  private mutating func activities() throws {
    let page = try page("activities")
    let held = book.activities.values.filter { !$0.there.isEmpty }
    func sum(_ what: (YearBook.Held) -> Int) -> [String: Int] {
      held.reduce(into: [:]) { $0[$1.kind, default: 0] += what($1) }
    }
    for (key, counted) in [
      ("held", sum { _ in 1 }), ("there", sum { $0.there.count }), ("marked", sum { $0.marked.count }),
      ("guests", sum { $0.guests }), ("books", sum { $0.books }),
    ] { expect("R8 \(key)", page, "kinds", ["kind"], key, counted) }
  }

  private mutating func reach() throws {
    let page = try page("reach")
    let (active, risk) = (book.present.filter { $0.status == "active" }, "2017-09-28")
    func state(_ person: YearBook.Person) -> String {
      let last = person.successes.max()
      if let last, last >= risk { return "ok" }
      if let lost = person.lostOn, (last ?? "") < lost { return "lost" }
      if last == nil, person.cameOn >= risk { return "unknown" }
      return "at_risk"
    }
    expect("R9 reach", page, "reach", ["reach"], "members", tally(active.map(state)))
    expect("R9 members", page["members"], active.count)
    expect("R9 attempts", page, "channels", ["channel"], "attempts", tally(book.attempts.map(\.channel)))
    expect("R9 outcomes", page, "outcomes", ["outcome"], "attempts", tally(book.attempts.map(\.outcome)))
    expect("R9 found again", page, "sweeps", ["title"], "found", ["Come home": book.foundAgain.count])
  }

  // R10 to R14.

  private mutating func money() throws {
    let page = try page("money")
    let payments = book.people.values.flatMap(\.payments).filter { !$0.isReversed }
    expect("R10 taken", page["taken"], payments.reduce(0) { $0 + $1.fen })
    expect("R10 channels", page, "channels", ["channel"], "payments", tally(payments.map(\.channel)))
    let owed = book.present.map { unpaid($0)?.count ?? 0 }
    expect("R10 owing", page["owing"], owed.count { $0 > 0 })
    expect("R10 owed", page["owed"], owed.reduce(0, +) * 2000)
    let budgets = book.budgets.values
    func sum(_ what: (YearBook.Budget) -> Int) -> [String: Int] {
      budgets.reduce(into: [:]) { $0["\($1.kind) \($1.state)", default: 0] += what($1) }
    }
    expect("R10 budgets", page, "budgets", ["kind", "state"], "count", sum { _ in 1 })
    expect("R10 asked", page, "budgets", ["kind", "state"], "asked", sum(\.asked))
    expect("R10 granted", page, "budgets", ["kind", "state"], "granted", sum { $0.state == "approved" ? $0.asked : 0 })
  }

  private mutating func appraisal() throws {
    let page = try page("appraisal")
    expect("R11 grades", page, "grades", ["round", "stage", "grade"], "members", book.grades)
    let points = book.present.filter { $0.status == "active" }.map { $0.points.values.reduce(0, +) }
    let bands = points.map { $0 <= 0 ? "none" : $0 * 2 < 30 ? "under_half" : $0 < 30 ? "under_gate" : "open" }
    expect("R11 points", page, "points", ["band"], "members", tally(bands))
  }

  private mutating func voices() throws {
    let page = try page("voices")
    expect(
      "R12 voices", page, "voices", ["kind", "level", "state"], "count",
      tally(book.voices.values.map { "\($0.kind) \($0.level) \($0.state)" }))
    var needs: [String: Int] = [:]
    for (state, count) in book.needs { needs["housing " + state] = count }
    let open = year.matters.count { $0.kind == "assistance" && !$0.isDecided }
    if open > 0 { needs["housing open"] = open }
    expect("R12 needs", page, "needs", ["type", "state"], "count", needs)
  }

  private mutating func devices() throws {
    let page = try page("devices")
    expect("R14 devices", page["devices_count"], year.devices)
    let branches = year.plan.branches
    if page["freshness"] != .text("\(branches)/\(branches)") {
      found.append("R14 freshness: \(String(describing: page["freshness"]))")
    }
  }
}
