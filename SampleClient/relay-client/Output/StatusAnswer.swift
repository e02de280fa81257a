internal import Organisation
internal import Relay

/// Is it sent, is it fresh, does anything wait for me?
struct StatusAnswer: Codable {
  struct LastError: Codable {
    var code: String
    var message: String
  }

  struct ScopeAnswer: Codable {
    var name: String
    var writable: Bool
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
  /// When this file was last found to be a copy, or put back to an older one; absent for never.
  var foundCopied: String?
  /// The version of the sync schema that this client brings.
  var schemaVersion: UInt64
  /// Why unsent work has to wait although the hub answers.
  var waitsFor: String?
  /// When everything was sent and when a pull ended well, by this device's clock; absent for never.
  var lastPush: String?
  var lastPull: String?
  /// The hub's clock at the last pull.
  var hubTime: String?
  /// What the hub granted: names of scopes, with `writable` for those that the device may write.
  var scopes: [ScopeAnswer]
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
    foundCopied = utc(status.foundCopied)
    scopes = status.scopes.map { ScopeAnswer(name: $0.name, writable: $0.isWritable) }
    syncing = status.activity.map { Syncing(waitsFor: $0.waitsFor, since: Instant(milliseconds: $0.since).text) }
    self.agenda = agenda.map(AgendaAnswer.init)
    self.lastError = lastError
  }
}

/// What waits for the people at a device.
struct AgendaAnswer: Codable {
  struct Turn: Codable {
    var unit: String
    var requests: Int
  }

  /// The code of the unit at work here.
  var unit: String?
  var review: Int
  var transfers: Int
  /// Of every kind, transfers among them.
  var requests: Int
  /// At the committee: what `office settle` carries out.
  var toSettle: Int
  var others: [Turn]
  var silent: Int

  init(_ agenda: Agenda) {
    unit = agenda.place?.code
    toSettle = agenda.toSettle
    (review, transfers, requests, silent) = (agenda.review, agenda.transfers, agenda.requests, agenda.silent)
    others = agenda.others.map { Turn(unit: $0.unit, requests: $0.requests) }
  }
}
