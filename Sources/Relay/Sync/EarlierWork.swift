internal import RelayMerge
internal import RelayProtocol

/// Own work of before this file became another replica that waits at a put-back hub for what others have to offer. It has no
/// certain name: another copy's work may get it first. So what the file did later does not name it, and goes after it where both
/// touch a row.
struct EarlierWork {
  private let core: ReplicaCore
  /// By the number of the replica that it is of, ascending.
  private var numbers: [(number: Int64, names: DotSet, rows: Set<RowID>)] = []

  /// Nothing for a file that was always one replica.
  ///
  /// - Complexity: O(bytes of what waits).
  init(_ core: ReplicaCore) throws(RelayError) {
    self.core = core
    guard try core.replicas.areSeveral(), !Mutation.isPlanted(.namesUnheard) else { return }
    for key in try core.stores.lost.waiting() {
      if numbers.last?.number != key.number { numbers.append((key.number, DotSet(), [])) }
      numbers[numbers.count - 1].names.insert(try core.replicas.dot(key))
      numbers[numbers.count - 1].rows.formUnion(rows(of: try Transaction(decoding: try core.exchange.bytes(key))))
    }
  }

  /// Does it touch what an own transaction touches? Rows that are taken of a lost history do not wait: what waits does so for them.
  func precedes(_ key: DotKey) throws(RelayError) -> Bool {
    let earlier = numbers.filter { $0.number < key.number }
    guard !earlier.isEmpty, try core.stores.past.of(key) == nil else { return false }
    let own = rows(of: try Transaction(decoding: try core.exchange.bytes(key)))
    return earlier.contains { !$0.rows.isDisjoint(with: own) }
  }

  /// What an own transaction's author had seen, but for what has no certain name.
  func certain(_ seen: DotSet, of key: DotKey) -> DotSet {
    var certain = seen
    for other in numbers where other.number != key.number { certain = certain.subtracting(other.names) }
    guard certain.intervals.count > Limits.intervals else { return certain }
    // More gaps than can be named: nothing of these replicas is.
    let uncertain = Set(numbers.filter { $0.number != key.number }.flatMap { $0.names.intervals.map(\.replica) })
    return DotSet(intervals: seen.intervals.filter { !uncertain.contains($0.replica) }) ?? DotSet()
  }

  /// Those that it changes, and those under which it hangs others.
  private func rows(of transaction: Transaction) -> Set<RowID> {
    var rows = Set(transaction.rows.map(\.row))
    for change in transaction.rows {
      if let parent = core.schema.table(change.row.table)?.namedParent(change) { rows.insert(parent) }
    }
    return rows
  }
}
