internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

extension HubSession {
  /// Exchanges a code for a credential, and makes the replica that brings it the device's.
  ///
  /// - Parameter now: milliseconds since 1970.
  /// - Throws: `code_invalid` for a code that is unknown, out of date or used by another replica, and for a replica of
  ///   another device that was not revoked; `wrong_organisation`, `schema_mismatch`, `schema_too_old`.
  func enrol(_ request: EnrolRequest, token: String, now: Int64) throws(RelayError) -> EnrolResponse {
    guard request.organisation == .zero || request.organisation == organisation else {
      throw RelayError(.wrongOrganisation, "the file belongs to another organisation")
    }
    let view = try view(of: request.schemaHash, version: request.schemaVersion)
    let found = try db.first(
      "SELECT id, expires, replica FROM device WHERE code = ? AND revoked = 0", [.blob(HubSession.secret(request.code))]
    )
    // A used code gives nothing any more but to the replica that used it, whose answer may have been lost.
    guard let found, let id = found[0].integer, (found[1].integer ?? 0) > now,
      found[2].isNull || found[2] == .bits(request.replica.bits)
    else { throw RelayError(.codeInvalid, "the code is unknown, used or out of date") }
    try take(request.replica, by: id)
    try db.execute(
      "UPDATE device SET token = ?, replica = ? WHERE id = ?",
      [.blob(HubSession.secret(token)), .bits(request.replica.bits), .integer(id)])
    let device = try device(id)
    try keepDigests(device.grants, device.role, view)
    return EnrolResponse(
      organisation: organisation, epoch: epoch, device: device.name, token: token, role: device.role,
      grants: device.grants, schemaVersion: schema.version)
  }

  /// A replica is one device's. Only where that was revoked may another one take its file over, with the work in it: the
  /// operator who gave out the code wanted it so.
  private func take(_ replica: ReplicaID, by device: Int64) throws(RelayError) {
    let owner = try db.first(
      "SELECT r.device, d.revoked FROM replica r JOIN device d ON d.id = r.device WHERE r.id = ?",
      [.bits(replica.bits)])
    let newest = try newestChange(device)
    guard let owner else {
      // What came before the enrolment was made under no rights at all.
      try db.execute(
        "INSERT INTO replica(id, device, n, hash, named, known) VALUES (?, ?, 0, ?, 0, ?)",
        [.bits(replica.bits), .integer(device), .blob(Hash128.zero.bytes), .integer(newest)])
      return
    }
    guard owner[0] != .integer(device) else { return }
    guard owner[1].integer != 0 else {
      throw RelayError(.codeInvalid, "this file belongs to a device that is not revoked; revoke that one first")
    }
    try db.execute(
      "UPDATE replica SET device = ?, known = ? WHERE id = ?",
      [.integer(device), .integer(newest), .bits(replica.bits)])
  }
}
