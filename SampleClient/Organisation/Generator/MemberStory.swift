internal import Relay

/// What happened with one member in the year before the survey. Its own random source, so that no other member's rows
/// depend on it.
struct MemberStory {
  let roster: Roster
  let member: Roster.Member
  var source: SplitMix64
  var lastContact: Day?
  var events: [(sheet: Sheet, values: [Value])] = []

  init(roster: Roster, member: Roster.Member) {
    self.roster = roster
    self.member = member
    source = SplitMix64(seed: member.stream)
  }

  var branch: Roster.Unit { roster.units[member.branch] }
  var secretary: Roster.Officer { branch.officers[0] }

  /// Of a hundred occasions, how many the member takes: who does not pay does not come either.
  var engagement: Int {
    switch member.person.arrears {
    case 0: 92
    case 1...5: 82
    case 6...11: 68
    case 12...59: 52
    default: 36
    }
  }

  mutating func write(_ sink: inout RowSink, receipts: inout Int) throws(RelayError) {
    let contact = tellContacts(isPreferred: true)
    tellDeclaration()
    tellLedger(&receipts)
    tellAttendance()
    tellAttempts(contact)
    tellReceipts()
    tellAppraisal()
    try sink.add(.member, memberRow(unit: branch.id, status: "active"))
    for event in events { try sink.add(event.sheet, event.values) }
    if member.isReceived { try RequestRows(roster: roster, at: member.branch).writeReceived(member, &source, &sink) }
  }

  mutating func writeLeaver(_ leaver: Roster.Leaver, _ sink: inout RowSink) throws(RelayError) {
    _ = tellContacts(isPreferred: false)
    lastContact = leaver.left
    try sink.add(.member, memberRow(unit: roster.committee.id, status: "transferred_out"))
    for event in events { try sink.add(event.sheet, event.values) }
  }

  mutating func contacted(_ day: Day) { lastContact = max(lastContact ?? day, day) }

  private var reach: String {
    guard let lastContact else { return "unknown" }
    if lastContact >= Day(Month(2017, 7), 31) { return "ok" }
    return lastContact >= Day(Month(2017, 4), 30) ? "at_risk" : "lost"
  }

  private mutating func memberRow(unit: String, status: String) -> [Value] {
    let paid = Roster.month.advanced(by: -member.person.arrears)
    let seniority = member.joined.distance(to: Roster.month)
    let interests = ["[]", "[\"films\"]", "[\"music\"]", "[\"reading\"]", "[\"sport\"]", "[\"volunteering\"]"]
    let occupations = ["engineer", "teacher", "sales", "accounts", "design", "driver", "own business", "none"]
    return [
      .text(member.id), .text(digits(member.number, 4)), .text(unit), .text(member.name), .text(member.person.sex),
      Value(member.born), .text(member.person.education), Value(member.joined),
      .text(seniority < 12 ? "probationary" : "full"), .text(status), .text(reach),
      lastContact.map { Value($0) } ?? .null, paid >= member.arrival ? Value(paid) : .null,
      .text(source.pick(occupations)), .text("Employer " + digits(source.span(1, 900), 3)),
      .text("Area \(source.span(1, 12))"), .text(source.pick(interests)), Value(member.came),
      .text("Outside organisation \(source.span(1, 60))"),
    ]
  }
}
