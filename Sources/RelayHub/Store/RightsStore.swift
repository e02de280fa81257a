internal import RelayProtocol

/// The record of what devices were granted, and of what their replicas showed to know (rule 17).
protocol RightsStore {
  /// How often something changed that may concern a device that waits: grants, roles, revocations, a newer schema.
  func changes() throws(RelayError) -> UInt64
  /// Counts one change more.
  func changed() throws(RelayError)

  /// The number of a device's newest change of rights; 0 before the first.
  func newest(_ device: Int64) throws(RelayError) -> Int64
  func change(_ device: Int64, _ number: Int64) throws(RelayError) -> RightsChange?
  /// The first change after `number` that came no earlier than `time`, in milliseconds since 1970.
  func firstChange(_ device: Int64, after number: Int64, notBefore time: Int64) throws(RelayError) -> Int64?
  /// Roles that the device had from a change on.
  func roles(_ device: Int64, since number: Int64) throws(RelayError) -> [String]
  /// Scopes that it had at some time from a change on, each with the seq since which without a break.
  func spans(_ device: Int64, since number: Int64) throws(RelayError) -> [GrantSpan]
  /// Puts down a change: the role, and which scopes may be read and written from now on.
  func add(_ change: RightsChange, writable: [String], to device: Int64) throws(RelayError)

  func replica(_ id: ReplicaID) throws(RelayError) -> ReplicaRecord?
  /// What a device has shown to know by any of its replicas.
  func known(by device: Int64) throws(RelayError) -> (named: UInt64, known: Int64)
  func add(_ replica: ReplicaRecord, _ id: ReplicaID) throws(RelayError)
  func set(named: UInt64, known: Int64, of id: ReplicaID, _ device: Int64) throws(RelayError)
  /// Gives a replica to another device.
  func give(_ id: ReplicaID, to device: Int64, known: Int64) throws(RelayError)
}

struct GrantSpan {
  var scope: String
  var isWritable: Bool
  /// Of the change that began it.
  var seq: UInt64
}

/// Whose a replica is, how far its chain has come here, and what it showed to know.
struct ReplicaRecord {
  var device: Int64
  var count: UInt64 = 0
  var last = Hash128.zero
  /// The greatest base, and the newest change of rights, that it showed to know.
  var named: UInt64
  var known: Int64
}
