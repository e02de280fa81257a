internal import RelayMerge
internal import RelayProtocol

/// What Relay itself put together shares no fate (rule 10): after a refusal it is sealed anew, apart.
struct Resealing {
  let core: ReplicaCore

  /// How many transactions one refused batch becomes at most; each of them is taken apart again where it is refused.
  private static let mostParts = 1000

  /// Seals a refused transaction anew where that says something else than before: a batch in the parts that hold
  /// together, and what was only refused because it builds on such a batch as it was.
  ///
  /// - Returns: whether what it did lives on in other transactions; else the refusal stands.
  func sealApart(_ verdict: Verdict, _ transaction: Transaction) throws(RelayError) -> Bool {
    guard verdict.refusal != nil, let key = try core.replicas.key(transaction.dot) else { return false }
    let batch = try core.outbox.batch(key)
    if batch == .sealedAnew { return true }
    let isBatch = batch == .yes
    let isInnocent = verdict.refusal?.rule == .dependsOnRefused ? try buildsOnSealedAnew(transaction) : false
    var parts = [transaction.rows]
    if isBatch { parts = try self.parts(of: transaction, refused: verdict.refusal?.row) }
    guard parts.count > 1 || isInnocent else { return false }
    var state = try core.state()
    for change in transaction.rows { try core.outbox.settle(key, on: change.row, .sealedAnew) }
    try core.outbox.sealedAnew(key)
    var later = OwnTransactions()
    var last: Dot?
    for part in parts {
      var changes: [RowChange] = []
      for change in part {
        if let left = try notOverwritten(change, since: transaction, &later) {
          changes.append(rebased(left, transaction, state))
        }
      }
      guard !changes.isEmpty else { continue }
      last = try again(transaction, changes, &state, isBatch: isBatch)
    }
    if let last {
      if let anew = try core.replicas.key(last) { try core.inbox.store.moveAnswers(from: key, to: anew) }
    }
    return true
  }

  /// A batch that was sealed anew is in force after all: the hub that refused it was put back to a time before that. Values,
  /// elements and rows that are written twice are there once; what was counted twice is taken back.
  func takeBack(_ transaction: Transaction, _ changes: [RowChange]) throws(RelayError) {
    var state = try core.state()
    var back: [RowChange] = []
    for var change in changes where !change.operations[0].isInsert {
      change.operations = change.operations.compactMap { operation in
        guard case .increment(let group, let delta) = operation.kind, delta != .min else { return nil }
        return Operation(.increment(group, -delta))
      }
      if !change.operations.isEmpty { back.append(rebased(change, transaction, state)) }
    }
    if !back.isEmpty { _ = try again(transaction, back, &state, isBatch: false) }
  }

  /// The parts that hold together, the one that was refused for itself; ascending.
  private func parts(of transaction: Transaction, refused: RowID?) throws(RelayError) -> [[RowChange]] {
    var items: [Connected.Item] = []
    for change in transaction.rows {
      let table = try core.table(change.row.table)
      items.append(Connected.Item(change: change, before: try core.view.image(change.row, table)?.values))
    }
    var connected = Connected(items, core.schema, uniques: core.attachment.uniques)
    let parts = connected.parts()
    guard parts.count > Self.mostParts else { return parts.map { $0.map { items[$0].change } } }
    let size = (parts.count + Self.mostParts - 1) / Self.mostParts
    let isRefused = { (part: [Int]) in part.contains { items[$0].change.row == refused } }
    let others = parts.filter { !isRefused($0) }
    let pieces = stride(from: 0, to: others.count, by: size).map { start in
      others[start..<min(start + size, others.count)].flatMap { $0 }.sorted()
    }
    return (pieces + parts.filter(isRefused)).map { $0.map { items[$0].change } }
  }

  /// Does a transaction lack something that was refused with a batch and is sealed anew?
  private func buildsOnSealedAnew(_ transaction: Transaction) throws(RelayError) -> Bool {
    for (row, dot) in try core.refused.lacked(transaction) {
      guard let key = try core.replicas.key(dot) else { continue }
      if try core.outbox.touches(row).contains(where: { $0.key == key && $0.fate == .sealedAnew }) { return true }
    }
    return false
  }

  /// What of a change later work of this replica has not put something else in the place of.
  private func notOverwritten(
    _ change: RowChange, since transaction: Transaction, _ own: inout OwnTransactions
  ) throws(RelayError) -> RowChange? {
    guard !change.operations[0].isInsert, change.operations[0].kind != .delete,
      let key = try core.replicas.key(transaction.dot)
    else { return change }
    var left = change
    for later in try core.outbox.touches(change.row) where later.key > key && !later.isRefused {
      guard let newer = try own.own(later.key, core.stores)?.changes[change.row] else { continue }
      if newer.operations[0].kind == .delete { return nil }
      left.operations.removeAll { old in
        switch old.kind {
        case .set: newer.operations.contains { $0.group == old.group }
        case .add, .remove: newer.operations.contains { $0.group == old.group && $0.element == old.element }
        default: false
        }
      }
    }
    return left.operations.isEmpty ? nil : left
  }

  /// The author knew what they knew then: bases stay, and what the old header said of the parent is said by the row.
  private func rebased(_ change: RowChange, _ transaction: Transaction, _ state: ReplicaState) -> RowChange {
    var change = change
    if core.schema.table(change.row.table)?.namedParent(change) != nil {
      let known = change.parentBase ?? transaction.base
      change.parentBase = known < state.base ? known : nil
    }
    return change
  }

  private func again(
    _ transaction: Transaction, _ changes: [RowChange], _ state: inout ReplicaState, isBatch: Bool
  ) throws(RelayError) -> Dot {
    // The refused transaction too: a hub that is put back may accept it after all, and then it counts once.
    let seen = transaction.seen.union(try core.outbox.pendingDots())
    // Rows of a lost history were taken with what had been seen of it.
    let past = try core.replicas.key(transaction.dot).flatMap(core.stores.past.of)
    let base = past?.base ?? state.base
    var sealing = Sealing(headerBase: base)
    for var change in changes {
      if past != nil { change.base = base }
      sealing.append(change, core.schema)
    }
    let anew = Transaction(
      dot: Dot(state.replica, state.counter + 1), previous: state.hash, time: transaction.time,
      epoch: past?.epoch ?? state.epoch, base: base, seen: seen, schemaVersion: sealing.needs, role: transaction.role,
      mode: transaction.mode, author: transaction.author, rows: [])
    let dot = try core.sealer.append(anew, sealing, &state, isBatch: isBatch)
    if let past { try core.stores.past.add(state.key, past) }
    return dot
  }
}
