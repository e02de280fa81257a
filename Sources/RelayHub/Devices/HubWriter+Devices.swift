internal import RelayMerge
public import RelayProtocol

extension HubWriter {
  public func enrol(_ request: EnrolRequest, token: String, now: Int64) throws(RelayError) -> EnrolResponse {
    try session.write { (session) throws(RelayError) in
      try session.enrol(request, token: token, now: now)
    }
  }

  /// - Parameters:
  ///   - code: works once, until `expires` (milliseconds since 1970); only its hash is kept.
  public func addDevice(
    name: String, role: String, grants: [ScopeGrant], code: String, expires: Int64
  ) throws(RelayError) {
    let session = session
    guard name.isPlainLabel else {
      throw RelayError(.usage, "a device's name has 1 to \(Limits.label) bytes and no control characters")
    }
    try session.store.transaction { () throws(RelayError) in
      try session.refresh()
      guard try session.store.devices.device(named: name) == nil else {
        throw RelayError(.usage, "there is a device '\(name)' already")
      }
      let id = try session.store.devices.add(
        name: name, role: role, code: HubSession.secret(code), expires: expires)
      // Nothing was granted before, so that nobody asks when that ended.
      try session.setGrants(id, role: role, grants, now: 0)
    }
  }

  /// For an operator's commands: a name that no row can lie in is a slip of the pen, and would grant nothing in silence.
  ///
  /// - Throws: `usage` naming the first such scope, and what scopes there may be.
  package func checkShape(of grants: [ScopeGrant]) throws(RelayError) {
    let schema = try session.read { (session) throws(RelayError) in session.schema }
    for grant in grants where grant.scope != ScopeGrant.everything && !schema.mayYield(scope: grant.scope) {
      let templates = schema.scopeTemplates
      let some = templates.prefix(10).joined(separator: ", ") + (templates.count > 10 ? ", …" : "")
      throw RelayError(
        .usage, "by the sync schema no row can lie in a scope '\(grant.scope)'",
        advice: "Nothing was changed. The schema has \(some); * is everything. A newer schema comes first.")
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
    try session.write { (session) throws(RelayError) in
      let record = try session.device(named: device)
      guard !record.isRevoked else {
        throw RelayError(
          .usage, "the device '\(device)' was revoked",
          advice: "Nothing was changed. Let it in again with 'device admit' first, or add another device.")
      }
      try session.setGrants(record.id, role: role ?? record.role, grants, now: now)
    }
  }

  /// Turns a device away. What it sent before stays; what it had half sent, or was refused, is dropped.
  public func revoke(device: String) throws(RelayError) {
    let session = session
    try session.store.transaction { () throws(RelayError) in
      try session.store.rights.changed()
      let id = try session.device(named: device).id
      try session.store.devices.revoke(id)
      try session.store.parts.drop(.ofDevice(id, besides: nil))
      try session.dropRefused(of: id)
    }
  }

  /// Lets a revoked device in again, with its credential, its grants and the work that waits in its file.
  ///
  /// - Parameter quarantined: its work is not judged but kept here and in its inbox, until it is admitted without this.
  /// - Throws: `usage` for a device that is not there, or is in already.
  public func admit(device: String, quarantined: Bool) throws(RelayError) {
    let session = session
    try session.store.transaction { () throws(RelayError) in
      try session.store.rights.changed()
      let record = try session.device(named: device)
      guard record.isRevoked || record.isQuarantined != quarantined else {
        throw RelayError(.usage, "the device '\(device)' is in already")
      }
      try session.store.devices.admit(record.id, quarantined: quarantined)
    }
  }

  /// Drops what waited too long: parts without the rest, and the bodies of what was refused long ago.
  ///
  /// - Parameter now: milliseconds since 1970.
  public func tidy(now: Int64) throws(RelayError) {
    let session = session
    try session.store.transaction { () throws(RelayError) in try session.tidy(now: now) }
  }
}
