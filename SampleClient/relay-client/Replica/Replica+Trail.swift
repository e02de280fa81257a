internal import Organisation
internal import Relay

extension Replica {
  /// Notes in the committee's trail what is about to be given away; no other device has one.
  func noteExport(_ what: String, at now: Instant) throws(RelayError) {
    let status = try status()
    guard DeviceRights(status).role == "committee" else { return }
    try write { (db) throws(RelayError) in
      let officer = try DeviceNotes.value("officer", in: db) ?? ""
      try Trail.note(.export, what, by: officer, on: status.device, at: now, in: db)
    }
  }
}
