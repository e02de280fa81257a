import Organisation
import Relay
import TestSupport

/// A committee's device that is thrown away when the test is over.
final class OfficeDevice {
  private let files = TestFolder()
  let replica: Replica

  init() throws {
    let environment = Environment(now: { 1_509_408_000_000 }, random: { 0x9E37_79B9_7F4A_7C15 })
    replica = try Replica(at: files.file("office.db"), schema: Organisation.schema, environment: environment) {
      (db) throws(RelayError) in
      try db.script(Organisation.ddl)
      try db.script(Organisation.officeDDL)
    }
  }

  /// The first column of every row.
  func column(_ sql: String) throws(RelayError) -> [Value] {
    try replica.read { (db) throws(RelayError) in
      try db.query(sql) { (row) throws(RelayError) in row[0] }
    }
  }

  func count(_ sql: String) throws(RelayError) -> Int64 { try column(sql).first?.integer ?? -1 }
}
