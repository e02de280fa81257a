import Foundation
import Organisation
import Relay
import Testing

@Suite("The generated organisation")
struct GeneratorTests {
  @Test("everything is there, and it is large")
  func volume() throws {
    let db = try Sample.everything()
    for table in try SyncSchema(json: Organisation.schema).tables {
      let rows = try #require(try db.first("SELECT count(*) FROM \(table.name)")?[0].integer)
      print(table.name, rows)
      #expect(rows > 0, "\(table.name)")
    }
    let total = try Sample.total(db)
    #expect(total >= 200_000, "\(total)")
  }
}

enum Sample {
  /// A file in memory that no replica watches.
  static func empty() throws(RelayError) -> Database {
    let db = try Database(path: ":memory:", mode: .create)
    try db.script(Organisation.ddl)
    return db
  }

  static func everything(seed: UInt64 = Generator.standardSeed) throws(RelayError) -> Database {
    let db = try empty()
    try db.transaction { () throws(RelayError) in try Generator(seed: seed).write(to: db) }
    return db
  }

  static func total(_ db: Database) throws(RelayError) -> Int64 {
    var total: Int64 = 0
    for table in try SyncSchema(json: Organisation.schema).tables {
      total += try db.first("SELECT count(*) FROM \(table.name)")?[0].integer ?? 0
    }
    return total
  }
}
