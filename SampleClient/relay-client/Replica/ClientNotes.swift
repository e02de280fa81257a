internal import Organisation
internal import Relay

/// What this app keeps for itself in the replica's file; a table that no sync schema names, so it stays here.
enum ClientNotes {
  enum Name: String {
    /// The hub's address.
    case hub
    /// There where the hub may be reached without TLS, though it is on another machine.
    case plainHTTP = "plain_http"
    /// How the line to the hub is pretended to be: `offline`, or kilobits a second; absent for as it is.
    case line = "demo_line"
    /// Code and message of the last sync's failure; absent after one that went well.
    case errorCode = "error_code"
    case errorMessage = "error_message"
  }

  static func read(_ names: [Name], in replica: Replica) throws(RelayError) -> [Name: String] {
    try replica.read { (db) throws(RelayError) in
      var notes: [Name: String] = [:]
      for name in names { notes[name] = try DeviceNotes.value(name.rawValue, in: db) }
      return notes
    }
  }

  /// Keeps what has a value and forgets what has none.
  static func write(_ notes: [(name: Name, value: String?)], in replica: Replica) throws(RelayError) {
    try replica.write { (db) throws(RelayError) in
      for note in notes { try DeviceNotes.set(note.name.rawValue, note.value, in: db) }
    }
  }
}
