internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// What the app's own triggers mean for Relay's writes (rule 30), as SQLite itself says when it prepares a statement.
struct AppTriggers {
  /// A trigger that Relay's writes fire and that writes into synced tables.
  struct Writer: Equatable {
    var trigger: String
    /// Names of synced tables, ascending.
    var into: [String]
  }

  /// Synced tables with triggers that are not Relay's.
  var tables: Set<UInt32> = []
  /// Ascending by name.
  var writers: [Writer] = []

  /// May a write of Relay's change other rows of synced tables, or another value of the same row?
  var writeSyncedTables: Bool { !writers.isEmpty }
}
