import Relay
import Testing

@testable import Organisation

@Suite("The sample in replicas")
struct ReplicaTests {
  @Test("office and field write what each may, and the hub refuses nothing")
  func throughTheHub() throws {
    let (generator, hub) = (Generator(), try Headquarters())
    let roster = generator.roster
    let (committee, region, branch) = (roster.units[0], roster.units[6], roster.units[roster.units.count - 1])
    let office = try hub.device("office", role: "committee")
    for unit in [committee, region, branch] {
      for batch in try generator.batches(.unit(unit.code), share: .office) where batch.unit == unit.code {
        try office.write { (db) throws(RelayError) in try batch.write(to: db) }
      }
    }
    try hub.sync(office, "office")

    let above = [committee.id, region.id]
    let secretary = try hub.device("secretary", role: "branch", units: [branch.id], above: above)
    let lead = try hub.device("lead", role: "regional", units: [region.id, branch.id], above: above)
    for (replica, unit, name) in [(secretary, branch, "secretary"), (lead, region, "lead")] {
      for batch in try generator.batches(.unit(unit.code), share: .field) where batch.unit == unit.code {
        try replica.write { (db) throws(RelayError) in try batch.write(to: db) }
      }
      try hub.sync(replica, name)
    }
    for (replica, name) in [(office, "office"), (secretary, "secretary"), (lead, "lead")] {
      try hub.sync(replica, name)
      let status = try replica.status()
      #expect((status.refused, status.conflicts, status.pending) == (0, 0, 0), "\(name)")
      #expect(try replica.inbox().isEmpty, "\(name)")
      #expect(status.mismatch.isEmpty, "\(name)")
    }

    let whole = try Sample.of([committee.code, branch.code, region.code])
    let seen = try office.read { (db) throws(RelayError) in try Sample.dump(db) }
    for table in try Sample.tables() { #expect(seen[table] == whole[table], "\(table)") }
    try expectHidden(secretary, lead, branch)
  }

  private func expectHidden(_ secretary: Replica, _ lead: Replica, _ branch: Roster.Unit) throws {
    func count(_ replica: Replica, _ sql: String) throws -> Int {
      try replica.read { (db) throws(RelayError) in try Sample.count(db, sql) }
    }
    #expect(try count(secretary, "SELECT count(*) FROM member") == branch.members.count)
    #expect(try count(secretary, "SELECT count(*) FROM dues_plan WHERE base_fen IS NOT NULL") == 0)
    #expect(try count(secretary, "SELECT count(*) FROM officer WHERE education IS NOT NULL") == 0)
    #expect(try count(secretary, "SELECT count(*) FROM dues_entry") > 0)
    #expect(try count(lead, "SELECT count(*) FROM member WHERE birth_ym IS NOT NULL OR sex IS NOT NULL") == 0)
    #expect(try count(lead, "SELECT count(*) FROM member WHERE full_name LIKE 'Member %'") == branch.members.count)
    #expect(try count(lead, "SELECT count(*) FROM attendance") > 0)
    for table in ["dues_entry", "contact_point", "declaration", "appraisal_entry", "points_entry"] {
      #expect(try count(lead, "SELECT count(*) FROM \(table)") == 0, "\(table)")
    }
  }

  @Test("a unit's rows are captured, one transaction a batch, and reported from the replica")
  func captured() throws {
    let office = try OfficeDevice()
    for batch in try Generator().batches(.unit("R6")).prefix(2) {
      try office.replica.write { (db) throws(RelayError) in try batch.write(to: db) }
    }
    #expect(try office.count("SELECT count(*) FROM relay_transaction") == 2)
    let members = try office.count("SELECT count(*) FROM member")
    #expect(members > 0)
    let report = try office.replica.read { (db) throws(RelayError) in try SurveyReport(db, asOf: Generator.asOf) }
    #expect(Int64(report.members) == members)
  }
}
