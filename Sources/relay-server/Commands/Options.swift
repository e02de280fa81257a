internal import ArgumentParser
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
      if let store = SystemEdge.environment("RELAY_STORE") { return .database(try PostgresAddress(store)) }
      guard let directory = SystemEdge.environment("RELAY_DATA") else {
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

  var grants: [ScopeGrant] {
    get throws(RelayError) {
      var grants: [String: ScopeGrant] = [:]
      for text in scopes {
        var grant = ScopeGrant(scope: text)
        for (suffix, readable, writable) in [(":rw", true, true), (":r", true, false), (":w", false, true)]
        where text.hasSuffix(suffix) {
          grant = ScopeGrant(scope: String(text.dropLast(suffix.count)), readable: readable, writable: writable)
          break
        }
        guard grant.scope.isScopeName else {
          throw RelayError(
            .usage, "'\(text)' is no scope: 1 to \(Limits.scopeName) bytes in Unicode's normalisation form C")
        }
        guard grants.updateValue(grant, forKey: grant.scope) == nil else {
          throw RelayError(.usage, "scope '\(grant.scope)' is given twice")
        }
      }
      return grants.values.sorted { $0.scope.utf8.lexicographicallyPrecedes($1.scope.utf8) }
    }
  }
}
