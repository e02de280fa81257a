import Foundation
import Testing

/// Two people of one branch correct the same telephone number without a network.
@Suite(.timeLimit(.minutes(10)))
struct ConflictTests {
  let branches: Branches
  let point = "SELECT value FROM contact_point WHERE id = 'phone'"

  init() async throws {
    branches = try await Branches()
    try await branches.secretary.change("UPDATE contact_point SET value = '111' WHERE id = 'phone'")
    try await branches.deputy.change("UPDATE contact_point SET value = '222' WHERE id = 'phone'")
  }

  /// The one conflict that this person is asked about.
  private func conflict(_ clerk: Clerk) async throws -> [String: Any] {
    let conflicts = try await clerk.inbox().filter { $0["kind"] as? String == "conflict" }
    try #require(conflicts.count == 1, "\(clerk.name)")
    return conflicts[0]
  }

  /// The lines of the conflict's values, such as `b) '222' (…)`.
  private func lines(_ clerk: Clerk, _ word: String = "inbox") async throws -> [String] {
    try await clerk(word, "list").output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { $0.prefix(2).hasSuffix(")") }
  }

  private func letter(of value: String, _ clerk: Clerk) async throws -> String {
    String(try #require(try await lines(clerk).first { $0.contains("'\(value)'") }).prefix(1))
  }

  private func expectClosed(_ value: String) async throws {
    let (office, secretary, deputy) = (branches.office, branches.secretary, branches.deputy)
    for clerk in [office, secretary, deputy] {
      #expect(try await clerk.ask(point) == value)
      try await clerk.expectSettled()
    }
    // Nothing opens again, and nobody has anything left to say.
    let head = try await branches.hub.head()
    try await branches.syncAll()
    #expect(try await branches.hub.head() == head)
    #expect(try await branches.hub.status()["open_entries"] as? Int == 0)
  }

  @Test(
    "Whoever syncs first, all show one value and can read the other; settling it for the shown one closes it for all",
    arguments: [true, false])
  func settledForTheShownValue(secretaryFirst: Bool) async throws {
    let (secretary, deputy) = (branches.secretary, branches.deputy)
    for clerk in secretaryFirst ? [secretary, deputy] : [deputy, secretary] { try await clerk.sync() }
    try await branches.syncAll()
    let shown = try await secretary.ask(point)
    for clerk in [branches.office, secretary, deputy] {
      #expect(try await clerk.ask(point) == shown)
      let conflict = try await conflict(clerk)
      #expect(conflict["table"] as? String == "contact_point")
      #expect(conflict["key"] as? String == "phone")
      #expect(conflict["column"] as? String == "value")
      #expect(conflict["policy"] as? String == "ask")
      #expect(conflict["shown"] as? String == "'\(shown)'")
      let others = try #require(conflict["others"] as? [String])
      #expect(others.count == 2)
      for (value, author) in [("111", "secretary"), ("222", "deputy")] {
        let line = try #require(others.first { $0.hasPrefix("'\(value)' (") }, "\(clerk.name)")
        #expect(line.contains(author))
        #expect(line.contains(/\d{4}-\d\d-\d\d/), "no time in \(line)")
      }
    }
    let id = try #require(try await conflict(deputy)["id"] as? String)
    let resolved = try await deputy("inbox", "resolve", id, try await letter(of: shown, deputy))
    try #require(resolved.status == 0, "\(resolved.complaint)")
    try await deputy.sync()
    try await branches.syncAll()
    try await expectClosed(shown)
  }

  @Test("The committee settles it for the value that was not shown, and the branch shows that one")
  func settledByTheCommittee() async throws {
    for clerk in [branches.secretary, branches.deputy, branches.office] { try await clerk.sync() }
    let others = try #require(try await conflict(branches.office)["others"] as? [String])
    let hidden = try #require(others.last?.split(separator: "'").first)
    let id = try #require(try await conflict(branches.office)["id"] as? String)
    let none = try await branches.office("inbox", "resolve", id, "z")
    #expect(none.status == 1)
    #expect(none.complaint.contains("Choose a or b"), "\(none.complaint)")
    let letter = try await letter(of: String(hidden), branches.office)
    let resolved = try await branches.office("inbox", "resolve", id, letter)
    try #require(resolved.status == 0, "\(resolved.complaint)")
    // What was chosen is what is shown, before the hub has said so.
    let marked = try await lines(branches.office).filter { $0.contains("shown now") }
    #expect(marked.count == 1 && marked.allSatisfy { $0.hasPrefix("\(letter))") }, "\(marked)")
    try await branches.office.sync()
    try await branches.syncAll()
    try await expectClosed(String(hidden))
  }

  @Test("Two people who talk of the same conflict on two devices mean the same value by a letter, and see who wrote it")
  func lettersEverywhere() async throws {
    let (secretary, deputy) = (branches.secretary, branches.deputy)
    // A third value, of which the others hear when they know of the first two.
    try await branches.office.change("UPDATE contact_point SET value = '333' WHERE id = 'phone'")
    for clerk in [secretary, deputy, secretary, branches.office] { try await clerk.sync() }
    try await branches.syncAll()
    func letters(_ clerk: Clerk, _ word: String) async throws -> [String] {
      try await lines(clerk, word).map { String($0.split(separator: " (")[0]) }
    }
    let told = try await letters(secretary, "conflict")
    #expect(told == ["a) '111'", "b) '222'", "c) '333'"])
    for clerk in [secretary, deputy, branches.office] {
      #expect(try await letters(clerk, "conflict") == told, "\(clerk.name)")
      #expect(try await letters(clerk, "inbox") == told, "\(clerk.name)")
    }
  }

  @Test("A value that settles a conflict is held to what the column takes, and conflicts have numbers of their own")
  func rulesOfTheColumn() async throws {
    let (secretary, deputy) = (branches.secretary, branches.deputy)
    for clerk in [secretary, deputy] { try await clerk.sync() }
    try await branches.syncAll()
    let refused = try await secretary("conflict", "resolve", "1", "--value", "")
    #expect(refused.status == 1)
    #expect(refused.complaint.contains("value_not_allowed"), "\(refused.complaint)")
    #expect(try await secretary("conflict", "resolve", "1", "--value", " - ").status == 1)
    #expect(try await secretary("conflict", "resolve", "2", "a").complaint.contains("no number 2"))
    let settled = try await secretary("conflict", "resolve", "1", "--value", "444")
    try #require(settled.status == 0, "\(settled.complaint)")
    #expect(try await secretary.ask(point) == "444")
  }

  @Test("Branch 42, which may not see the member, hears nothing of it")
  func nothingElsewhere() async throws {
    for clerk in [branches.secretary, branches.deputy, branches.there] { try await clerk.sync() }
    #expect(try await branches.there.inbox().isEmpty)
    #expect(try await branches.there.ask("SELECT count(*) FROM contact_point") == "0")
  }
}
