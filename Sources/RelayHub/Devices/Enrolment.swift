internal import RelayMerge
internal import RelayProtocol

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
    // A used code gives nothing any more but to the replica that used it, whose answer may have been lost.
    guard let invitation = try store.devices.invitation(HubSession.secret(request.code)), invitation.expires > now,
      invitation.replica == nil || invitation.replica == request.replica
    else { throw RelayError(.codeInvalid, "the code is unknown, used or out of date") }
    try take(request.replica, by: invitation.device)
    try store.devices.enrol(invitation.device, token: HubSession.secret(token), request.replica)
    let device = try device(invitation.device)
    try keepDigests(device.grants, device.role, view)
    return EnrolResponse(
      organisation: organisation, epoch: epoch, device: device.name, token: token, role: device.role,
      grants: device.grants, schemaVersion: schema.version)
  }

  /// A replica is one device's. Only where that was revoked may another one take its file over, with the work in it: the
  /// operator who gave out the code wanted it so.
  private func take(_ replica: ReplicaID, by device: Int64) throws(RelayError) {
    let newest = try store.rights.newest(device)
    guard let owner = try store.rights.replica(replica)?.device else {
      // What came before the enrolment was made under no rights at all.
      return try store.rights.add(ReplicaRecord(device: device, named: 0, known: newest), replica)
    }
    guard owner != device else { return }
    guard try store.devices.device(owner)?.isRevoked == true else {
      throw RelayError(.codeInvalid, "this file belongs to a device that is not revoked; revoke that one first")
    }
    try store.rights.give(replica, to: device, known: newest)
  }
}
