internal import ArgumentParser
internal import Foundation
internal import Organisation
internal import Relay

/// Which file a command works on, and what tables it has: the organisation's, unless other ones are named.
struct ReplicaPlace: ParsableArguments {
  @Option(name: .customLong("replica"), help: "The replica's SQLite file.")
  var path: String

  @Option(help: ArgumentHelp("Another sync schema file.", valueName: "file"))
  var schema: String?

  @Option(help: ArgumentHelp("The SQL that makes that schema's tables.", valueName: "file"))
  var ddl: String?

  /// Opens the replica; the file must be there.
  func open() throws(RelayError) -> Replica {
    guard FileManager.default.fileExists(atPath: path) else {
      throw RelayError(.fileMissing, "\(path): there is no such file")
    }
    let tables = try tables()
    return try Replica(at: path, schema: tables.schema, environment: .system)
  }

  /// Opens the replica, making the file and its tables where they are not there.
  func openOrCreate() throws(RelayError) -> Replica {
    let tables = try tables()
    return try Replica(at: path, schema: tables.schema, environment: .system) { (db) throws(RelayError) in
      try db.script(tables.ddl)
    }
  }

  private func tables() throws(RelayError) -> (schema: [UInt8], ddl: String) {
    if schema == nil, ddl == nil { return (Organisation.schema, Organisation.ddl) }
    guard let schema, let ddl else {
      throw RelayError(.usage, "--schema and --ddl go together")
    }
    return (try Self.bytes(schema), String(decoding: try Self.bytes(ddl), as: UTF8.self))
  }

  private static func bytes(_ path: String) throws(RelayError) -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw RelayError(.fileMissing, "\(path): the file cannot be read")
    }
    return Array(data)
  }
}
