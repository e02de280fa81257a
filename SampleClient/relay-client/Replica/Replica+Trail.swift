internal import Organisation
internal import Relay

extension ReplicaPlace {
  /// Notes in the committee's trail what is about to be given away; no other device has one.
  func noteExport(_ what: String, at now: Instant) throws(RelayError) {
    let replica = try open()
    let status = try replica.status()
    guard DeviceRights(status).role == "committee" else { return }
    try replica.write { (db) throws(RelayError) in
      let officer = try DeviceNotes.value("officer", in: db) ?? ""
      try Trail.note(.export, what, by: officer, on: status.device, at: now, in: db)
    }
  }
}
