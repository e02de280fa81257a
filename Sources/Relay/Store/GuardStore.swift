internal import RelayProtocol
internal import RelaySQLite

/// Whether capture logs what is written (`relay_guard.applying`).
enum CaptureGuard: Int64 {
  /// An app writes: everything is logged.
  case captures = 0
  /// Relay writes: nothing is logged.
  case silent = 1
  /// Relay writes, and the app's triggers may write into synced tables: everything is logged, to be compared.
  case watches = 2
}

/// `relay_guard`: where the triggers look before they log.
struct GuardStore {
  let db: Database

  static let ddl = """
    -- Capture looks here before it logs: 1 while Relay itself writes, 2 where what triggers do then is logged.
    -- schema: how far SQLite's schema had grown when the triggers were last looked at.
    CREATE TABLE IF NOT EXISTS relay_guard (applying INTEGER NOT NULL, schema INTEGER NOT NULL);
    """

  func set(_ state: CaptureGuard) throws(RelayError) {
    try db.execute("UPDATE relay_guard SET applying = ?", [.integer(state.rawValue)])
  }

  /// The triggers know every index that there is.
  func knowsSchema() throws(RelayError) {
    try db.execute("DELETE FROM relay_whole WHERE true")
    let grown = "(SELECT max(rowid) FROM sqlite_master)"
    try db.execute("UPDATE relay_guard SET schema = \(grown) WHERE schema <> \(grown)")
  }
}
