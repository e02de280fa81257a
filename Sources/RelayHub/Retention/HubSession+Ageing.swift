internal import RelayMerge
internal import RelayProtocol

/// Exits by age, minted by the hub as transactions of its own, a bounded piece each (rule 28).
extension HubSession {
  /// Rows of one table that a step looks at.
  static let agedTogether = 500

  /// The rule's word on a row that is alive or dead.
  func isOver(_ values: [Value], _ table: TableSchema) -> Bool {
    ageing.contains { $0.table == table.id && $0.isOver(values, table) }
  }

  /// Carries one rule one step on. Call it in a group.
  ///
  /// - Returns: false where all rows lie as the rules say.
  func age(now: Int64) throws(RelayError) -> Bool {
    var rules = ageing
    for at in rules.indices where rules[at].place == nil && rules[at].month != rules[at].month(at: now) {
      (rules[at].month, rules[at].place) = (rules[at].month(at: now), [])
    }
    guard let at = rules.firstIndex(where: { $0.place != nil }) else {
      if rules != ageing { try put(rules) }
      return false
    }
    ageing = rules
    let rows = try store.feed.rows(of: rules[at].table, after: rules[at].place ?? [], most: Self.agedTogether)
    try move(rows, now: now)
    rules[at].place = rows.count < Self.agedTogether ? nil : rows.last?.row.key
    if rules[at].place == nil, rules[at].months == 0 { rules.remove(at: at) }
    try put(rules)
    return true
  }

  func put(_ rules: [AgeingRule]) throws(RelayError) {
    let bytes = AgeingRules.encode(rules)
    try store.settings.set(AgeingRules.setting, bytes)
    (ageing, ageingID) = (rules, bytes)
  }

  /// Lays rows where they lie now, in one transaction of the hub's own; none where all lie so already.
  private func move(_ rows: [FeedRow], now: Int64) throws(RelayError) {
    var changed: [RowID] = []
    // Dead ones too: others may hang on them.
    for row in rows {
      guard let table = schema.table(row.row.table) else { continue }
      let stored = try StoredRow(row, table, self)
      if isOver(try table.allValues(row.row, stored.state), table) != stored.scopes.isEmpty { changed.append(row.row) }
    }
    guard !changed.isEmpty else { return }
    let (head, replica) = (try head(), hubReplica)
    if try self.replica(replica) == nil { try bind(replica, to: 0) }
    let chain = try self.replica(replica)
    let time = HybridTime(milliseconds: now)
    let transaction = Transaction(
      dot: Dot(replica, (chain?.count ?? 0) + 1), previous: chain?.last ?? .zero, time: time, epoch: epoch, base: head,
      seen: DotSet(), schemaVersion: schema.version, role: SyncSchema.unenrolledRole, author: "",
      rows: changed.map { RowChange(row: $0, base: head, operations: [Operation(.touch)]) })
    let device = HubDevice(id: 0, name: "", role: SyncSchema.unenrolledRole, grants: [])
    let judgement = Judgement(
      self, transaction, try authority(device, replica, now: now), seq: head + 1, effective: time, now: now)
    guard try judgement.layAnew(changed) else { return }
    let sealed = SealedTransaction(transaction)
    let log = try logHash(after: head, sealed.hash, isAccepted: true)
    let verdict = Verdict(dot: transaction.dot, seq: head + 1, effective: time)
    let record = TransactionRecord(verdict: verdict, hash: sealed.hash, device: 0, author: "", received: now)
    try append(record, base: head, log: log, body: sealed.bytes)
  }

  /// Whose name the hub's own transactions of this history bear.
  private var hubReplica: ReplicaID {
    ReplicaID(bits: hash128(Array("hub".utf8), epoch.bytes).high)
  }
}
