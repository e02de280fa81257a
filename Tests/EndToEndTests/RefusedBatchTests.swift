import Testing

/// One transaction that the hub must refuse, one that builds on it, and others around them.
@Suite(.timeLimit(.minutes(10)))
struct RefusedBatchTests {
  @Test("The others are in force; both are in the author's inbox with rule and values, and status says so")
  func batch() async throws {
    let branches = try await Branches()
    let secretary = branches.secretary
    try await branches.there.change(
      "INSERT INTO member (id, member_no, unit_id, full_name) VALUES ('taken', '0042', 'b42', 'Dora')")
    try await branches.there.sync()
    for sql in [
      "UPDATE member SET area = 'before' WHERE id = 'anna'",
      "INSERT INTO member (id, member_no, unit_id, full_name) VALUES ('taken', '0043', 'b17', 'Carla Lang')",
      "UPDATE member SET area = 'South' WHERE id = 'taken'",
      "UPDATE contact_point SET value = '999' WHERE id = 'phone'",
    ] {
      try await secretary.change(sql)
      // Whatever opens the file seals what the shell wrote: four transactions.
      #expect(try await secretary.status()["conflicts"] as? Int == 0)
    }
    #expect(try await secretary.status()["pending"] as? Int == 4)
    let report = try await secretary.sync()
    // The app's word about its device goes along.
    #expect(report["pushed"] as? Int == 5)
    #expect(report["accepted"] as? Int == 3)
    #expect(report["refused"] as? Int == 2)

    let inbox = try await secretary.inbox()
    #expect(inbox.map { $0["rule"] as? String } == ["key_unavailable", "depends_on_refused"])
    #expect(inbox.allSatisfy { $0["kind"] as? String == "refused" && $0["key"] as? String == "taken" })
    #expect((inbox.first?["others"] as? [String])?.joined().contains("Carla Lang") == true)
    #expect((inbox.last?["others"] as? [String])?.joined().contains("South") == true)
    let status = try await secretary.status()
    #expect(status["refused"] as? Int == 2)
    #expect(status["pending"] as? Int == 0)
    #expect(status["accepted"] as? Int == 3)
    try await secretary.expectSettled(refused: 2)

    for clerk in [branches.office, branches.deputy] {
      try await clerk.sync()
      #expect(try await clerk.ask("SELECT area FROM member WHERE id = 'anna'") == "before")
      #expect(try await clerk.ask("SELECT value FROM contact_point WHERE id = 'phone'") == "999")
      #expect(try await clerk.inbox().isEmpty)
    }
    #expect(try await branches.office.ask("SELECT full_name, area FROM member WHERE id = 'taken'") == "Dora|")
  }
}
