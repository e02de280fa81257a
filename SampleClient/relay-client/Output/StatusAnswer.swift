internal import Organisation
internal import Relay

/// Is it sent, is it fresh, does anything wait for me?
struct StatusAnswer: Codable {
  struct LastError: Codable {
    var code: String
    var message: String
  }

  struct Syncing: Codable {
    var waitsFor: String
    var since: String
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
  /// When everything was sent and when a pull ended well, by this device's clock; absent for never.
  var lastPush: String?
  var lastPull: String?
  /// The hub's clock at the last pull.
  var hubTime: String?
  /// What a sync that runs now waits for, and since when.
  var syncing: Syncing?
  /// What waits for the people here; absent where the file is not the organisation's.
  var agenda: AgendaAnswer?
  /// Of the last sync, if it failed.
  var lastError: LastError?

  init(_ status: ReplicaStatus, rows: Int, agenda: Agenda?, lastError: LastError?) {
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
    self.rows = rows
    mismatch = status.mismatch
    wasRebuilt = status.wasRebuilt
    schemaVersion = status.schemaVersion
    waitsFor = status.waitsFor
    func utc(_ milliseconds: Int64?) -> String? { milliseconds.map { Instant(milliseconds: $0).text } }
    lastPush = utc(status.lastPush)
    lastPull = utc(status.lastPull)
    hubTime = utc(status.hubTime)
    syncing = status.activity.map { Syncing(waitsFor: $0.waitsFor, since: Instant(milliseconds: $0.since).text) }
    self.agenda = agenda.map(AgendaAnswer.init)
    self.lastError = lastError
  }

  var text: String {
    var lines = [
      device.isEmpty ? "Device  not enrolled" : "Device  \(device)" + (base == 0 ? "" : " (\(role))"),
      "Sent    \(accepted) accepted · \(pending) not confirmed yet" + (lastPush.map { " · all sent \($0)" } ?? ""),
      lastPull.map { "Fresh   up to \(base), as of \($0)" } ?? "Fresh   nothing was pulled yet",
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
      lines.append(
        "This file may differ from the hub unseen: a tool rebuilt a table, or a wrong answer was taken back. Next: verify"
      )
    }
    if let syncing { lines.append("Syncing now: waits for \(syncing.waitsFor) since \(syncing.since)") }
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
