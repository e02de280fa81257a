internal import RelayMerge
internal import RelayProtocol

/// Own transactions decoded while one database transaction lasts.
struct OwnTransactions {
  struct Own {
    var transaction: Transaction
    var seq: UInt64?
    var effective: HybridTime?
    var changes: [RowID: RowChange]
  }

  private var cache: [DotKey: Own] = [:]
  /// Where accepted ones are kept.
  private var seqs: [DotKey: Int64]?

  /// A transaction that is pending, or refused and kept.
  mutating func own(_ key: DotKey, _ stores: Stores) throws(RelayError) -> Own? {
    if let own = cache[key] { return own }
    var stored = try stores.outbox.stored(key)
    if stored == nil { stored = try stores.refusals.stored(key) }
    guard let stored else { return nil }
    return try decode(stored, key, stores)
  }

  /// One that was accepted and is kept.
  mutating func accepted(_ key: DotKey, _ stores: Stores) throws(RelayError) -> Own? {
    if let own = cache[key] { return own }
    let known = if let seqs { seqs } else { try stores.accepted.seqs() }
    seqs = known
    guard let seq = known[key], let stored = try stores.accepted.stored(seq) else { return nil }
    return try decode(stored, key, stores)
  }

  mutating func pending(_ key: DotKey, _ stores: Stores) throws(RelayError) -> Own? {
    guard let stored = try stores.outbox.stored(key) else { return nil }
    if let own = cache[key] { return own }
    return try decode(stored, key, stores)
  }

  private mutating func decode(
    _ stored: StoredTransaction, _ key: DotKey, _ stores: Stores
  ) throws(RelayError) -> Own {
    var transaction = try Transaction(decoding: stored.bytes)
    // Where the hub found a fork, work is called otherwise than its bytes say.
    transaction.dot = try stores.replicas.dot(key)
    transaction.seen = try stores.replicas.current(transaction.seen)
    // Bases of a history that the hub has lost say nothing of rows as they are now.
    if let most = try stores.lost.limit(key) {
      transaction.lower(to: most)
    }
    let own = Own(
      transaction: transaction, seq: stored.seq, effective: stored.seq == nil ? nil : stored.effective,
      changes: Dictionary(transaction.rows.map { ($0.row, $0) }) { first, _ in first })
    cache[key] = own
    return own
  }
}
