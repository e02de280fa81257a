internal import RelayMerge
internal import RelayProtocol

/// What a group of pushes has changed in memory until it is committed, so that nothing is written once a transaction that
/// once a group is enough for. A value: a push that fails puts back what stood before it.
struct GroupState {
  var head: UInt64
  /// The log's hash after it.
  var log: Hash128
  var digests = DigestBook()
  /// How far replicas' chains have come with it.
  var heads: [ReplicaID: Head] = [:]

  struct Head {
    var count: UInt64
    var last: Hash128
  }
}

extension ReplicaRecord {
  mutating func stand(at head: GroupState.Head) { (count, last) = (head.count, head.last) }
}

/// How what a failed push has written is undone.
enum Undo {
  /// With everything that its group wrote: the group is judged again, `each` by itself. Nearly no push fails once something
  /// of it is written, so that a savepoint for each would be for nothing.
  case whole
  case each
}

/// What a group of pushes has read of the store, so that it is read once; all of it is in the store as well. After a push
/// that failed it is read anew.
struct GroupMemory {
  /// The greatest number that a row has; nil before somebody asked.
  var newestRow: Int64?
  /// The numbers of scopes' names.
  var scopes: [String: Int64] = [:]
  /// What replicas may do, of those that have heard of their device's rights as they are.
  var authorities: [ReplicaID: Authority] = [:]
  /// Rights and replicas as they are: whoever changes them waits for the group's lock.
  var devices: [Int64: HubDevice] = [:]
  var replicas: [ReplicaID: ReplicaRecord] = [:]
  /// What copies of replicas have been found to have done.
  var forks: [ReplicaID: [Fork]] = [:]
  /// Rows that were looked up before the first push was judged, as they were then; nil where there was none.
  var ahead: [RowBytes?] = []
  /// Those that were written since and that a transaction behind may ask for.
  var written: [RowID: RowBytes] = [:]
  /// Those that more than one transaction writes.
  var shared: Set<RowID> = []
  /// Devices of which nothing was ever refused.
  var clean: Set<Int64> = []
  /// Does any chain have a gap? nil before somebody asked.
  var hasGaps: Bool?

  /// More of them are not kept from one group to the next.
  private static let most = 10_000

  var isLarge: Bool { [scopes.count, devices.count, replicas.count, forks.count].contains { $0 > Self.most } }
}

/// What the last group read, for the next one: good until the first write that is not a group's own, be it somebody
/// else's or this connection's.
struct KeptMemory {
  var memory: GroupMemory
  /// Who had written what when the group ended.
  var own: UInt64
  var others: Int64
}

extension HubSession {
  /// Runs a group's body between reading its state and writing what it gathered. Call it inside the group's transaction.
  func inGroup<T>(_ body: () throws(RelayError) -> T) throws(RelayError) -> T {
    let others = try store.othersVersion()
    memory = recalled(others)
    kept = nil
    let head = try head()
    group = GroupState(head: head, log: try logHash(head) ?? .zero)
    defer { (group, memory) = (nil, nil) }
    let result = try body()
    try writeHeads()
    try writeDigests()
    if let others, var memory, !memory.isLarge {
      (memory.ahead, memory.written, memory.shared) = ([], [:], [])
      kept = KeptMemory(memory: memory, own: store.writes, others: others)
    }
    return result
  }

  private func recalled(_ others: Int64?) -> GroupMemory {
    guard let kept, kept.own == store.writes, kept.others == others else { return GroupMemory() }
    return kept.memory
  }

  /// Something that leaves nothing behind where it fails, neither in the store nor in memory; or else has `mustUndo` say
  /// that the group must not be committed.
  func attempt<T>(_ body: () throws(RelayError) -> T) throws(RelayError) -> T {
    guard undo == .each else {
      let written = store.writes
      do throws(RelayError) {
        return try body()
      } catch {
        if store.writes != written || !store.isInTransaction { mustUndo = true }
        throw error
      }
    }
    let before = group
    do throws(RelayError) {
      return try store.savepoint(body)
    } catch {
      group = before
      memory = GroupMemory()
      throw error
    }
  }

  /// Whose a replica is, and how far its chain has come here; nil for one that the hub has not seen.
  func replica(_ id: ReplicaID) throws(RelayError) -> ReplicaRecord? {
    if let known = memory?.replicas[id] { return known }
    var record = try store.rights.replica(id)
    if let head = group?.heads[id] { record?.stand(at: head) }
    memory?.replicas[id] = record
    return record
  }

  /// The work of copies of what a replica sealed, ascending by their first transaction.
  func forks(of sealed: ReplicaID) throws(RelayError) -> [Fork] {
    if let known = memory?.forks[sealed] { return known }
    let forks = try store.healing.forks(of: sealed)
    memory?.forks[sealed] = forks
    return forks
  }

  func add(_ fork: Fork) throws(RelayError) {
    try store.healing.add(fork)
    memory?.forks[fork.sealed] = nil
  }

  /// Writes how far chains have come, once a replica and not once a transaction.
  private func writeHeads() throws(RelayError) {
    for id in (group?.heads ?? [:]).keys.sorted() {
      if let record = try replica(id) { try store.log.advance(id, to: record) }
    }
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
  /// That of the scope that every row is in.
  var everything: Int?
  var scopes: [String] = []
  var lists: [[KeptDigest]] = []
}
