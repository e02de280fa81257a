internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

extension HubSession {
  /// A device's rights as they are now.
  ///
  /// - Throws: `unauthorized` for an unknown device, `revoked`.
  func device(_ id: Int64) throws(RelayError) -> HubDevice {
    let found = try db.first("SELECT name, role, revoked, quarantined FROM device WHERE id = ?", [.integer(id)])
    guard let values = found else {
      throw RelayError(.unauthorized, "the hub does not know this device")
    }
    let name = values[0].text ?? ""
    guard values[2].integer == 0 else { throw RelayError(.revoked, "the device '\(name)' was revoked") }
    return HubDevice(
      id: id, name: name, role: values[1].text ?? "", grants: try grants(id),
      isQuarantined: values[3].integer != 0)
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

  /// - Parameter now: milliseconds since 1970.
  func setGrants(_ device: Int64, role: String, _ grants: [ScopeGrant], now: Int64) throws(RelayError) {
    guard schema.roles.contains(role) else { throw RelayError(.usage, "the sync schema has no role '\(role)'") }
    guard grants.count <= Limits.scopes else {
      throw RelayError(.usage, "a device has at most \(Limits.scopes) scopes")
    }
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
    try recordRights(device, role: role, try self.grants(device), now: now)
    var versions = Set(
      try db.query("SELECT DISTINCT version FROM digest") { (row) throws(RelayError) in try row.seq(0) })
    versions.insert(schema.newest)
    for version in versions.sorted() { try keepDigests(grants, role, try view(version)) }
  }

  /// Call it in the transaction that changes what devices may do or see.
  func rightsChanged() throws(RelayError) { try db.execute("UPDATE rights SET changes = changes + 1") }

  /// How often something changed that may concern a device that waits.
  func rights() throws(RelayError) -> UInt64 {
    try Count.seq(try db.first("SELECT changes FROM rights")?[0])
  }

  func deviceID(_ name: String) throws(RelayError) -> Int64 {
    guard let id = try db.first("SELECT id FROM device WHERE name = ?", [.text(name)])?[0].integer else {
      throw RelayError(.usage, "there is no device '\(name)'")
    }
    return id
  }

  /// What the store keeps of a code or token.
  static func secret(_ text: String) -> [UInt8] { sha256(Array(text.utf8)) }
}
