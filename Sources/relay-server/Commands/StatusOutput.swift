internal import RelayHub
internal import RelayMerge
internal import RelayProtocol

/// How the hub's status and devices are shown.
enum StatusOutput {
  static func fields(_ status: HubStatus) -> [JSONText.Field] {
    [
      .init("organisation", .text("\(status.organisation)")),
      .init("epoch", .text("\(status.epoch)")),
      .init("head", .raw("\(status.head)")),
      .init("rows", .raw("\(status.rows)")),
      .init("open_entries", .raw("\(status.openEntries)")),
      .init("devices", .raw("\(status.devices)")),
      .init("schema_version", .raw("\(status.schemaVersion)")),
    ] + (status.restored.map(fields) ?? [])
  }

  private static func fields(_ restored: HubRestore) -> [JSONText.Field] {
    var fields: [JSONText.Field] = [.init("restored_to", .raw("\(restored.fork)"))]
    if let since = restored.since { fields.append(.init("restored_at", .time(since))) }
    fields.append(.init("offered_again", .raw("\(restored.offeredAgain)")))
    fields.append(.init("missing_at_most", .raw("\(restored.missing)")))
    if restored.since != nil { fields.append(.init("devices_synced_since", .raw("\(restored.synced)"))) }
    if let waits = restored.waitsSince { fields.append(.init("work_waits_since", .time(waits))) }
    return fields
  }

  static func json(_ status: DeviceStatus) -> String {
    JSONText.object([
      .init("name", .text(status.device.name)),
      .init("role", .text(status.device.role)),
      .init("enrolled", .raw("\(status.isEnrolled)")),
      .init("revoked", .raw("\(status.isRevoked)")),
      .init("quarantined", .raw("\(status.device.isQuarantined)")),
      .init("transactions", .raw("\(status.transactions)")),
      .init("last_sync", status.lastSync.map { .time($0) } ?? .raw("null")),
      .init(
        "grants",
        .raw(
          JSONText.array(
            status.device.grants.map { grant in
              JSONText.object([
                .init("scope", .text(grant.scope)), .init("readable", .raw("\(grant.readable)")),
                .init("writable", .raw("\(grant.writable)")),
              ])
            }))),
    ])
  }

  /// One line a device, columns by tabs; control characters of names are escaped.
  static func table(_ devices: [DeviceStatus]) -> String {
    devices.map { status in
      let device = status.device
      let state =
        status.isRevoked
        ? "revoked" : device.isQuarantined ? "quarantined" : status.isEnrolled ? "enrolled" : "invited"
      let scopes = device.grants.map { grant in
        grant.scope + (grant.readable && grant.writable ? "" : grant.readable ? ":r" : ":w")
      }
      let synced = status.lastSync.map { InstantText.utc($0) } ?? "never"
      return [device.name, device.role, state, scopes.joined(separator: ","), synced].map(JSONText.escaped)
        .joined(separator: "\t")
    }.joined(separator: "\n")
  }
}
