internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

extension HubSession {
  /// A device's rights as they are now.
  ///
  /// - Throws: `unauthorized` for an unknown device, `revoked`.
  func device(_ id: Int64) throws(RelayError) -> HubDevice {
    guard let values = try db.first("SELECT name, role, revoked FROM device WHERE id = ?", [.integer(id)]) else {
      throw RelayError(.unauthorized, "the hub does not know this device")
    }
    let name = values[0].text ?? ""
    guard values[2].integer == 0 else { throw RelayError(.revoked, "the device '\(name)' was revoked") }
    return HubDevice(id: id, name: name, role: values[1].text ?? "", grants: try grants(id))
  }

  func grants(_ device: Int64) throws(RelayError) -> [ScopeGrant] {
    try db.query(
      "SELECT scope, readable, writable FROM grants WHERE device = ? AND (readable OR writable) ORDER BY scope",
      [.integer(device)]
    ) { (row) throws(RelayError) in
      ScopeGrant(scope: row[0].text ?? "", readable: row.int(1) != 0, writable: row.int(2) != 0)
    }
  }

  /// Every scope that the device was ever granted to read or write.
  func everGranted(_ device: Int64) throws(RelayError) -> [String] {
    try db.query("SELECT scope FROM grants WHERE device = ?", [.integer(device)]) { (row) throws(RelayError) in
      row[0].text ?? ""
    }
  }

  func deviceName(_ id: Int64) throws(RelayError) -> String {
    try db.first("SELECT name FROM device WHERE id = ?", [.integer(id)])?[0].text ?? ""
  }

  func setGrants(_ device: Int64, role: String, _ grants: [ScopeGrant]) throws(RelayError) {
    guard schema.roles.contains(role) else { throw RelayError(.usage, "the sync schema has no role '\(role)'") }
    try rightsChanged()
    try db.execute("UPDATE device SET role = ? WHERE id = ?", [.text(role), .integer(device)])
    // What is not granted any more is remembered: rows of it may still have to leave the device.
    try db.execute("UPDATE grants SET readable = 0, writable = 0 WHERE device = ?", [.integer(device)])
    for grant in grants {
      guard grant.scope.isScopeName else {
        throw RelayError(
          .usage, "'\(grant.scope)' is no scope name: 1 to \(Limits.scopeName) bytes in Unicode's normalisation form C")
      }
      try db.execute(
        "INSERT OR REPLACE INTO grants VALUES (?, ?, ?, ?)",
        [.integer(device), .text(grant.scope), .integer(grant.readable ? 1 : 0), .integer(grant.writable ? 1 : 0)])
    }
    var versions = Set(
      try db.query("SELECT DISTINCT version FROM digest") { (row) throws(RelayError) in UInt64(row.int(0)) })
    versions.insert(schema.newest)
    for version in versions.sorted() { try keepDigests(grants, role, try view(version)) }
  }

  /// Call it in the transaction that changes what devices may do or see.
  func rightsChanged() throws(RelayError) { try db.execute("UPDATE rights SET changes = changes + 1") }

  /// How often something changed that may concern a device that waits.
  func rights() throws(RelayError) -> UInt64 {
    UInt64(try db.first("SELECT changes FROM rights")?[0].integer ?? 0)
  }

  func deviceID(_ name: String) throws(RelayError) -> Int64 {
    guard let id = try db.first("SELECT id FROM device WHERE name = ?", [.text(name)])?[0].integer else {
      throw RelayError(.usage, "there is no device '\(name)'")
    }
    return id
  }

  func enrol(_ request: EnrolRequest, token: String, now: Int64) throws(RelayError) -> EnrolResponse {
    guard request.organisation == .zero || request.organisation == organisation else {
      throw RelayError(.wrongOrganisation, "the file belongs to another organisation")
    }
    let view = try view(of: request.schemaHash, version: request.schemaVersion)
    let found = try db.first(
      "SELECT id, expires, replica FROM device WHERE code = ? AND revoked = 0", [.blob(HubSession.secret(request.code))]
    )
    guard let found, let id = found[0].integer, (found[1].integer ?? 0) > now,
      found[2].isNull || found[2] == .bits(request.replica.bits)
    else { throw RelayError(.codeInvalid, "the code is unknown, used or out of date") }
    try db.execute(
      "UPDATE device SET token = ?, replica = ? WHERE id = ?",
      [.blob(HubSession.secret(token)), .bits(request.replica.bits), .integer(id)])
    let device = try device(id)
    try keepDigests(device.grants, device.role, view)
    return EnrolResponse(
      organisation: organisation, epoch: epoch, device: device.name, token: token, role: device.role,
      grants: device.grants, schemaVersion: schema.version)
  }

  /// What the store keeps of a code or token.
  static func secret(_ text: String) -> [UInt8] { sha256(Array(text.utf8)) }
}
