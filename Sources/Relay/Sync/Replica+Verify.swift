internal import RelayMerge
public import RelayProtocol

/// What a comparison with the hub, row by row, found.
public struct Verification: Sendable, Equatable {
  public struct Difference: Sendable, Equatable {
    public enum Kind: String, Sendable {
      /// The hub says that this device should have the row, and it has not.
      case missing
      /// The device has a row that the hub would not give it.
      case extra
      /// Both have it, with other values.
      case different
    }

    public var table: String
    /// The key's values, joined by a slash.
    public var key: String
    public var kind: Kind
    let row: RowID

    init(_ row: RowID, _ kind: Kind, in table: TableSchema) {
      self.row = row
      self.table = table.name
      self.key = Inbox.label(row)
      self.kind = kind
    }
  }

  /// The seq at which was compared.
  public var base: UInt64 = 0
  /// Confirmed rows that were compared.
  public var rows = 0
  /// By table and key.
  public var differences: [Difference] = []

  public var isEqual: Bool { differences.isEmpty }
}

extension Replica {
  /// Syncs, and then compares every confirmed row with what the hub says this device should hold. Digests a table
  /// first; rows are only listed for tables that differ.
  ///
  /// - Throws: what `sync` throws; `page_void` when the hub is written to so fast that no moment could be compared.
  /// - Complexity: O(rows of the replica).
  public func verify(with transport: any Transport, options: SyncOptions) async throws(RelayError) -> Verification {
    for _ in 0..<5 {
      _ = try await sync(with: transport, options: options)
      guard let verification = try await compare(transport, options) else { continue }
      if verification.isEqual { try agreesWithHub(at: verification.base) }
      return verification
    }
    throw Replica.hubMovesOn
  }

  static let hubMovesOn = RelayError(
    .pageVoid, "the hub moved on during every attempt",
    advice: "Nothing was changed. Try again when the hub is quieter.")

  /// Nothing differs, so what had warned of it is settled.
  private func agreesWithHub(at base: UInt64) throws(RelayError) {
    try changing { (core) throws(RelayError) in
      let warnings = try core.stores.state.warnings()
      guard warnings.isRebuilt || !warnings.mismatch.isEmpty, try core.state().base == base else { return }
      try core.comparison.agreesWithHub()
    }
  }

  /// - Returns: nil when the hub is no longer where this replica stands.
  private func compare(_ transport: any Transport, _ options: SyncOptions) async throws(RelayError) -> Verification? {
    let (state, version, own, unseen) = try changing { (core) throws(RelayError) in
      // What a foreign tool wrote a moment ago is pending work, not a difference.
      try core.sealer.sealResidue()
      return (
        try core.state(), try core.versions.standing().installed, try core.comparison.confirmedHashes(),
        try core.comparison.unseenUnderWork()
      )
    }
    var result = Verification(base: state.base, rows: own.values.reduce(0) { $0 + $1.count })
    var request = VerifyRequest(epoch: state.epoch, base: state.base, schemaVersion: version > 0 ? version : nil)
    guard let tables = try await ask(request, transport, options)?.tables else { return nil }
    let digests = Dictionary(tables.map { ($0.table, $0.digest) }) { first, _ in first }
    var told: UInt64 = 0
    for table in schema.tables {
      let rows = own[table.id] ?? [:]
      var digest = ScopeDigest()
      for hash in rows.values { digest.add(hash) }
      let unseenHere = unseen.filter { $0.row.table == table.id }
      guard digests[table.id] ?? ScopeDigest() != digest else {
        result.differences += unseenHere
        continue
      }
      var hub: [[UInt8]: Hash128] = [:]
      (request.table, request.after) = (table.id, [])
      var hasMore = true
      while hasMore {
        guard let page = try await ask(request, transport, options) else { return nil }
        for row in page.rows { hub[row.key] = row.hash }
        told += page.rows.reduce(0) { $0 + UInt64($1.key.count) + 16 }
        guard told <= options.stagedBytes else {
          throw RelayError(.limitExceeded, "a list of more than \(options.stagedBytes) bytes of rows, and no end of it")
        }
        hasMore = page.more
        let last = page.rows.last?.key ?? []
        guard !hasMore || request.after.lexicographicallyPrecedes(last) else {
          throw SyncMachine.noProgress("the hub lists the same rows again")
        }
        request.after = last
      }
      let found = differences(table, rows, hub)
      let known = Set(found.map(\.row))
      result.differences += (found + unseenHere.filter { !known.contains($0.row) }).sorted { $0.row < $1.row }
    }
    return result
  }

  private func differences(
    _ table: TableSchema, _ own: [[UInt8]: [UInt8]], _ hub: [[UInt8]: Hash128]
  ) -> [Verification.Difference] {
    Set(own.keys).union(hub.keys).sorted { $0.lexicographicallyPrecedes($1) }.compactMap { key in
      let mine = own[key].flatMap { Hash128(bytes: $0.prefix(16)) }
      guard mine != hub[key] else { return nil }
      let kind: Verification.Difference.Kind = mine == nil ? .missing : hub[key] == nil ? .extra : .different
      return .init(RowID(table: table.id, key: key), kind, in: table)
    }
  }

  private func ask(
    _ request: VerifyRequest, _ transport: any Transport, _ options: SyncOptions
  ) async throws(RelayError) -> VerifyResponse? {
    guard let (body, asked) = try await ask("/v1/verify", request, transport, options) else { return nil }
    let response = try VerifyResponse(decoding: body)
    try response.answers.check(asked)
    return response
  }

  /// - Returns: the answer's body, and what it has to name as the request that it answers; nil when the hub is no longer
  ///   where this replica stands.
  func ask(
    _ path: String, _ request: some Request, _ transport: any Transport, _ options: SyncOptions
  ) async throws(RelayError) -> (body: [UInt8], asked: AnswerTo)? {
    let link = try link()
    var request = request
    request.nonce = try nonce()
    let body = request.encoded()
    let answer = try await transport.send(
      TransportRequest(path: path, body: body, token: link?.token),
      deadline: options.requestDeadline ?? SyncOptions.longestRequest)
    if answer.status == 200, answer.isFromHub {
      return (answer.body, request.answer(device: link?.device ?? "", body: body))
    }
    let error = RelayError(answer)
    guard error.code == .pageVoid else { throw error }
    return nil
  }
}

extension Comparison {
  /// table → key → e(R) of every confirmed row that counts for this device's role.
  func confirmedHashes() throws(RelayError) -> [UInt32: [[UInt8]: [UInt8]]] {
    let role = try core.state().role
    var hashes: [UInt32: [[UInt8]: [UInt8]]] = [:]
    for table in core.schema.tables where table.access(role).reads {
      let readable = table.readableColumns(role)
      var own: [[UInt8]: [UInt8]] = [:]
      try eachConfirmed(table, role) { (row, values) throws(RelayError) in
        own[row.key] = table.rowHash(row, values, readable: readable)
      }
      hashes[table.id] = own
    }
    return hashes
  }

  /// Every confirmed row of a table that counts for this device's role.
  func eachConfirmed(
    _ table: TableSchema, _ role: String, _ body: (RowID, [Value]) throws(RelayError) -> Void
  ) throws(RelayError) {
    let beside = try core.stores.images.unlikeTheTable(table.id)
    func visit(_ row: RowID, _ values: [Value]) throws(RelayError) {
      if !table.isUpOnly(values, role) { try body(row, values) }
    }
    try core.db.run(core.sql(table).scan, []) { (record) throws(RelayError) in
      let values = record.values
      // One without a key came from no hub.
      if table.key.contains(where: { values[$0].isNull }) { return true }
      let row = RowID(table: table.id, values: table.key.map { values[$0] })
      if !beside.contains(row) { try visit(row, values) }
      return true
    }
    for row in beside.sorted() { if let values = try core.view.confirmed(row, table) { try visit(row, values) } }
  }
}
