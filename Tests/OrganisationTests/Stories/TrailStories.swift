import Relay
import RelaySQLite
import Testing

@testable import Organisation

@Suite("Stories of what the committee keeps to itself")
struct TrailStories {
  @Test("a case stays on the desk where it was opened, and whoever looks at it or gives a list away is noted")
  func cases() throws {
    let story = try Story()
    let id = try story.c.act(at: "2017-10-02T08:00:00Z") { (desk, db) throws(RelayError) in
      try CaseDesk(desk).open(
        try Member.find("0417", in: db), referredBy: "the region", text: "for few eyes", in: db)
    }
    let shown = try story.c.act(at: "2017-10-02T09:00:00Z") { (desk, db) throws(RelayError) in
      _ = try CaseDesk(desk).list(in: db)
      return try CaseDesk(desk).page(of: id, in: db)
    }
    #expect(shown.facts.contains { $0.key == "text" && $0.value == .text("for few eyes") })
    try export("roster: roster 83", from: story.c, at: "2017-10-02T10:00:00Z")
    #expect(try story.c.value("SELECT count(*) FROM relay_transaction") == 0, "none of it waits to be sent")
    try story.sync(story.phones + [story.c, story.c2], at: "2017-10-02T11:00:00Z")
    for other in story.phones where other.name != "C" {
      let here = try other.value("SELECT count(*) FROM sqlite_master WHERE name GLOB 'office_*'")
      #expect(here == 0, "\(other.name)")
    }

    let trail = try page(story.c)
    #expect(trail.grids[0].rows.map { $0[2] } == ["change", "look", "look", "export"].map { .word($0, area: "trail") })
    #expect(
      trail.grids[0].rows.map { $0[3] }[1...] == [
        .text("list of cases"), .text("case \(id)"), .text("roster: roster 83"),
      ])
    #expect(trail.notes.isEmpty)
    // A report has numbers and nothing else.
    let report = try look(story.c) { (look) throws(RelayError) in try AuditReport.page(look) }
    #expect(report.facts.first { $0.key == "openCases" }?.value == .number(1))
    #expect(report.facts.first { $0.key == "givenAway" }?.value == .number(4))
  }

  @Test(
    "an entry that was changed, taken out or put in between is told of",
    arguments: [
      "UPDATE office_trail SET detail = 'nothing' WHERE number = 2", "DELETE FROM office_trail WHERE number = 2",
      "UPDATE office_trail SET officer_id = 'clerk-2' WHERE number = 2",
    ])
  func tampered(_ sql: String) throws {
    let story = try Story()
    for hour in 1...3 { try export("roster: roster \(hour)", from: story.c, at: "2017-10-02T0\(hour):00:00Z") }
    #expect(try page(story.c).notes.isEmpty)
    try story.c.replica.write { (db) throws(RelayError) in try db.execute(sql) }
    #expect(try page(story.c).notes.map(\.code) == ["trail_broken"])
    let report = try look(story.c) { (look) throws(RelayError) in try AuditReport.page(look) }
    #expect(report.notes.map(\.code).contains("trail_broken"))
  }

  @Test("a branch has no cases, and a case that is closed stays closed")
  func refused() throws {
    let story = try Story()
    let branch = #expect(throws: RelayError.self) {
      try story.b17a.act(at: "2017-10-02T08:00:00Z") { (desk, db) throws(RelayError) in
        _ = try CaseDesk(desk).list(in: db)
      }
    }
    #expect(branch?.code == .roleForbids)
    try story.c.act(at: "2017-10-02T08:00:00Z") { (desk, db) throws(RelayError) in
      let id = try CaseDesk(desk).open(try Member.find("0417", in: db), referredBy: nil, text: nil, in: db)
      _ = try CaseDesk(desk).close(id, outcome: "a warning", in: db)
    }
    let again = #expect(throws: RelayError.self) {
      try story.c.act(at: "2017-10-02T09:00:00Z") { (desk, db) throws(RelayError) in
        _ = try CaseDesk(desk).close("C", outcome: "none", in: db)
      }
    }
    #expect(again?.code == .valueNotAllowed)
    let trail = try page(story.c)
    #expect(trail.grids[0].rows.count == 2, "what was refused changed nothing")
  }

  // MARK: What people do

  private func export(_ what: String, from phone: Phone, at time: String) throws {
    try phone.act(at: time) { (desk, db) throws(RelayError) in
      try Trail.note(.export, what, by: desk.officer.id, on: "C1", at: desk.now, in: db)
    }
  }

  private func page(_ phone: Phone) throws -> Page {
    try look(phone) { (look) throws(RelayError) in try Trail.page(look, from: nil) }
  }

  private func look(_ phone: Phone, _ body: (Look) throws(RelayError) -> Page) throws -> Page {
    let now = try #require(Instant("2017-10-03T08:00:00Z"))
    let rights = DeviceRights(try phone.replica.status())
    return try phone.replica.read { (db) throws(RelayError) in try body(try Look(db, rights, now: now)) }
  }
}
