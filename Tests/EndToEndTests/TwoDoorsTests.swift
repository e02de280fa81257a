import Testing

/// What two devices of one branch do beside each other and nobody has to be asked about.
@Suite(.timeLimit(.minutes(10)))
struct TwoDoorsTests {
  let branches: Branches
  var secretary: Clerk { branches.secretary }
  var deputy: Clerk { branches.deputy }

  init() async throws { branches = try await Branches() }

  private func meet() async throws {
    for clerk in [secretary, deputy] { try await clerk.sync() }
    try await branches.syncAll()
  }

  @Test("Different columns of one member: both edits stay, nobody is asked")
  func differentColumns() async throws {
    try await secretary.change("UPDATE member SET area = 'North' WHERE id = 'anna'")
    try await deputy.change("UPDATE member SET last_contact_on = '2017-10-30' WHERE id = 'anna'")
    try await meet()
    for clerk in [branches.office, secretary, deputy] {
      #expect(try await clerk.ask("SELECT area, last_contact_on FROM member WHERE id = 'anna'") == "North|2017-10-30")
      try await clerk.expectSettled()
      #expect(try await clerk.inbox().isEmpty)
    }
  }

  @Test("A name and a birth month that belong together never mix: one person's version is shown whole, and it is asked")
  func groupThatAsks() async throws {
    try await secretary.change("UPDATE member SET full_name = 'Anna Berg' WHERE id = 'anna'")
    try await deputy.change("UPDATE member SET birth_ym = '1961-12' WHERE id = 'anna'")
    try await meet()
    let question = "SELECT full_name, sex, birth_ym FROM member WHERE id = 'anna'"
    let shown = try await secretary.ask(question)
    #expect(["Anna Berg|f|1960-01", "Anna Weber|f|1961-12"].contains(shown))
    for clerk in [branches.office, secretary, deputy] {
      #expect(try await clerk.ask(question) == shown)
      let conflicts = try await clerk.inbox().filter { $0["kind"] as? String == "conflict" }
      #expect(conflicts.map { $0["column"] as? String } == ["identity"])
      let others = try #require(conflicts.first?["others"] as? [String])
      #expect(others.contains { $0.hasPrefix("'Anna Berg', 'f', '1960-01' (") })
      #expect(others.contains { $0.hasPrefix("'Anna Weber', 'f', '1961-12' (") })
    }
  }

  @Test("A trade and an employer that belong together never mix either where the later one simply stays")
  func groupWhereTheLaterStays() async throws {
    try await secretary.change("UPDATE member SET occupation = 'baker', employer = 'Old Mill' WHERE id = 'anna'")
    try await meet()
    try await secretary.change("UPDATE member SET occupation = 'miller' WHERE id = 'anna'")
    try await deputy.change("UPDATE member SET employer = 'New Bakery' WHERE id = 'anna'")
    try await meet()
    let question = "SELECT occupation, employer FROM member WHERE id = 'anna'"
    let shown = try await secretary.ask(question)
    #expect(["miller|Old Mill", "baker|New Bakery"].contains(shown))
    for clerk in [branches.office, secretary, deputy] {
      #expect(try await clerk.ask(question) == shown)
      try await clerk.expectSettled()
    }
    let notices = [try await secretary.status(), try await deputy.status()].map { $0["notices"] as? Int ?? 0 }
    #expect(notices.sorted() == [0, 1], "whose version is not shown is told, the other is not")
  }

  @Test("Two doors of one meeting: whoever was seen at one was there, and the guests of both are counted")
  func twoDoors() async throws {
    try await secretary.change(
      "INSERT INTO activity (id, unit_id, kind, title) VALUES ('meeting', 'b17', 'meeting', 'Autumn')")
    try await meet()
    for (door, mark, guests) in [(secretary, "absent", 5), (deputy, "present", 3)] {
      try await door.change(
        """
        INSERT INTO attendance (id, activity_id, member_id, mark) VALUES ('meeting:anna', 'meeting', 'anna', '\(mark)');
        UPDATE activity SET guest_count = guest_count + \(guests) WHERE id = 'meeting'
        """)
    }
    try await meet()
    for clerk in [branches.office, secretary, deputy] {
      #expect(try await clerk.ask("SELECT mark FROM attendance") == "present")
      #expect(try await clerk.ask("SELECT guest_count FROM activity") == "8")
      try await clerk.expectSettled()
    }
    // A third device of the branch, new, is told the same.
    let late = try Clerk("late", in: branches.folder, .organisation)
    try await branches.hub.enrol(late, role: "branch", scopes: ["unit/b17", "everyone:r"])
    try await late.sync()
    #expect(try await late.ask("SELECT mark, guest_count FROM attendance, activity") == "present|8")
  }
}
