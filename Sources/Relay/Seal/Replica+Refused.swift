public import RelayProtocol

/// What is put right in one row of a refused transaction before it is written again.
public struct RowCorrection: Sendable, Equatable {
  /// The row as the refused transaction named it.
  public var row: RowID
  /// Another key, in the order of the key's columns; rows of the same transactions that name this row as their parent
  /// follow it.
  public var key: [Value]?
  /// column → value.
  public var values: [String: Value]

  public init(row: RowID, key: [Value]? = nil, values: [String: Value] = [:]) {
    self.row = row
    self.key = key
    self.values = values
  }
}

extension Replica {
  /// Writes a refused transaction again, with everything that was refused because it builds on it, as one new
  /// transaction, and forgets the refused ones. All of it happens or nothing does. Rows that the hub has forgotten
  /// (`update_of_purged`) come back as they were here before, with what was changed of them.
  ///
  /// ```swift
  /// try replica.resubmit(item.id, corrections: [RowCorrection(row: item.row, key: ["b-17"])])
  /// ```
  ///
  /// - Parameters:
  ///   - id: of an inbox item of kind `refused`.
  ///   - author: empty for the author of the refused transaction.
  ///   - corrections: applied before a row is written, so a key or a UNIQUE value that is taken stands in nobody's way.
  ///   - correct: runs after all of it is written and before it is sealed.
  /// - Throws: `entry_unknown` when the item is not there, `constraint` when a row to insert is here already or a row to
  ///   change is not, `role_forbids`, `value_not_allowed`, and what `correct` throws; then nothing was changed.
  public func resubmit(
    _ id: String, author: String = "", corrections: [RowCorrection] = [],
    correct: (Database) throws(RelayError) -> Void = { (_) throws(RelayError) in }
  ) throws(RelayError) {
    try changing { (core) throws(RelayError) in
      try core.sealer.sealResidue()
      let chain = try core.refused.chain(id)
      var again = try Reapplication(core, corrections)
      for transaction in chain { again.before += try core.inbox.store.before(Inbox.refusalID(transaction.dot)) }
      try core.refused.forget(chain)
      for transaction in chain { try again.apply(transaction) }
      try again.finish()
      try core.db.lent { () throws(RelayError) in try correct(core.db) }
      let author = author.isEmpty ? chain[0].author : author
      try core.sealer.commit(Commit(author: author, mode: chain[0].mode, decisions: again.decisions))
    }
  }

  /// Writes a refused transaction again like the other `resubmit`; `correct` throws what it likes.
  @_disfavoredOverload
  public func resubmit(
    _ id: String, author: String = "", corrections: [RowCorrection] = [], correct: (Database) throws -> Void
  ) throws {
    let thrown = Thrown()
    do {
      try resubmit(id, author: author, corrections: corrections) { (db) throws(RelayError) in
        try thrown.keep { try correct(db) }
      }
    } catch { throw thrown.error ?? error }
  }

  /// Forgets a refused transaction and what was refused because it builds on it. The hub keeps them whole.
  ///
  /// - Returns: the ids of the items that left the inbox.
  /// - Throws: `entry_unknown` when the item is not there or is no refusal.
  @discardableResult
  public func discard(_ id: String) throws(RelayError) -> [String] {
    try changing { (core) throws(RelayError) in
      try core.sealer.sealResidue()
      let chain = try core.refused.chain(id)
      try core.refused.forget(chain)
      return chain.map { Inbox.refusalID($0.dot) }
    }
  }

  /// Takes a notice that was read out of the inbox.
  ///
  /// - Throws: `entry_unknown` when there is no such notice: conflicts are resolved, refusals resubmitted or discarded.
  public func dismiss(_ id: String) throws(RelayError) {
    try changing { (core) throws(RelayError) in
      guard try core.inbox.store.remove(id, .notice) else {
        throw RelayError(.entryUnknown, "the inbox holds no notice '\(id)'")
      }
      core.changes.written.inbox = true
    }
  }
}
