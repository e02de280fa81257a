import Organisation
import Relay
import Testing

@Suite("The sample in a replica")
struct ReplicaTests {
  @Test("a unit's rows are captured, one transaction a batch")
  func captured() throws {
    let office = try Office()
    let batches = try Generator().batches(.unit("R6"))
    for batch in batches.prefix(2) {
      try office.replica.write { (db) throws(RelayError) in try batch.write(to: db) }
    }
    #expect(try office.count("SELECT count(*) FROM relay_transaction") == 2)
    #expect(try office.count("SELECT count(*) FROM member") > 30)
    let report = try office.replica.read { (db) throws(RelayError) in try SurveyReport(db, asOf: Generator.asOf) }
    #expect(Int64(report.members) == (try office.count("SELECT count(*) FROM member")))
  }
}
