internal import Organisation
internal import Relay

extension ReplicaPlace {
  /// Opens the replica for the commands that know the organisation's tables.
  ///
  /// - Throws: `role_forbids` where the device's lease is over.
  func organisation(environment: Environment = .system) throws(RelayError) -> Replica {
    let replica = try open(environment: environment)
    try Self.check(replica)
    let (status, now) = (try replica.status(), Instant(milliseconds: environment.now()))
    try replica.read { (db) throws(RelayError) in
      let policy = try Policy(in: db)
      try Lease(status, policy).check(now: now, policy.zone)
    }
    return replica
  }

  /// The same, on a file that need not be there yet.
  func newOrganisation() throws(RelayError) -> Replica {
    let replica = try openOrCreate()
    try Self.check(replica)
    return replica
  }

  private static func check(_ replica: Replica) throws(RelayError) {
    guard try SyncSchema(json: Organisation.schema).name == replica.schema.name else {
      throw RelayError(
        .usage, "this command knows the organisation's tables, and \(replica.path) syncs '\(replica.schema.name)'",
        advice: "Nothing was changed. enroll, sync, status and inbox work on any file.")
    }
  }
}
