internal import Relay

/// What this app keeps for itself in the replica's file; a table that no sync schema names, so it stays here.
enum ClientNotes {
  enum Name: String {
    /// The hub's address.
    case hub
    /// Code and message of the last sync's failure; absent after one that went well.
    case errorCode = "error_code"
    case errorMessage = "error_message"
  }

  static func read(_ names: [Name], in replica: Replica) throws(RelayError) -> [Name: String] {
    try replica.read { (db) throws(RelayError) in
      guard try db.first("SELECT 1 FROM sqlite_master WHERE name = 'client_note'") != nil else { return [:] }
      var notes: [Name: String] = [:]
      for name in names {
        notes[name] = try db.first("SELECT value FROM client_note WHERE name = ?", [.text(name.rawValue)])?[0].text
      }
      return notes
    }
  }

  /// Keeps what has a value and forgets what has none.
  static func write(_ notes: [(name: Name, value: String?)], in replica: Replica) throws(RelayError) {
    try replica.write { (db) throws(RelayError) in
      try db.execute("CREATE TABLE IF NOT EXISTS client_note (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
      for note in notes {
        if let value = note.value {
          try db.execute(
            "INSERT OR REPLACE INTO client_note (name, value) VALUES (?, ?)", [.text(note.name.rawValue), .text(value)])
        } else {
          try db.execute("DELETE FROM client_note WHERE name = ?", [.text(note.name.rawValue)])
        }
      }
    }
  }
}
