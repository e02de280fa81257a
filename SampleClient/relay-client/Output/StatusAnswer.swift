internal import Organisation
internal import Relay

/// Is it sent, is it fresh, does anything wait for me?
struct StatusAnswer: Codable {
  struct LastError: Codable {
    var code: String
    var message: String
  }

  var replica: String
  var device: String
  var role: String
  var epoch: String
  var base: UInt64
  var head: UInt64
  var pending: Int
  var accepted: Int
  var conflicts: Int
  var notices: Int
  var refused: Int
  var held: Int
  var rows: Int
  var mismatch: [String]
  var wasRebuilt: Bool
  /// The version of the sync schema that this client brings.
  var schemaVersion: UInt64
  /// Why unsent work has to wait although the hub answers.
  var waitsFor: String?
  /// What waits for the people here; absent where the file is not the organisation's.
  var agenda: AgendaAnswer?
  /// Of the last sync, if it failed.
  var lastError: LastError?

  init(_ status: ReplicaStatus, agenda: Agenda?, lastError: LastError?) {
    replica = status.replica.description
    device = status.device
    role = status.role
    epoch = status.epoch.description
    base = status.base
    head = status.head
    pending = status.pending
    accepted = status.accepted
    conflicts = status.conflicts
    notices = status.notices
    refused = status.refused
    held = status.held
    rows = status.rows
    mismatch = status.mismatch
    wasRebuilt = status.wasRebuilt
    schemaVersion = status.schemaVersion
    waitsFor = status.waitsFor
    self.agenda = agenda.map(AgendaAnswer.init)
    self.lastError = lastError
  }

  var text: String {
    var lines = [
      device.isEmpty ? "Device  not enrolled" : "Device  \(device)" + (base == 0 ? "" : " (\(role))"),
      "Sent    \(accepted) accepted · \(pending) not confirmed yet",
      "Fresh   up to \(base) of \(head)",
      "To do   \(conflicts) conflicts · \(refused) refused · \(held) held · \(notices) notices",
      "Rows    \(rows)",
    ]
    if let agenda {
      lines.insert(
        """
        Waiting \(agenda.review) held for review · \(agenda.transfers) transfers wait for you · \
        \(agenda.silent) members silent for months
        """, at: 4)
    }
    if !mismatch.isEmpty { lines.append("Differs from the hub in \(mismatch.joined(separator: ", "))") }
    if let waitsFor { lines.append("Unsent work waits for \(waitsFor)") }
    if wasRebuilt {
      lines.append("A tool rebuilt a table; what it wrote meanwhile may not have been captured. Next: verify")
    }
    if let lastError { lines.append("Last sync failed: \(lastError.code): \(lastError.message)") }
    return lines.joined(separator: "\n")
  }
}

/// What waits for the people at a device.
struct AgendaAnswer: Codable {
  var review: Int
  var transfers: Int
  var silent: Int

  init(_ agenda: Agenda) {
    review = agenda.review
    transfers = agenda.transfers
    silent = agenda.silent
  }
}
