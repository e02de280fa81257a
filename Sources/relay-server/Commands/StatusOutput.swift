internal import RelayHub
internal import RelayProtocol

/// How the hub's status and devices are shown.
enum StatusOutput {
  static func fields(_ status: HubStatus) -> [JSONText.Field] {
    [
      .init("organisation", .text("\(status.organisation)")),
      .init("epoch", .text("\(status.epoch)")),
      .init("head", .raw("\(status.head)")),
      .init("devices", .raw("\(status.devices)")),
    ]
  }

  static func json(_ device: DeviceStatus) -> String {
    JSONText.object([
      .init("name", .text(device.name)),
      .init("role", .text(device.role)),
      .init("enrolled", .raw("\(device.enrolled)")),
      .init("revoked", .raw("\(device.revoked)")),
      .init(
        "grants",
        .raw(
          JSONText.array(
            device.grants.map { grant in
              JSONText.object([
                .init("scope", .text(grant.scope)), .init("readable", .raw("\(grant.readable)")),
                .init("writable", .raw("\(grant.writable)")),
              ])
            }))),
    ])
  }

  /// One line a device, columns by tabs; control characters of names are escaped.
  static func table(_ devices: [DeviceStatus]) -> String {
    devices.map { device in
      let state = device.revoked ? "revoked" : device.enrolled ? "enrolled" : "invited"
      let scopes = device.grants.map { grant in
        grant.scope + (grant.readable && grant.writable ? "" : grant.readable ? ":r" : ":w")
      }
      return [device.name, device.role, state, scopes.joined(separator: ",")].map(JSONText.escaped)
        .joined(separator: "\t")
    }.joined(separator: "\n")
  }
}
