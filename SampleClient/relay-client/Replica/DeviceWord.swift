internal import Organisation
internal import Relay

/// What this device tells of itself before a sync, for the committee's list of devices.
enum DeviceWord {
  /// Nothing on a file of another app, on one without a hub, and where nobody has said which unit works here.
  static func tell(_ replica: Replica) throws(RelayError) {
    let status = try replica.status()
    guard !status.device.isEmpty, status.base > 0,
      try SyncSchema(json: Organisation.schema).name == replica.schema.name
    else { return }
    let state = DeviceDesk.State(
      device: status.device, unsent: status.pending, held: status.held, conflicts: status.conflicts,
      refused: status.refused, rows: try replica.rowCount(), app: ClientVersion.text,
      schemaVersion: Int(clamping: status.schemaVersion),
      syncedAt: nil)
    let now = Instant(milliseconds: Environment.system.now())
    let unit = try replica.read { (db) throws(RelayError) in
      try DeviceDesk.unit(DeviceRights(status), in: db)
    }
    guard let unit else { return }
    _ = try replica.write { (db) throws(RelayError) in try DeviceDesk.tell(state, unit: unit, now: now, in: db) }
  }
}
