import Relay
import Testing

@testable import Organisation

/// One branch and its people, at the committee, on the secretary's device and on the assistant's.
@Suite("Rights in the field")
struct RightsTests {
  let hub: Headquarters
  let office: Replica
  let secretary: Replica
  let assistant: Replica
  let member: Roster.Member
  let officer: String

  init() throws {
    hub = try Headquarters()
    office = try hub.device("office", role: "committee")
    let generator = Generator()
    let roster = generator.roster
    let branch = roster.units[roster.units.count - 1]
    for batch in try generator.batches(share: .office) where ["C", branch.code].contains(batch.unit) {
      try office.write { (db) throws(RelayError) in try batch.write(to: db) }
    }
    try hub.sync(office, "office")
    let above = [roster.committee.id, roster.units[6].id]
    secretary = try hub.device("secretary", role: "branch", units: [branch.id], above: above)
    assistant = try hub.device("assistant", role: "assistant", units: [branch.id], above: above)
    member = roster.members[branch.members.lowerBound]
    officer = branch.officers[0].id
  }

  private func first(_ replica: Replica, _ sql: String) throws -> Value? {
    try replica.read { (db) throws(RelayError) in try db.first(sql) }?[0]
  }

  private func expectCalm(_ replica: Replica, _ name: String) throws {
    try hub.sync(replica, name)
    let status = try replica.status()
    #expect((status.refused, status.conflicts, status.pending) == (0, 0, 0), "\(name)")
    #expect(status.mismatch.isEmpty, "\(name)")
  }

  @Test("an income and a ballot go up to the committee and are no longer on the branch's device")
  func upOnly() throws {
    let member = Value.text(member.id)
    try secretary.write { (db) throws(RelayError) in
      try db.execute(
        """
        INSERT INTO declaration (id, member_id, topic, body, by, made_on)
        VALUES ('d', ?, 'income_base', '5000 a month', 'self', '2017-10-30')
        """, [member])
      try db.execute(
        """
        INSERT INTO appraisal_entry (id, round, member_id, stage, grade, voter_id, on_date)
        VALUES ('b', '2017', ?, 'peer', 'good', 'v', '2017-10-30')
        """, [member])
    }
    try expectCalm(secretary, "secretary")
    try expectCalm(office, "office")
    #expect(try first(office, "SELECT voter_id FROM appraisal_entry WHERE id = 'b'") == "v")
    #expect(try first(secretary, "SELECT 1 FROM appraisal_entry WHERE id = 'b'") == nil)
    #expect(try first(office, "SELECT body FROM declaration WHERE id = 'd'") == "5000 a month")
    #expect(try first(secretary, "SELECT 1 FROM declaration WHERE id = 'd'") == nil)
  }

  @Test("a note about a person reaches the committee and does not stay on the device, to travel with the person")
  func note() throws {
    let id = member.id
    try secretary.write { (db) throws(RelayError) in
      try db.execute("UPDATE member SET note = 'ill since May', area = 'North' WHERE id = ?", [.text(id)])
    }
    try expectCalm(secretary, "secretary")
    try hub.sync(office, "office")
    let ask = "SELECT coalesce(note, 'none') || '; ' || area FROM member WHERE id = '\(id)'"
    #expect(try first(office, ask) == "ill since May; North")
    #expect(try first(secretary, ask) == "none; North")
    #expect(try office.status().refused == 0)
  }

  @Test("the assistant reports a call, which then leaves the device and reaches the branch")
  func assistantsCall() throws {
    let values: [Value] = [.text(member.id), .text(officer)]
    try assistant.write { (db) throws(RelayError) in
      try db.execute(
        """
        INSERT INTO contact_attempt (id, member_id, purpose, channel, outcome, at, by_officer, note)
        VALUES ('call', ?, 'other', 'visit', 'reached', '2017-10-30T08:00:00Z', ?, 'dog')
        """, values)
    }
    try expectCalm(assistant, "assistant")
    try expectCalm(secretary, "secretary")
    try expectCalm(office, "office")
    let ask = "SELECT count(*) || ' ' || count(note) FROM contact_attempt WHERE id = 'call'"
    #expect(try first(assistant, ask) == "0 0")
    // The words are the author's and the committee's: they do not travel with the member to another branch.
    #expect(try first(secretary, ask) == "1 0")
    #expect(try first(office, ask) == "1 1")
  }

  @Test("what a branch may not write its device refuses at once")
  func refused() throws {
    let statements = [
      "UPDATE member SET status = 'removed'", "UPDATE member SET unit_id = 'elsewhere'",
      "UPDATE officer SET allowance_fen = 100000", "UPDATE org_unit SET kind = 'themed'",
      "UPDATE policy SET value = '0'", "UPDATE dues_plan SET monthly_fen = 1", "DELETE FROM member",
      "DELETE FROM dues_entry", "UPDATE contact_attempt SET outcome = 'reached'",
    ]
    for sql in statements {
      #expect(throws: RelayError.self, "\(sql)") {
        try secretary.write { (db) throws(RelayError) in try db.execute(sql) }
      }
    }
  }
}
