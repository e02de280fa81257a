internal import RelayMerge
internal import RelayProtocol

extension HubSession {
  /// A device's rights as they are now.
  ///
  /// - Throws: `unauthorized` for an unknown device, `revoked`.
  func device(_ id: Int64) throws(RelayError) -> HubDevice {
    if let known = memory?.devices[id] { return known }
    guard let record = try store.devices.device(id) else {
      throw RelayError(.unauthorized, "the hub does not know this device")
    }
    guard !record.isRevoked else { throw RelayError(.revoked, "the device '\(record.name)' was revoked") }
    let device = HubDevice(
      id: id, name: record.name, role: record.role, grants: try store.devices.grants(id),
      isQuarantined: record.isQuarantined)
    memory?.devices[id] = device
    return device
  }

  func device(named name: String) throws(RelayError) -> DeviceRecord {
    guard let record = try store.devices.device(named: name) else {
      throw RelayError(.usage, "there is no device '\(name)'")
    }
    return record
  }

  /// - Parameter now: milliseconds since 1970.
  func setGrants(_ device: Int64, role: String, _ grants: [ScopeGrant], now: Int64) throws(RelayError) {
    guard schema.roles.contains(role) else { throw RelayError(.usage, "the sync schema has no role '\(role)'") }
    guard grants.count <= Limits.scopes else {
      throw RelayError(.usage, "a device has at most \(Limits.scopes) scopes")
    }
    for grant in grants where !grant.scope.isScopeName {
      throw RelayError(
        .usage, "'\(grant.scope)' is no scope name: 1 to \(Limits.scopeName) bytes in Unicode's normalisation form C")
    }
    try store.rights.changed()
    try store.devices.set(role: role, of: device)
    // What is not granted any more is remembered: rows of it may still have to leave the device.
    try store.devices.set(grants: grants, of: device)
    try recordRights(device, role: role, try store.devices.grants(device), now: now)
    var versions = Set(try store.digests.versions())
    versions.insert(schema.newest)
    for version in versions.sorted() { try keepDigests(grants, role, try view(version)) }
  }

  /// What the store keeps of a code or token.
  static func secret(_ text: String) -> [UInt8] { sha256(Array(text.utf8)) }
}
