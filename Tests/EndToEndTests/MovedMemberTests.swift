import Foundation
import Testing

/// Branch 17, branch 42 and what each may see of the other: nothing.
@Suite(.timeLimit(.minutes(10)))
struct MovedMemberTests {
  let branches: Branches

  init() async throws { branches = try await Branches() }

  /// Planted words that must not be in a file; in no page of it, not even a free one.
  private func expectNone(_ words: [String], in clerk: Clerk) throws {
    let bytes = try clerk.bytes()
    for word in words { #expect(bytes.firstRange(of: Data(word.utf8)) == nil, "\(word) is in \(clerk.name)'s file") }
  }

  @Test("A member moves from 17 to 42 while 17 is offline with an unsent edit: all of it arrives, nothing stays")
  func moved() async throws {
    let (secretary, there) = (branches.secretary, branches.there)
    try await secretary.change(
      """
      INSERT INTO dues_entry (id, member_id, kind, amount_fen, channel, taken_on)
        VALUES ('dues', 'anna', 'payment', 1200, 'cash', '2017-10-01');
      UPDATE member SET employer = 'canary-anna' WHERE id = 'anna'
      """)
    for clerk in [secretary, branches.deputy] { try await clerk.sync() }
    // Offline, after that: an edit, a new child and an edited one.
    try await secretary.change(
      """
      UPDATE member SET area = 'late edit' WHERE id = 'anna';
      INSERT INTO contact_point (id, member_id, kind, value, source) VALUES ('mail', 'anna', 'email', 'a@b', 'self');
      UPDATE contact_point SET value = 'Mill Lane 4' WHERE id = 'address'
      """)
    try await branches.office.sync()
    try await branches.office.change("UPDATE member SET unit_id = 'b42' WHERE id = 'anna'")
    try await branches.office.sync()
    try await branches.syncAll()
    try await branches.syncAll()

    for clerk in [branches.office, there] {
      #expect(
        try await clerk.ask("SELECT unit_id, area, employer FROM member WHERE id = 'anna'")
          == "b42|late edit|canary-anna")
      #expect(
        try await clerk.ask("SELECT value FROM contact_point WHERE id <> 'phone' ORDER BY id") == "Mill Lane 4\na@b")
      #expect(try await clerk.ask("SELECT amount_fen FROM dues_entry WHERE member_id = 'anna'") == "1200")
      try await clerk.expectSettled()
    }
    for clerk in [secretary, branches.deputy] {
      for table in ["member", "contact_point", "dues_entry"] {
        #expect(try await clerk.ask("SELECT count(*) FROM \(table)") == "0", "\(table) at \(clerk.name)")
      }
      try await clerk.expectSettled()
    }
    // It may be edited at the new place, and no longer at the old one.
    try await there.change("UPDATE member SET area = 'East' WHERE id = 'anna'")
    for clerk in [there, branches.office] { try await clerk.sync() }
    #expect(try await branches.office.ask("SELECT area FROM member WHERE id = 'anna'") == "East")
  }

  @Test("A key that stands at 42 is refused to 17, and nothing of 42's row is told")
  func keyTakenElsewhere() async throws {
    let words = ["canary-name", "canary-employer", "canary-phone"]
    try await branches.there.change(
      """
      INSERT INTO member (id, member_no, unit_id, full_name, employer)
        VALUES ('taken', '0042', 'b42', 'canary-name', 'canary-employer');
      INSERT INTO contact_point (id, member_id, kind, value, source)
        VALUES ('taken-phone', 'taken', 'mobile', 'canary-phone', 'self')
      """)
    try await branches.there.sync()
    let secretary = branches.secretary
    try await secretary.change(
      "INSERT INTO member (id, member_no, unit_id, full_name) VALUES ('taken', '0043', 'b17', 'Carla Lang')")
    let report = try await secretary.sync()
    #expect(report["refused"] as? Int == 1)
    #expect(try await secretary.ask("SELECT count(*) FROM member WHERE id = 'taken'") == "0")
    let item = try #require(try await secretary.inbox().first)
    #expect(item["kind"] as? String == "refused")
    #expect(item["rule"] as? String == "key_unavailable")
    #expect((item["others"] as? [String])?.joined().contains("Carla Lang") == true, "the own values are kept")
    let told = "\(item)" + (try await secretary("inbox")).output
    for word in words + ["b42"] { #expect(!told.contains(word)) }
    try expectNone(words, in: secretary)
    // 42's row is as it was, and 17 goes on working.
    #expect(try await branches.there.ask("SELECT full_name FROM member WHERE id = 'taken'") == "canary-name")
    try await secretary.change("UPDATE member SET area = 'fine' WHERE id = 'anna'")
    try await secretary.sync()
    try await branches.office.sync()
    #expect(try await branches.office.ask("SELECT area FROM member WHERE id = 'anna'") == "fine")
    try await secretary.expectSettled(refused: 1)
  }

  @Test("Words of one branch are in no byte of the other's files; the committee has them all")
  func canaries() async throws {
    let here = ["canary-17-name", "canary-17-note", "canary-17-phone", "canary-17-dues"]
    let elsewhere = here.map { $0.replacingOccurrences(of: "17", with: "42") }
    for (clerk, member, words) in [(branches.secretary, "anna", here), (branches.there, "bert", elsewhere)] {
      try await clerk.change(
        """
        UPDATE member SET full_name = '\(words[0])', note = '\(words[1])' WHERE id = '\(member)';
        INSERT INTO contact_point (id, member_id, kind, value, source)
          VALUES ('\(words[2])', '\(member)', 'phone', '\(words[2])', 'self');
        INSERT INTO dues_entry (id, member_id, kind, amount_fen, channel, taken_on, note)
          VALUES ('\(words[3])', '\(member)', 'payment', 100, 'cash', '2017-10-01', '\(words[3])')
        """)
    }
    // A conflict and a notice carry words, too.
    try await branches.deputy.change("UPDATE member SET full_name = 'canary-17-other' WHERE id = 'anna'")
    try await branches.syncAll()
    try await branches.syncAll()
    try expectNone(here + ["canary-17-other"], in: branches.there)
    for clerk in [branches.secretary, branches.deputy] { try expectNone(elsewhere, in: clerk) }
    let office = try branches.office.bytes()
    for word in here + elsewhere + ["canary-17-other"] { #expect(office.firstRange(of: Data(word.utf8)) != nil) }
  }
}
