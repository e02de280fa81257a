public import RelayProtocol

/// One item of the inbox, as `relay_inbox` and the tables beside it hold it.
public struct InboxItem: Sendable, Equatable {
  public enum Kind: String, Sendable {
    /// Two or more values that nobody has judged; any device in the row's scope may resolve it.
    case conflict
    /// A write of this device that is not the one shown. Nothing to do.
    case notice
    /// A transaction of this device that the hub refused; kept whole.
    case refused
    /// A confirmed row that this file's constraints keep out of its table.
    case held
  }

  public enum Status: String, Sendable {
    /// Waits for a person.
    case open
    /// Settled on this device; the hub has not confirmed it yet.
    case answered
    /// Nothing to do.
    case told
  }

  public var id: String
  public var kind: Kind
  public var status: Status
  public var table: String
  /// The key's values, joined by a slash.
  public var key: String
  public var row: RowID
  /// The name of a column or a column group; `(existence)` for the row as a whole.
  public var column: String?
  public var policy: String?
  public var rule: String?
  public var message: String?
  public var shown: String?
  /// The values in conflict with author, device and time, one a line; or the values of a refused transaction.
  public var others: String?
  /// Of a conflict: the value that this device held as confirmed before it came; nil where it held none.
  public var base: CellValue?
  /// The values that a conflict or a notice is about, by position.
  public var siblings: [InboxValue]
  /// What a refused transaction had done, in its order; at most `InboxItem.mostOperations`. Of one refused as
  /// `update_of_purged` also, as `before`, what its rows had shown.
  public var operations: [RefusedOperation]
  /// All of them.
  public var operationCount: Int
  /// Of a refusal: the refused item that it builds on, where that is still here.
  public var dependsOn: String?
  /// Of a refusal: the later refused items that build on it, directly or through others; oldest first. They are
  /// resubmitted and discarded with it.
  public var dependents: [String]
  /// The seq at which it opened.
  public var opened: UInt64
  /// The effective time of the write that opened it, `2017-10-31T08:15:30Z`, where this device knows it.
  public var openedAt: String?

  /// How much of a refused transaction is listed; the whole of it is kept all the same.
  public static let mostOperations = 1000
}

/// One live write of a cell in conflict.
public struct InboxValue: Sendable, Equatable {
  /// What chooses it: `Resolution.sibling`, and `choice` in `relay_inbox`. A value keeps it while the conflict lasts; 0 is
  /// the one that was shown when the conflict came.
  public var position: Int
  public var isShown: Bool
  /// `.values` of the column group in the order of its columns; `.flag` for a row that is there, or deleted.
  public var content: CellValue
  public var author: String
  public var device: String
  /// Its effective time (rule 12), in milliseconds since 1970; nil where nobody told it.
  public var time: Int64?
  public var dot: Dot
  public var seq: UInt64

  /// The values of the columns; empty where the row's existence is in question.
  public var values: [Value] { if case .values(let values) = content { values } else { [] } }
}

/// One value of a refused transaction.
public struct RefusedOperation: Sendable, Equatable {
  public var table: String
  public var key: String
  /// `insert`, `set`, `increment`, `add`, `remove`, `delete` or `touch`; `before` for a value that the row had shown.
  public var operation: String
  public var column: String?
  public var value: Value

  static let before = "before"
}

extension Replica {
  /// The inbox, oldest first.
  public func inbox() throws(RelayError) -> [InboxItem] {
    try reading { (core) throws(RelayError) in InboxItem.withDependents(try core.inbox.store.items()) }
  }
}

extension InboxItem {
  /// What depends on an item came after it, so one walk from the newest to the oldest finds them all.
  fileprivate static func withDependents(_ items: [InboxItem]) -> [InboxItem] {
    var items = items
    var dependents: [String: [String]] = [:]
    for at in items.indices.reversed() {
      items[at].dependents = dependents[items[at].id] ?? []
      guard let base = items[at].dependsOn else { continue }
      dependents[base] = [items[at].id] + items[at].dependents + (dependents[base] ?? [])
    }
    let order = Dictionary(items.enumerated().map { ($1.id, $0) }, uniquingKeysWith: min)
    for at in items.indices { items[at].dependents.sort { order[$0] ?? 0 < order[$1] ?? 0 } }
    return items
  }
}
