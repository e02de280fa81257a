internal import RelayMerge
internal import RelayProtocol

/// The record of what devices were granted, and of what their replicas showed to know (rule 17).
extension HubSession {
  /// Puts down that the rights of a device are others from now on.
  ///
  /// - Parameters:
  ///   - grants: ascending by scope.
  ///   - now: milliseconds since 1970.
  func recordRights(_ device: Int64, role: String, _ grants: [ScopeGrant], now: Int64) throws(RelayError) {
    let change = RightsChange(
      number: try store.rights.newest(device) + 1, seq: try head(), time: now, role: role,
      readable: grants.filter(\.readable).map(\.scope))
    try store.rights.add(change, writable: grants.filter(\.writable).map(\.scope), to: device)
  }

  /// What a replica of the device may do in a push that is judged at `now`.
  func authority(_ device: HubDevice, _ replica: ReplicaID, now: Int64) throws(RelayError) -> Authority {
    if let known = memory?.authorities[replica] { return known }
    let standing = try standing(of: replica, device.id)
    let newest = try store.rights.newest(device.id)
    guard standing.known < newest else {
      let authority = try authority(device, standing.named, since: newest)
      // It does not depend on the time, and changes with the replica's record or the rights.
      if try self.replica(replica) != nil { memory?.authorities[replica] = authority }
      return authority
    }
    // Rights that ended within the grace, and after the replica last stood in step, count as if they were there.
    let first = try store.rights.firstChange(
      device.id, after: standing.known, notBefore: now.subtractingSaturating(grace))
    var low = newest
    if let first, !Mutation.isPlanted(.rightsNow) { low = min(low, first - 1) }
    return try authority(device, standing.named, since: low)
  }

  private func authority(_ device: HubDevice, _ named: UInt64, since low: Int64) throws(RelayError) -> Authority {
    var writable: [String: UInt64] = [:]
    var readable: Set<String> = []
    for span in try store.rights.spans(device.id, since: low) {
      if span.isWritable {
        writable[span.scope] = min(span.seq, writable[span.scope] ?? span.seq)
      } else {
        readable.insert(span.scope)
      }
    }
    return Authority(
      device, roles: Set(try store.rights.roles(device.id, since: low)).union([device.role]), writable: writable,
      readable: readable, named: named)
  }

  /// What a replica has shown to know: a base, and a change of its device's rights.
  ///
  /// A replica id that the hub does not know begins with what the device has shown by others: a new name makes no new
  /// past.
  private func standing(of replica: ReplicaID, _ device: Int64) throws(RelayError) -> (named: UInt64, known: Int64) {
    if let record = try self.replica(replica) { return (record.named, record.known) }
    return try store.rights.known(by: device)
  }

  /// Remembers what a request with a pull shows its replica to know. A push alone says nothing: what it brings may have
  /// been written before its device's last pull was installed.
  func remember(_ request: SyncRequest, _ device: HubDevice) throws(RelayError) {
    guard let (named, known) = try news(in: request, device) else { return }
    try bind(request.replica, to: device.id)
    try store.rights.set(named: named, known: known, of: request.replica, device.id)
    memory?.replicas[request.replica] = nil
    memory?.authorities[request.replica] = nil
  }

  /// What `remember` would write; nil where the hub knows it already.
  private func news(
    in request: SyncRequest, _ device: HubDevice
  ) throws(RelayError) -> (named: UInt64, known: Int64)? {
    guard request.pull != nil else { return nil }
    guard try replica(request.replica)?.device ?? device.id == device.id else { return nil }
    var standing = try standing(of: request.replica, device.id)
    let newest = try store.rights.newest(device.id)
    var isNews = try replica(request.replica) == nil
    if newest > standing.known, let change = try store.rights.change(device.id, newest),
      change.isKnown(to: request, before: try store.rights.change(device.id, newest - 1))
    {
      (standing.known, isNews) = (newest, true)
    }
    if request.base > standing.named { (standing.named, isNews) = (request.base, true) }
    return isNews ? standing : nil
  }

  /// Is there anything in a request without a push that the hub must remember? Only where its replica id is new, some row has
  /// left the device since the base that the hub knows of, or its rights have changed.
  func mustRemember(_ request: SyncRequest, _ device: HubDevice) throws(RelayError) -> Bool {
    guard let news = try news(in: request, device) else { return false }
    let known = try standing(of: request.replica, device.id)
    guard news.known == known.known, try replica(request.replica) != nil else { return true }
    for grant in device.grants where grant.writable {
      if try store.feed.exitCount(grant.scope, after: known.named, upTo: 1) > 0 { return true }
    }
    return false
  }

  /// Makes a replica a device's, if it is nobody's yet.
  func bind(_ replica: ReplicaID, to device: Int64) throws(RelayError) {
    let standing = try standing(of: replica, device)
    try store.rights.add(ReplicaRecord(device: device, named: standing.named, known: standing.known), replica)
  }
}
