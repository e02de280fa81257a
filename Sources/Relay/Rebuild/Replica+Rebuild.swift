internal import RelayMerge
public import RelayProtocol
internal import RelaySQLite

extension Replica {
  /// Says what of a file is damaged, and changes nothing.
  ///
  /// - Parameter path: of a replica's file, damaged or not.
  /// - Throws: `schema_invalid`, `file_missing`, `not_a_database`.
  /// - Complexity: O(the file).
  public static func examine(_ path: String, schema: [UInt8], vfs: String? = nil) throws(RelayError) -> Rebuilt {
    let salvage = try Salvage.read(path, try SyncSchema(json: schema), vfs: vfs).salvage
    return Rebuilt(
      damage: salvage.damage, unsent: salvage.work.count { $0.isUnsent }, lost: salvage.lost,
      unsealed: salvage.unsealed, refused: salvage.work.count { $0.kind == .refused },
      isEnrolled: salvage.identity != nil)
  }

  /// Takes over into this replica, which must be new and empty, what a damaged file still has: who it is, its unsent and its
  /// refused work, and the rows of the app's other tables. Rows that sync come from the hub with the next sync.
  ///
  /// What is not as it was sealed is not taken, and named. The work that is taken goes out under the names that it has, each
  /// once, however much of it the hub had already; this file is another replica from now on (rule 26). The damaged file is
  /// only read.
  ///
  /// - Throws: `usage` where this replica has been enrolled or has work of its own.
  /// - Complexity: O(the file).
  public func rebuild(from damaged: String) throws(RelayError) -> Rebuilt {
    let (salvage, source) = try Salvage.read(damaged, schema, vfs: environment.vfs)
    return try changing { (core) throws(RelayError) in
      let state = try core.state()
      guard state.organisation == .zero, state.counter == 0, state.base == 0 else {
        throw RelayError(
          .usage, "\(core.db.path): not a new file",
          advice: "Nothing was changed. Rebuild into a file that is not there yet.")
      }
      var rebuilt = Rebuilt(damage: salvage.damage, lost: salvage.lost, unsealed: salvage.unsealed)
      try Rebuild(core: core, salvage: salvage).run(&rebuilt)
      if let source { rebuilt.otherRows = try OtherTables(core: core, source: source).copy(&rebuilt.damage) }
      return rebuilt
    }
  }
}

extension Salvage {
  /// - Returns: the connection too, where the file can be opened.
  fileprivate static func read(
    _ path: String, _ schema: SyncSchema, vfs: String?
  ) throws(RelayError) -> (salvage: Salvage, source: Database?) {
    do throws(RelayError) {
      let db = try Database(path: path, mode: .readOnly, vfs: vfs)
      return (Salvage(db, schema), db)
    } catch {
      // What is no database at all is perhaps another file than was meant.
      guard error.code == .corrupt else { throw error }
      return (Salvage(error), nil)
    }
  }
}

extension Salvage.Work {
  var isUnsent: Bool { kind == .unsent || kind == .lost }
}

/// Writes what was believed of a damaged file into an empty one.
struct Rebuild {
  let core: ReplicaCore
  let salvage: Salvage

  /// Work of a history that had ended before is judged by bases that count for nothing: somebody is asked too often rather
  /// than too seldom.
  private func limit(_ one: Salvage.Work) -> UInt64 {
    guard let epoch = salvage.identity?.state.epoch, epoch == one.transaction.epoch else { return 0 }
    return Limits.sequence
  }

  func run(_ rebuilt: inout Rebuilt) throws(RelayError) {
    let numbers = try addReplicas()
    let store = RebuildStore(db: core.db)
    var known: Set<Dot> = []
    for one in salvage.work {
      guard let number = numbers[one.transaction.dot.replica], known.insert(one.transaction.dot).inserted else {
        continue
      }
      let key = DotKey(number: number, counter: one.transaction.dot.counter)
      switch one.kind {
      case .unsent, .lost:
        try store.offer(key, one.piece)
        if limit(one) == 0 { try store.breakChain(upTo: key, bases: 0) }
        rebuilt.unsent += 1
      case .refused:
        try store.keepRefused(key, one.piece)
        try tell(one, key)
        rebuilt.refused += 1
      case .accepted: try store.keepAccepted(key, one.piece)
      }
    }
    try takeIdentity(numbers, &rebuilt)
  }

  /// Every replica in whose name there is work, in the order of its oldest work.
  private func addReplicas() throws(RelayError) -> [ReplicaID: Int64] {
    var replicas: [ReplicaID] = []
    let inOrder = salvage.work.sorted {
      ($0.transaction.time, $0.transaction.dot) < ($1.transaction.time, $1.transaction.dot)
    }
    for one in inOrder where !replicas.contains(one.transaction.dot.replica) {
      replicas.append(one.transaction.dot.replica)
    }
    if let own = salvage.identity?.state.replica, !replicas.contains(own),
      !salvage.names.contains(where: { $0.id == own })
    {
      replicas.append(own)
    }
    var numbers: [ReplicaID: Int64] = [:]
    for replica in replicas {
      let number = try core.replicas.add(replica)
      numbers[replica] = number
      for name in salvage.names where name.sealed == replica {
        try core.replicas.rename(from: DotKey(number: number, counter: name.first), name.id)
      }
    }
    return numbers
  }

  private func tell(_ one: Salvage.Work, _ key: DotKey) throws(RelayError) {
    let parts = (one.piece.refusal ?? "").split(separator: ":", maxSplits: 1).map(String.init)
    guard let rule = parts.first.flatMap({ RefusalRule(rawValue: $0) }) else { return }
    var transaction = one.transaction
    transaction.dot = try core.replicas.dot(key)
    var verdict = Verdict(
      dot: transaction.dot, seq: UInt64(max(0, one.piece.seq)),
      effective: HybridTime(bits: UInt64(bitPattern: one.piece.effective)))
    verdict.refusal = Refusal(
      rule: rule, row: transaction.rows.first?.row, message: parts.count > 1 ? String(parts[1].drop { $0 == " " }) : "")
    try core.tell(verdict, transaction)
  }

  /// The file is the same device, and a replica that nobody has been; its base is 0, so that everything comes.
  private func takeIdentity(_ numbers: [ReplicaID: Int64], _ rebuilt: inout Rebuilt) throws(RelayError) {
    try core.becomeAnother()
    var state = try core.state()
    if let last = numbers.values.max() {
      // What cannot be sent any more leaves a gap that nothing behind it waits for.
      try RebuildStore(db: core.db).breakChain(
        upTo: DotKey(number: last, counter: Limits.sequence), bases: Limits.sequence)
    }
    guard let identity = salvage.identity else { return try core.save(state) }
    let was = identity.state
    (state.organisation, state.epoch, state.device, state.author) = (
      was.organisation, was.epoch, was.device, was.author
    )
    (state.time, state.accepted) = (max(state.time, was.time), was.accepted)
    try core.save(state)
    if let link = identity.link {
      try core.stores.state.link(to: link.hub, link.token)
      rebuilt.isEnrolled = true
    }
  }
}
