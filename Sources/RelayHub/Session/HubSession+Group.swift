internal import RelayMerge
internal import RelayProtocol

/// What a group of pushes has changed in memory until it is committed, so that nothing is written once a transaction that
/// once a group is enough for. A value: a push that fails puts back what stood before it.
struct GroupState {
  var head: UInt64
  /// The log's hash after it.
  var log: Hash128
  var digests = DigestBook()
}

/// What a group of pushes has read of the store, so that it is read once; all of it is in the store as well. After a push
/// that failed it is read anew.
struct GroupMemory {
  /// The greatest number that a row has; nil before somebody asked.
  var newestRow: Int64?
  /// The numbers of scopes' names.
  var scopes: [String: Int64] = [:]
  /// Of the request that is being judged.
  var authorities: [ReplicaID: Authority] = [:]
  /// Rights and replicas as they are: whoever changes them waits for the group's lock.
  var devices: [Int64: HubDevice] = [:]
  var replicas: [ReplicaID: ReplicaRecord] = [:]
  /// Devices of which nothing was ever refused.
  var clean: Set<Int64> = []
}

extension HubSession {
  /// Runs a group's body between reading its state and writing what it gathered. Call it inside the group's transaction.
  func inGroup<T>(_ body: () throws(RelayError) -> T) throws(RelayError) -> T {
    let head = try head()
    group = GroupState(head: head, log: try logHash(head) ?? .zero)
    memory = GroupMemory()
    defer { (group, memory) = (nil, nil) }
    let result = try body()
    try writeDigests()
    return result
  }

  /// Something that leaves nothing behind where it fails, neither in the store nor in memory.
  func attempt<T>(_ body: () throws(RelayError) -> T) throws(RelayError) -> T {
    let before = group
    do throws(RelayError) {
      return try store.savepoint(body)
    } catch {
      group = before
      if memory != nil { memory = GroupMemory() }
      throw error
    }
  }

  /// Whose a replica is, and how far its chain has come here; nil for one that the hub has not seen.
  func replica(_ id: ReplicaID) throws(RelayError) -> ReplicaRecord? {
    if let known = memory?.replicas[id] { return known }
    let record = try store.rights.replica(id)
    memory?.replicas[id] = record
    return record
  }

  /// Was anything of this device ever refused?
  func hasMarks(_ device: Int64) throws(RelayError) -> Bool {
    if memory?.clean.contains(device) == true { return false }
    guard try !store.log.hasMarks(device) else { return true }
    memory?.clean.insert(device)
    return false
  }

  /// A number for a row that is new.
  func nextRow() throws(RelayError) -> Int64 {
    var newest = memory?.newestRow
    if newest == nil { newest = try store.rows.newestID() }
    let next = (newest ?? 0) + 1
    memory?.newestRow = next
    return next
  }
}

/// The digests that a group's commits changed, each as it is now.
struct DigestBook {
  /// By scope; of those that were looked at, also where none is kept.
  var places: [String: Int] = [:]
  var scopes: [String] = []
  var lists: [[KeptDigest]] = []
}
