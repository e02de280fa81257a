import Foundation
import Relay

/// An app as small as can be, for tests that trace or kill it: commits one transaction after another through the
/// library and tells of each on standard output once it is told that it is kept.
///
///     writer FILE SCHEMA DDL PREFIX COUNT
@main
struct Writer {
  static func main() {
    do {
      try write()
    } catch {
      FileHandle.standardError.write(Data("\(error)\n".utf8))
      exit(1)
    }
  }

  private static func write() throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 6, let count = Int(arguments[5]) else {
      throw RelayError(.usage, "writer FILE SCHEMA DDL PREFIX COUNT")
    }
    let schema = Array(try Data(contentsOf: URL(filePath: arguments[2])))
    let ddl = try String(contentsOf: URL(filePath: arguments[3]), encoding: .utf8)
    let environment = Environment(
      now: { Int64(Date().timeIntervalSince1970 * 1000) }, random: { UInt64.random(in: 0...UInt64.max) })
    let replica = try Replica(at: arguments[1], schema: schema, environment: environment) {
      (db) throws(RelayError) in try db.script(ddl)
    }
    for number in 1...count {
      // Two rows: half of a transaction would show.
      let (book, note) = ("\(arguments[4])-\(number)", "\(arguments[4])-\(number)-note")
      try replica.write(author: "writer") { (db) throws(RelayError) in
        for id in [book, note] {
          try db.execute("INSERT INTO book VALUES (?, 'north', 'Atlas', NULL, NULL)", [.text(id)])
        }
      }
      // Not `print`, which keeps lines back.
      FileHandle.standardOutput.write(Data("kept \(number)\n".utf8))
    }
  }
}
