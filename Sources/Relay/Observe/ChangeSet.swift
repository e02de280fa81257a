/// What a step has changed that somebody may observe: synced tables, by id, and the inbox. Steps add to the set that they
/// are given; who asked for them tells the observers.
struct ChangeSet: Sendable, Equatable {
  var tables: Set<UInt32> = []
  var inbox = false

  var isEmpty: Bool { tables.isEmpty && !inbox }

  mutating func formUnion(_ other: ChangeSet) {
    tables.formUnion(other.tables)
    inbox = inbox || other.inbox
  }
}

/// What one transaction of this replica has changed until now. The rooms that write add to it; `ReplicaCore.changing` begins
/// it and gives it out.
final class Changes {
  /// Rows that Relay itself wrote, and the inbox.
  var written = ChangeSet()
  /// What an app or a foreign writer had written and was sealed.
  var captured = ChangeSet()

  /// How things stood after the newest seal.
  var sealed: CommitFooting?
  /// What it leaves for the next commit to go on from: set by who seals and changes nothing after that.
  var left: CommitFooting?

  func begin() { (written, captured, sealed, left) = (ChangeSet(), ChangeSet(), nil, nil) }

  /// What was done until now is this device's own doing, whatever follows.
  func countAsOwn() {
    captured.formUnion(written)
    written = ChangeSet()
  }
}
