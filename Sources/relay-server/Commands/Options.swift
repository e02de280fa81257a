internal import ArgumentParser
internal import RelayProtocol

/// What every subcommand takes.
struct DataOptions: ParsableArguments {
  @Option(name: .customLong("data"), help: "The hub's data directory (or RELAY_DATA).")
  var given: String?

  /// - Throws: `usage` where neither the flag nor its twin in the environment is there.
  var directory: String {
    get throws(RelayError) {
      guard let directory = given ?? SystemEdge.environment("RELAY_DATA") else {
        throw RelayError(.usage, "no data directory", advice: "Say --data DIR or set RELAY_DATA.")
      }
      return directory
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
