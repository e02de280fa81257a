internal import RelayMerge
public import RelayProtocol
internal import RelaySQLite

extension HubWriter {
  public func enrol(_ request: EnrolRequest, token: String, now: Int64) throws(RelayError) -> EnrolResponse {
    let store = store
    return try store.db.transaction { () throws(RelayError) in
      try store.refresh()
      return try store.enrol(request, token: token, now: now)
    }
  }

  /// - Parameters:
  ///   - code: works once, until `expires` (milliseconds since 1970); only its hash is kept.
  public func addDevice(
    name: String, role: String, grants: [ScopeGrant], code: String, expires: Int64
  ) throws(RelayError) {
    let store = store
    guard name.isPlainLabel else {
      throw RelayError(.usage, "a device's name has 1 to \(Limits.label) bytes and no control characters")
    }
    try store.db.transaction { () throws(RelayError) in
      try store.refresh()
      guard try store.db.first("SELECT 1 FROM device WHERE name = ?", [.text(name)]) == nil else {
        throw RelayError(.usage, "there is a device '\(name)' already")
      }
      try store.db.execute(
        "INSERT INTO device(name, role, code, expires) VALUES (?, ?, ?, ?)",
        [.text(name), .text(role), .blob(HubSession.secret(code)), .integer(expires)])
      // Nothing was granted before, so that nobody asks when that ended.
      try store.setGrants(try store.deviceID(name), role: role, grants, now: 0)
    }
  }

  /// Replaces what a device may do. What it wrote before it hears of that is judged by its rights of then, within the
  /// grace.
  ///
  /// - Parameters:
  ///   - role: nil leaves it as it is.
  ///   - now: milliseconds since 1970.
  /// - Throws: `usage` for a device that is not there or was revoked.
  public func grant(device: String, role: String?, grants: [ScopeGrant], now: Int64) throws(RelayError) {
    let store = store
    try store.db.transaction { () throws(RelayError) in
      try store.refresh()
      let id = try store.deviceID(device)
      let found = try store.db.first("SELECT role, revoked FROM device WHERE id = ?", [.integer(id)])
      guard found?[1].integer == 0 else {
        throw RelayError(
          .usage, "the device '\(device)' was revoked",
          advice: "Nothing was changed. Let it in again with 'device admit' first, or add another device.")
      }
      try store.setGrants(id, role: role ?? found?[0].text ?? "", grants, now: now)
    }
  }

  /// Turns a device away. What it sent before stays; what it had half sent, or was refused, is dropped.
  public func revoke(device: String) throws(RelayError) {
    let store = store
    try store.db.transaction { () throws(RelayError) in
      try store.rightsChanged()
      let id = try store.deviceID(device)
      try store.db.execute("UPDATE device SET revoked = 1, code = NULL WHERE id = ?", [.integer(id)])
      try store.dropParts(of: id)
      try store.dropRefused(of: id)
    }
  }

  /// Lets a revoked device in again, with its credential, its grants and the work that waits in its file.
  ///
  /// - Parameter quarantined: its work is not judged but kept here and in its inbox, until it is admitted without this.
  /// - Throws: `usage` for a device that is not there, or is in already.
  public func admit(device: String, quarantined: Bool) throws(RelayError) {
    let store = store
    try store.db.transaction { () throws(RelayError) in
      try store.rightsChanged()
      let id = try store.deviceID(device)
      let found = try store.db.first("SELECT revoked, quarantined FROM device WHERE id = ?", [.integer(id)])
      guard found?[0].integer != 0 || found?[1].integer != (quarantined ? 1 : 0) else {
        throw RelayError(.usage, "the device '\(device)' is in already")
      }
      try store.db.execute(
        "UPDATE device SET revoked = 0, quarantined = ? WHERE id = ?", [.integer(quarantined ? 1 : 0), .integer(id)])
    }
  }

  /// Drops what waited too long: parts without the rest, and the bodies of what was refused long ago.
  ///
  /// - Parameter now: milliseconds since 1970.
  public func tidy(now: Int64) throws(RelayError) {
    let store = store
    try store.db.transaction { () throws(RelayError) in try store.tidy(now: now) }
  }
}
