public import RelayProtocol

/// What a person asks of a replica: is it sent, is it fresh, does anything wait for me?
public struct ReplicaStatus: Sendable, Equatable {
  public var replica: ReplicaID
  public var device: String
  public var role: String
  public var epoch: Hash128
  /// The seq that the confirmed rows stand at, and the newest that the hub told of.
  public var base: UInt64
  public var head: UInt64
  /// Own transactions that no installed pull has confirmed; what foreign tools wrote and nobody could seal yet, because
  /// the disk is full, counts as one.
  public var pending: Int
  /// Own transactions that were accepted, ever.
  public var accepted: Int
  public var conflicts: Int
  public var notices: Int
  public var refused: Int
  public var held: Int
  /// Rows in synced tables.
  public var rows: Int
  /// Scopes whose digest differed from the hub's at the last install; `verify` names the rows.
  public var mismatch: [String]
  /// A tool rebuilt a table and may have written while nothing was captured.
  public var wasRebuilt: Bool
}

/// One item of the inbox, as `relay_inbox` holds it.
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

  public var id: String
  public var kind: Kind
  public var table: String
  public var key: String
  public var column: String?
  public var policy: String?
  public var rule: String?
  public var message: String?
  public var shown: String?
  /// The values in conflict with author, device and time, one a line; or the values of a refused transaction.
  public var others: String?
  /// The seq at which it opened.
  public var opened: UInt64
}

extension Replica {
  public func status() throws(RelayError) -> ReplicaStatus {
    try locked { (core) throws(RelayError) in
      try core.db.snapshot { () throws(RelayError) in
        let state = try core.state()
        func count(_ sql: String) throws(RelayError) -> Int { Int(try core.db.first(sql)?[0].integer ?? 0) }
        func inbox(_ kind: String) throws(RelayError) -> Int {
          try count("SELECT count(*) FROM relay_inbox WHERE kind = '\(kind)'")
        }
        var rows = 0
        for table in schema.tables { rows += try count("SELECT count(*) FROM \"\(table.name)\"") }
        let unsealed = try core.loggedTables().isEmpty ? 0 : 1
        let flags = try core.db.first("SELECT mismatch, rebuilt FROM relay_state")
        return ReplicaStatus(
          replica: state.replica, device: state.device, role: state.role, epoch: state.epoch, base: state.base,
          head: state.head,
          pending: unsealed + (try count("SELECT count(*) FROM relay_transaction WHERE installed = 0")),
          accepted: Int(state.accepted), conflicts: try inbox("conflict"), notices: try inbox("notice"),
          refused: try inbox("refused"), held: try inbox("held"), rows: rows,
          mismatch: flags?[0].text?.split(separator: " ").map(String.init) ?? [], wasRebuilt: flags?[1] == .integer(1))
      }
    }
  }

  /// The inbox, oldest first.
  public func inbox() throws(RelayError) -> [InboxItem] {
    try read { (db) throws(RelayError) in
      let items = try db.query(
        """
        SELECT id, kind, table_name, row_key, column_name, policy, rule, message, shown, others, opened
        FROM relay_inbox ORDER BY opened, id
        """
      ) { (row) throws(RelayError) -> InboxItem? in
        guard let kind = InboxItem.Kind(rawValue: row[1].text ?? "") else { return nil }
        return InboxItem(
          id: row[0].text ?? "", kind: kind, table: row[2].text ?? "", key: row[3].text ?? "", column: row[4].text,
          policy: row[5].text, rule: row[6].text, message: row[7].text, shown: row[8].text, others: row[9].text,
          opened: UInt64(max(0, row.int(10))))
      }
      return items.compactMap { $0 }
    }
  }
}
