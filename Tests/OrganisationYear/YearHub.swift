internal import Organisation
internal import Relay
internal import RelayHub
internal import RelayHubPostgres
internal import RelayProtocol
internal import TestSupport

/// The hub of a year, at the year's time: a real server would take its own clock's.
final class YearHub {
  let folder: String
  private let hub: InProcessHub
  /// Round trips so far.
  private(set) var requests = 0

  init(_ folder: String) throws {
    self.folder = folder
    hub = try InProcessHub(new: try TestStore.place(folder + "/hub"), schema: Organisation.schema, graceDays: 365)
  }

  func enrol(_ replica: Replica, _ name: String, role: String, _ grants: [ScopeGrant]) throws {
    try hub.enrol(replica, as: name, role: role, grants, now: 1)
  }

  func sync(_ replica: Replica, _ name: String, at time: Int64) throws {
    try hub.sync(replica, as: name, now: time) { (_) in requests += 1 }
  }
}
