/// A group of columns that merge as one unit, named by the smallest column id in it. Group 0 is the row's existence.
public typealias GroupID = UInt32

/// What one operation does to one cell, or to a whole row.
public enum OperationKind: Hashable, Sendable {
  /// The row's every group that its author may read, in ascending order. A set group lists its elements, a counter
  /// gives its increment from the default.
  case insert([GroupValues])
  case set(GroupID, [Value])
  case increment(GroupID, Int64)
  case add(GroupID, Value)
  case remove(GroupID, Value)
  case delete
  /// Says that the row lives, changing nothing: resolves an entry about its existence.
  case touch
}

public struct GroupValues: Hashable, Sendable {
  public var group: GroupID
  public var values: [Value]

  public init(group: GroupID, values: [Value]) {
    self.group = group
    self.values = values
  }
}

public struct Operation: Hashable, Sendable {
  public var kind: OperationKind
  /// The seq at which the entry opened that this operation resolves; 0 for none.
  public var resolves: UInt64

  public init(_ kind: OperationKind, resolves: UInt64 = 0) {
    self.kind = kind
    self.resolves = resolves
  }

  /// The group written; 0 (existence) for delete, touch and insert.
  public var group: GroupID {
    switch kind {
    case .insert, .delete, .touch: 0
    case .set(let group, _), .increment(let group, _), .add(let group, _), .remove(let group, _): group
    }
  }
}

/// The net effect of a transaction on one row.
public struct RowChange: Hashable, Sendable {
  public var row: RowID
  /// The seq at which the author's confirmed image of this row was valid, 0 if it held none (rule 6).
  public var base: UInt64
  /// At most one a cell, ascending by (group, element); an insert, delete or touch comes first.
  public var operations: [Operation]
  /// The same as `base` of the parent that this change hangs the row on, where it is not the transaction's base.
  public var parentBase: UInt64?

  public init(row: RowID, base: UInt64, operations: [Operation], parentBase: UInt64? = nil) {
    self.row = row
    self.base = base
    self.operations = operations
    self.parentBase = parentBase
  }
}

public enum TransactionMode: UInt64, Sendable {
  case merge = 0
  /// Refused whole if any of its writes turns out concurrent.
  case strict = 1
}

/// What one replica did in one commit, with everything its author had seen. Sealed once; the bytes travel verbatim.
public struct Transaction: Hashable, Sendable {
  public var dot: Dot
  /// The hash of the replica's previous transaction; zero before the first.
  public var previous: Hash128
  public var time: HybridTime
  /// The hub history that `base` counts in; zero before the first contact.
  public var epoch: Hash128
  /// The author's confirmed knowledge: everything up to this seq, in its scopes.
  public var base: UInt64
  /// Pending dots that the author could see, its own like any.
  public var seen: DotSet
  public var schemaVersion: UInt64
  /// The role installed on the device; it says which columns the author could see.
  public var role: String
  public var mode: TransactionMode
  /// Who wrote, for people to read.
  public var author: String
  /// Ascending by row.
  public var rows: [RowChange]

  public init(
    dot: Dot, previous: Hash128, time: HybridTime, epoch: Hash128, base: UInt64, seen: DotSet, schemaVersion: UInt64,
    role: String, mode: TransactionMode = .merge, author: String, rows: [RowChange]
  ) {
    self.dot = dot
    self.previous = previous
    self.time = time
    self.epoch = epoch
    self.base = base
    self.seen = seen
    self.schemaVersion = schemaVersion
    self.role = role
    self.mode = mode
    self.author = author
    self.rows = rows
  }

  public var operationCount: Int { rows.reduce(0) { $0 + $1.operations.count } }
}

/// A transaction's bytes as its author sealed them, and their place in the author's hash chain.
public struct SealedTransaction: Hashable, Sendable {
  public var dot: Dot
  public var bytes: [UInt8]
  /// H(T): over the previous hash and the bytes.
  public var hash: Hash128

  /// Seals: encodes and hashes.
  public init(_ transaction: Transaction) {
    dot = transaction.dot
    bytes = transaction.encoded()
    hash = hash128(transaction.previous, then: bytes)
  }

  /// Takes bytes from a store that keeps them beside dot and hash.
  public init(dot: Dot, bytes: [UInt8], hash: Hash128) {
    self.dot = dot
    self.bytes = bytes
    self.hash = hash
  }
}

extension Transaction {
  /// Every base counts as no more than this.
  package mutating func lower(to most: UInt64) {
    base = min(base, most)
    for at in rows.indices {
      rows[at].base = min(rows[at].base, most)
      if let parent = rows[at].parentBase { rows[at].parentBase = min(parent, most) }
    }
  }
}
