internal import ArgumentParser
internal import Foundation
internal import Organisation
internal import Relay

/// Which file a command works on, and what tables it has: the organisation's, where no other sync schema is named.
struct ReplicaPlace: ParsableArguments {
  @Option(name: .customLong("replica"), help: "The replica's SQLite file. RELAY_REPLICA says the same.")
  var named: String?

  var path: String { named ?? ProcessInfo.processInfo.environment["RELAY_REPLICA"] ?? "" }

  @Option(help: ArgumentHelp("A sync schema file other than the organisation's own.", valueName: "file"))
  var schema: String?

  @Option(help: ArgumentHelp("The SQL that makes that schema's tables.", valueName: "file"))
  var ddl: String?

  @Option(
    name: .customLong("extension"),
    help: ArgumentHelp("An SQLite extension with functions that the tables need.", valueName: "library"))
  var extensions: [String] = []

  func validate() throws {
    if ddl != nil, schema == nil { throw ValidationError("--ddl goes with --schema") }
  }

  /// Opens the replica; the file must be there.
  func open(environment: Environment = .system) throws(RelayError) -> Replica {
    try checkNamed()
    guard FileManager.default.fileExists(atPath: path) else {
      throw RelayError(.fileMissing, "\(path): there is no such file")
    }
    guard try Replica.kind(of: path, schema: try schemaBytes()) == .replica else { throw notAttached }
    return try Replica(at: path, schema: try schemaBytes(), environment: prepared(environment))
  }

  /// Opens the replica, making the file and its tables where they are not there.
  func openOrCreate() throws(RelayError) -> Replica {
    try checkNamed()
    let (schema, tables) = (try schemaBytes(), try tablesSQL())
    if FileManager.default.fileExists(atPath: path) {
      // What somebody else made is only taken where it has the tables. A file without a byte is nobody's: it is also what a
      // command leaves that was killed while it made the file.
      switch try Replica.kind(of: path, schema: schema) {
      case .replica, .empty, .blank, .attachable: break
      case .foreign: throw notAttached
      }
    }
    return try Replica(at: path, schema: schema, environment: prepared(.system)) { (db) throws(RelayError) in
      if let tables { try db.script(tables) }
    }
  }

  /// A replica of the same tables in another file, which is made where it is not there.
  func make(at path: String) throws(RelayError) -> Replica {
    let tables = try tablesSQL()
    return try Replica(at: path, schema: try schemaBytes(), environment: prepared(.system)) { (db) throws(RelayError) in
      if let tables { try db.script(tables) }
    }
  }

  /// The sync schema file's bytes; a file must be named.
  func syncSchema() throws(RelayError) -> [UInt8] {
    try checkNamed()
    return try schemaBytes()
  }

  private var notAttached: RelayError {
    RelayError(.notAttached, "\(path): this file is no replica, and it has not the tables of one")
  }

  private func prepared(_ environment: Environment) -> Environment {
    var environment = environment
    let extensions = extensions
    environment.prepare = { (db) throws(RelayError) in
      for path in extensions { try db.load(extension: path) }
    }
    return environment
  }

  private func checkNamed() throws(RelayError) {
    guard path.isEmpty else { return }
    throw RelayError(
      .usage, Language.say("no file is named", "未指明数据文件"),
      advice: Language.say("Give --replica FILE, or set RELAY_REPLICA.", "请用 --replica 文件名，或设置 RELAY_REPLICA。"))
  }

  private func schemaBytes() throws(RelayError) -> [UInt8] {
    guard let schema else { return Organisation.schema }
    return try Self.bytes(schema)
  }

  /// None where somebody else makes the tables.
  private func tablesSQL() throws(RelayError) -> String? {
    guard schema != nil else { return Organisation.ddl }
    guard let ddl else { return nil }
    return String(decoding: try Self.bytes(ddl), as: UTF8.self)
  }

  private static func bytes(_ path: String) throws(RelayError) -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw RelayError(.fileMissing, "\(path): the file cannot be read")
    }
    return Array(data)
  }
}
