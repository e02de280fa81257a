package import Relay

/// What the app keeps for itself in the replica's file; a table that no sync schema names, so it stays on the device.
package enum DeviceNotes {
  package static func value(_ name: String, in db: Database) throws(RelayError) -> String? {
    guard try db.first("SELECT 1 FROM sqlite_master WHERE name = 'client_note'") != nil else { return nil }
    return try db.first("SELECT value FROM client_note WHERE name = ?", [.text(name)])?[0].text
  }

  /// Keeps the value, or forgets the name where there is none.
  package static func set(_ name: String, _ value: String?, in db: Database) throws(RelayError) {
    try db.execute("CREATE TABLE IF NOT EXISTS client_note (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
    if let value {
      try db.execute("INSERT OR REPLACE INTO client_note (name, value) VALUES (?, ?)", [.text(name), .text(value)])
    } else {
      try db.execute("DELETE FROM client_note WHERE name = ?", [.text(name)])
    }
  }
}
