internal import RelayProtocol

extension ReplicaCore {
  func request(pushBytes: Int, pageBytes: UInt64, wait: UInt64) throws(RelayError) -> SyncRequest {
    let state = try state()
    let spoken = try spokenSchema()
    var request = SyncRequest(
      organisation: state.organisation, schemaHash: spoken.hash, epoch: state.epoch, base: state.base,
      logHash: state.logHash, replica: state.replica, pending: try pendingDots(state.replica),
      floor: try floor(state), scopes: try installedScopes(), role: state.role, schemaVersion: spoken.version,
      installed: spoken.installed, nonce: environment.nonce())
    let hasMore = try fillPush(&request, pushBytes)
    guard !hasMore else { return request }
    var pull = PullRequest(wait: request.push.isEmpty ? wait : 0, pageBytes: pageBytes)
    let staged = try db.first("SELECT base, floor, asked, token FROM relay_pull")
    if let staged, staged[0] == Value(request.base), let floor = staged[1].integer, floor <= Int64(request.floor),
      staged[2] == .blob(Self.asked(request)), case .blob(let token) = staged[3]
    {
      pull.token = token
      request.floor = UInt64(max(0, floor))
    } else if staged != nil {
      try forgetStage()
    }
    request.pull = pull
    return request
  }

  /// Identifies what a pull was asked with, beside base and floor.
  static func asked(_ request: SyncRequest) -> [UInt8] {
    var out = CBORWriter()
    out.array(request.scopes.count + 4)
    out.byteString(request.epoch.bytes)
    out.byteString(request.schemaHash.bytes)
    out.unsigned(request.installed ?? 0)
    out.textString(request.role)
    for scope in request.scopes { out.textString(scope) }
    return hash128(out.bytes).bytes
  }

  /// Adds transactions without a verdict, in order, up to the first that the hub cannot know yet.
  ///
  /// - Returns: whether more of them can go.
  private func fillPush(_ request: inout SyncRequest, _ most: Int) throws(RelayError) -> Bool {
    var bytes = 0
    var hasMore = false
    var push: [[UInt8]] = []
    var part: TransactionPart?
    let replica = request.replica
    let known = try schemaStanding().hub
    try db.run(
      "SELECT counter, hash, bytes, length(bytes), schema FROM relay_transaction WHERE seq IS NULL ORDER BY counter", []
    ) { (row) throws(RelayError) in
      guard known == 0 || row.int(4) <= Int64(known) else { return false }
      let size = Int(row.int(3))
      if size > most {
        hasMore = true
        guard push.isEmpty else { return false }
        let dot = Dot(replica, UInt64(row.int(0)))
        guard let hash = Hash128(bytes: row.blob(1)) else { throw RelayError(.corrupt, "a transaction without hash") }
        let offset = try self.partOffset(dot)
        let whole = row.blob(2)
        if offset == 0 { try self.checkIntact(SealedTransaction(dot: dot, bytes: whole, hash: hash)) }
        let end = min(whole.count, offset + most)
        part = TransactionPart(
          dot: dot, hash: hash, total: UInt64(size), offset: UInt64(offset), bytes: Array(whole[offset..<end]))
        return false
      }
      guard bytes + size <= most, push.count < Limits.transactionsInPush else {
        hasMore = true
        return false
      }
      let dot = Dot(replica, UInt64(row.int(0)))
      let sealed = SealedTransaction(dot: dot, bytes: row.blob(2), hash: Hash128(bytes: row.blob(1)) ?? .zero)
      try self.checkIntact(sealed)
      push.append(sealed.bytes)
      bytes += size
      return true
    }
    request.push = push
    request.part = part
    return hasMore
  }

  /// - Throws: `damaged_work`: what the file does not hold as it was sealed is not sent.
  private func checkIntact(_ sealed: SealedTransaction) throws(RelayError) {
    guard !sealed.isIntact else { return }
    throw RelayError(
      .damagedWork, "\(db.path): transaction \(sealed.dot), which waits to be sent, is not what was sealed")
  }

  /// How much of a transaction in parts the hub holds, as it said last.
  private func partOffset(_ dot: Dot) throws(RelayError) -> Int {
    partProgress.dot == dot ? partProgress.received : 0
  }

  /// Verdicts of a push: known from now on, pending until a pull confirms them (rule 7).
  ///
  /// - Returns: how many own transactions had none before.
  func learn(_ verdicts: [Verdict]) throws(RelayError) -> Int {
    var learnt = 0
    let state = try state()
    var own = OwnTransactions()
    var rows: Set<RowID> = []
    for verdict in verdicts where verdict.dot.replica == state.replica {
      // A reply may come twice, the second time when all is settled.
      let waits = "SELECT 1 FROM relay_transaction WHERE counter = ? AND seq IS NULL"
      guard try db.first(waits, [Value(verdict.dot.counter)]) != nil else { continue }
      try learn(verdict)
      learnt += 1
      if Mutation.isPlanted(.leaveOnAck) {
        for sql in ["UPDATE relay_transaction SET installed = 1", "UPDATE relay_pending SET done = 1"] {
          try db.execute(sql + " WHERE counter = ?", [Value(verdict.dot.counter)])
        }
      }
      guard !verdict.isAccepted, let one = try own.own(verdict.dot.counter, db) else { continue }
      if try !sealApart(verdict, one.transaction) { try tell(verdict, one.transaction) }
      rows.formUnion(one.changes.keys)
    }
    // Each row once, however many transactions on it were refused.
    if !rows.isEmpty {
      try applying { () throws(RelayError) in
        for row in rows.sorted() { try rebuild(row, try table(row.table), state, &own) }
      }
    }
    return learnt
  }

  func forgetStage() throws(RelayError) {
    try db.execute("DELETE FROM relay_page")
    try db.execute("DELETE FROM relay_pull")
  }
}
