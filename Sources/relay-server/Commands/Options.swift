internal import ArgumentParser
internal import RelayHub
internal import RelayHubPostgres
internal import RelayProtocol

/// What every subcommand takes.
struct DataOptions: ParsableArguments {
  @Option(name: .customLong("data"), help: "The hub's data directory (or RELAY_DATA).")
  var given: String?

  @Option(
    name: .customLong("store"),
    help: """
      Instead of --data: the PostgreSQL database that the hub's nodes share, postgresql://… as libpq has it (or \
      RELAY_STORE, where others on this machine do not see a password).
      """)
  var store: String?

  /// - Throws: `usage` where neither a flag nor its twin in the environment is there, or two say different things.
  var place: HubPlace {
    get throws(RelayError) {
      guard given == nil || store == nil else { throw RelayError(.usage, "either --data or --store") }
      if let given { return .directory(given) }
      if let store { return .database(try PostgresAddress(store)) }
      let directory = SystemEdge.environment("RELAY_DATA")
      if let store = SystemEdge.environment("RELAY_STORE") {
        guard directory == nil else {
          throw RelayError(
            .usage, "RELAY_DATA and RELAY_STORE are both set, and name two places",
            advice: "Nothing was done. Unset one, or say --data DIR or --store postgresql://….")
        }
        return .database(try PostgresAddress(store))
      }
      guard let directory else {
        throw RelayError(
          .usage, "no place for the hub's store",
          advice: "Say --data DIR or --store postgresql://…, or set RELAY_DATA or RELAY_STORE.")
      }
      return .directory(directory)
    }
  }
}

/// What a device may do, as given on the command line.
struct GrantOptions: ParsableArguments {
  @Option(
    name: .customLong("scope"),
    help: "A scope of the device; repeatable. NAME to read and write, NAME:r to read, NAME:w to write, * for all."
  )
  var scopes: [String] = []

  @Flag(help: "Grant nothing: no row comes to the device.") var noScopes = false

  func validate() throws {
    if scopes.isEmpty != noScopes { throw ValidationError("--scope, once or more, or --no-scopes") }
  }

  /// - Throws: `usage` for what is no scope, or none that the hub's schema can have.
  func grants(at hub: HubWriter) throws(RelayError) -> [ScopeGrant] {
    var grants: [String: ScopeGrant] = [:]
    for text in scopes {
      let grant = try ScopeGrant(option: text)
      guard grants.updateValue(grant, forKey: grant.scope) == nil else {
        throw RelayError(.usage, "scope '\(grant.scope)' is given twice")
      }
    }
    let sorted = grants.values.sorted { $0.scope.utf8.lexicographicallyPrecedes($1.scope.utf8) }
    try hub.checkShape(of: sorted)
    return sorted
  }
}

extension ScopeGrant {
  /// What people write for a right that is called otherwise here.
  private static let slips = [
    "", "wr", "ro", "wo", "read", "write", "readonly", "writeonly", "readwrite", "read-only", "write-only",
    "read-write",
  ]

  /// `NAME`, `NAME:r`, `NAME:w` or `NAME:rw`.
  ///
  /// - Throws: `usage` for what is no scope's name, and for an ending that looks like a right and is none.
  init(option text: String) throws(RelayError) {
    self.init(scope: text)
    if let colon = text.lastIndex(of: ":") {
      let ending = String(text[text.index(after: colon)...])
      let rights = ["r": (true, false), "w": (false, true), "rw": (true, true)]
      if let (reads, writes) = rights[ending] {
        self.init(scope: String(text[..<colon]), readable: reads, writable: writes)
      } else if rights[ending.lowercased()] != nil || Self.slips.contains(ending.lowercased()) {
        throw RelayError(
          .usage, "':\(ending)' at the end of '\(text)' is no right",
          advice: """
            Nothing was changed. NAME:r is to read, NAME:w to write, NAME to do both; a scope whose name ends so is \
            '\(text):rw'.
            """)
      }
    }
    guard scope.isScopeName else {
      throw RelayError(
        .usage, "'\(text)' is no scope: 1 to \(Limits.scopeName) bytes in Unicode's normalisation form C")
    }
  }
}
