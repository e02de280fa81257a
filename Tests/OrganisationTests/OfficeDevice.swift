import Foundation
import Organisation
import Relay

/// A committee's device that is thrown away when the test is over.
final class OfficeDevice {
  let folder: String
  let replica: Replica

  init() throws {
    folder = NSTemporaryDirectory() + "organisation-test-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let environment = Environment(now: { 1_509_408_000_000 }, random: { 0x9E37_79B9_7F4A_7C15 })
    replica = try Replica(at: folder + "/office.db", schema: Organisation.schema, environment: environment) {
      (db) throws(RelayError) in
      try db.script(Organisation.ddl)
      try db.script(Organisation.officeDDL)
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// The first column of every row.
  func column(_ sql: String) throws(RelayError) -> [Value] {
    try replica.read { (db) throws(RelayError) in
      try db.query(sql) { (row) throws(RelayError) in row[0] }
    }
  }

  func count(_ sql: String) throws(RelayError) -> Int64 { try column(sql).first?.integer ?? -1 }
}
