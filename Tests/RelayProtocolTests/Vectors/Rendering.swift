import RelayProtocol

/// What the bytes say, in the JSON of the golden vectors (Protocol/vectors/README.md).
extension JSON {
  static func number(unsigned value: UInt64) -> JSON {
    value <= Limits.sequence ? .number(Int64(value)) : .string(String(value))
  }

  static func number(signed value: Int64) -> JSON {
    value.magnitude <= Limits.sequence ? .number(value) : .string(String(value))
  }

  static func hex(_ bytes: some Sequence<UInt8>) -> JSON { .string(bytes.hexadecimal) }

  init(_ hash: Hash128) { self = .hex(hash.bytes) }
  init(_ replica: ReplicaID) { self = .string(replica.description) }
  init(_ dot: Dot) { self = .string(dot.description) }
  init(_ time: HybridTime) { self = .string(time.description) }
  init(_ table: UInt32) { self = .number(Int64(table)) }

  init(_ value: Value) {
    switch value {
    case .null: self = .null
    case .integer(let x):
      let number = JSON.number(signed: x)
      if case .number = number { self = number } else { self = .object([("int", number)]) }
    case .real(let x):
      let digits = String(x.bitPattern, radix: 16)
      self = .object([("real", .string(String(repeating: "0", count: 16 - digits.count) + digits))])
    case .text(let x): self = .string(x)
    case .malformedText(let x): self = .object([("malformed", .hex(x))])
    case .blob(let x): self = .object([("blob", .hex(x))])
    }
  }

  init(_ values: [Value]) { self = .array(values.map { JSON($0) }) }

  init(_ set: DotSet) {
    self = .array(
      set.intervals.map {
        .array([JSON($0.replica), .number(unsigned: $0.low), .number(unsigned: $0.high)])
      })
  }

  init(_ answers: AnswerTo) {
    self = .object([
      ("nonce", JSON(answers.nonce)), ("device", .string(answers.device)), ("replica", JSON(answers.replica)),
      ("base", .number(unsigned: answers.base)), ("digest", JSON(answers.digest)),
    ])
  }

  /// The fields that name a row.
  static func fields(_ row: RowID) throws(RelayError) -> [(String, JSON)] {
    [("table", JSON(row.table)), ("key", JSON(try row.values()))]
  }

  // MARK: Cells

  init(_ id: CellID) {
    var fields = [("group", JSON(id.group))]
    if let element = id.element { fields.append(("element", JSON(element))) }
    self = .object(fields)
  }

  init(_ write: CellWrite) {
    self = .object([
      ("dot", JSON(write.dot)), ("seq", .number(unsigned: write.seq)), ("effective", JSON(write.effective)),
      ("value", JSON(write.value)),
    ])
  }

  /// What the row shows anyway has no value.
  init(_ stamps: [StampedCell]) {
    self = .array(
      stamps.map { cell in
        let writes = cell.writes.map { write in
          JSON.object(
            [
              ("dot", JSON(write.stamp.dot)), ("seq", .number(unsigned: write.stamp.seq)),
              ("effective", JSON(write.stamp.effective)),
            ] + (write.value.map { [("value", JSON($0))] } ?? []))
        }
        return .object([("cell", JSON(cell.id)), ("writes", .array(writes))])
      })
  }

  init(_ value: CellValue) {
    self =
      switch value {
      case .values(let values): .object([("values", JSON(values))])
      case .delta(let delta): .object([("delta", .number(signed: delta))])
      case .flag(let flag): .object([("flag", .bool(flag))])
      }
  }

  // MARK: Transactions

  init(_ operation: Operation) {
    func make(_ name: String, _ fields: (String, JSON)...) -> JSON {
      .object([("op", .string(name)), ("resolves", .number(unsigned: operation.resolves))] + fields)
    }
    let group = ("group", JSON(operation.group))
    self =
      switch operation.kind {
      case .insert(let groups):
        make(
          "insert",
          ("groups", .array(groups.map { .object([("group", JSON($0.group)), ("values", JSON($0.values))]) })))
      case .set(_, let values): make("set", group, ("values", JSON(values)))
      case .increment(_, let delta): make("increment", group, ("delta", .number(signed: delta)))
      case .add(_, let element): make("add", group, ("element", JSON(element)))
      case .remove(_, let element): make("remove", group, ("element", JSON(element)))
      case .delete: make("delete")
      case .touch: make("touch")
      }
  }

  init(_ change: RowChange) throws(RelayError) {
    let rest: [(String, JSON)] = [
      ("base", .number(unsigned: change.base)), ("operations", .array(change.operations.map { JSON($0) })),
    ]
    let parent = change.parentBase.map { [("parentBase", JSON.number(unsigned: $0))] } ?? []
    self = .object(try JSON.fields(change.row) + rest + parent)
  }

  init(_ transaction: Transaction) throws(RelayError) {
    var rows: [JSON] = []
    for change in transaction.rows { rows.append(try JSON(change)) }
    self = .object([
      ("replica", JSON(transaction.dot.replica)), ("counter", .number(unsigned: transaction.dot.counter)),
      ("previous", JSON(transaction.previous)), ("time", JSON(transaction.time)), ("epoch", JSON(transaction.epoch)),
      ("base", .number(unsigned: transaction.base)), ("seen", JSON(transaction.seen)),
      ("schemaVersion", .number(unsigned: transaction.schemaVersion)), ("role", .string(transaction.role)),
      ("mode", .string(transaction.mode == .strict ? "strict" : "merge")), ("author", .string(transaction.author)),
      ("rows", .array(rows)),
    ])
  }

  init(_ verdict: Verdict) throws(RelayError) {
    var fields: [(String, JSON)] = [
      ("dot", JSON(verdict.dot)), ("seq", .number(unsigned: verdict.seq)), ("effective", JSON(verdict.effective)),
      ("opensEntries", .bool(verdict.opensEntries)),
    ]
    if let refusal = verdict.refusal {
      var row = JSON.null
      if let refused = refusal.row { row = .object(try JSON.fields(refused)) }
      fields.append(
        (
          "refusal",
          .object([
            ("rule", .string(refusal.rule.rawValue)), ("row", row), ("group", JSON(refusal.group)),
            ("message", .string(refusal.message)),
          ])
        ))
    }
    self = .object(fields)
  }

  // MARK: Pages

  init(_ grants: [ScopeGrant]) {
    self = .array(
      grants.map {
        .object([("scope", .string($0.scope)), ("readable", .bool($0.readable)), ("writable", .bool($0.writable))])
      })
  }

  init(_ sibling: SiblingRecord) {
    self = .object([
      ("write", JSON(sibling.write)), ("author", .string(sibling.author)), ("device", .string(sibling.device)),
    ])
  }

  init(_ digest: ScopeDigest) {
    self = .object([("sum", .hex(digest.bytes)), ("count", .number(unsigned: digest.count))])
  }

  init(_ entries: [EntryRecord]) {
    self = .array(
      entries.map { entry in
        .object(
          [
            ("cell", JSON(entry.cell)), ("opened", .number(unsigned: entry.opened)),
            ("siblings", .array(entry.siblings.map { JSON($0) })),
          ] + (entry.ancestor.map { [("ancestor", JSON($0))] } ?? []))
      })
  }

  init(_ record: RowRecord) throws(RelayError) {
    self = .object([
      ("seq", .number(unsigned: record.seq)), ("key", JSON(try record.row.values())),
      ("values", record.values.map { JSON($0) } ?? .null), ("stamps", JSON(record.stamps)),
      ("entries", JSON(record.entries)),
    ])
  }

  init(_ runs: [RowRun]) throws(RelayError) {
    var list: [JSON] = []
    for run in runs { list.append(try JSON(run)) }
    self = .array(list)
  }

  init(_ run: RowRun) throws(RelayError) {
    var rows: [JSON] = []
    for row in run.rows { rows.append(try JSON(row)) }
    self = .object([
      ("table", JSON(run.table)), ("columns", .array(run.columns.map { JSON($0) })), ("rows", .array(rows)),
    ])
  }

  init(_ page: PullPage) throws(RelayError) {
    var fields: [(String, JSON)] = [
      ("grants", JSON(page.grants)), ("role", .string(page.role)), ("runs", try JSON(page.runs)),
      ("token", .hex(page.token)),
    ]
    if let closing = page.closing { fields.append(("closing", try JSON(closing))) }
    self = .object(fields)
  }

  init(_ closing: PullClosing) throws(RelayError) {
    var confirmed: [JSON] = []
    for verdict in closing.confirmed { confirmed.append(try JSON(verdict)) }
    var exits: [JSON] = []
    for row in closing.exits { exits.append(.object(try JSON.fields(row))) }
    var notices: [JSON] = []
    for notice in closing.notices {
      let rest: [(String, JSON)] = [
        ("cell", JSON(notice.cell)), ("seq", .number(unsigned: notice.seq)), ("lost", JSON(notice.lost)),
        ("shown", notice.shown.map { JSON($0) } ?? .null),
      ]
      notices.append(.object(try JSON.fields(notice.row) + rest))
    }
    self = .object([
      ("head", .number(unsigned: closing.head)), ("logHash", JSON(closing.logHash)), ("confirmed", .array(confirmed)),
      ("exits", .array(exits)), ("notices", .array(notices)), ("digests", .array(closing.digests.map { JSON($0) })),
      ("durable", .number(unsigned: closing.durable)),
    ])
  }

  // MARK: Messages

  init(_ request: SyncRequest) {
    var fields: [(String, JSON)] = [
      ("nonce", JSON(request.nonce)), ("organisation", JSON(request.organisation)),
      ("schemaHash", JSON(request.schemaHash)),
      ("epoch", JSON(request.epoch)), ("base", .number(unsigned: request.base)), ("logHash", JSON(request.logHash)),
      ("replica", JSON(request.replica)), ("pending", JSON(request.pending)),
      ("floor", .number(unsigned: request.floor)), ("scopes", .array(request.scopes.map { .string($0) })),
      ("role", .string(request.role)), ("push", .array(request.push.map { .hex($0) })),
    ]
    if !request.envelopes.isEmpty {
      let envelopes = request.push.indices.compactMap { at in
        request.envelopes[at].map { (String(at), JSON($0)) }
      }
      fields.append(("envelopes", .object(envelopes)))
    }
    if let part = request.part {
      fields.append(
        (
          "part",
          .object(
            [
              ("dot", JSON(part.dot)), ("hash", JSON(part.hash)), ("total", .number(unsigned: part.total)),
              ("offset", .number(unsigned: part.offset)), ("bytes", .hex(part.bytes)),
            ] + (part.envelope.map { [("envelope", JSON($0))] } ?? []))
        ))
    }
    if let pull = request.pull {
      fields.append(
        (
          "pull",
          .object([
            ("token", .hex(pull.token)), ("wait", .number(unsigned: pull.wait)),
            ("pageBytes", .number(unsigned: pull.pageBytes)), ("digests", .bool(pull.digests)),
          ])
        ))
    }
    fields += JSON.optional("schemaVersion", request.schemaVersion) + JSON.optional("installed", request.installed)
    self = .object(fields)
  }

  init(_ response: SyncResponse) throws(RelayError) {
    var verdicts: [JSON] = []
    for verdict in response.verdicts { verdicts.append(try JSON(verdict)) }
    var fields: [(String, JSON)] = [
      ("answers", JSON(response.answers)), ("epoch", JSON(response.epoch)), ("time", .number(unsigned: response.time)),
      ("verdicts", .array(verdicts)),
      ("partReceived", .number(unsigned: response.partReceived)),
    ]
    if let page = response.page { fields.append(("page", try JSON(page))) }
    fields += JSON.optional("schemaVersion", response.schemaVersion)
    if response.page?.isWhole == true { fields.append(("whole", .bool(true))) }
    if let origin = response.origin { fields.append(("origin", JSON(origin))) }
    fields += JSON.optional("rowsInAll", response.page?.rowsInAll)
    if !response.openings.isEmpty { fields.append(("openings", JSON(response.openings))) }
    fields += JSON.optional("unasked", response.unasked)
    self = .object(fields)
  }

  init(_ request: EnrolRequest) {
    self = .object(
      [
        ("nonce", JSON(request.nonce)), ("code", .string(request.code)), ("schemaHash", JSON(request.schemaHash)),
        ("replica", JSON(request.replica)),
        ("organisation", JSON(request.organisation)),
      ] + JSON.optional("schemaVersion", request.schemaVersion))
  }

  init(_ response: EnrolResponse) {
    self = .object(
      [
        ("answers", JSON(response.answers)), ("organisation", JSON(response.organisation)),
        ("epoch", JSON(response.epoch)),
        ("device", .string(response.device)), ("token", .string(response.token)), ("role", .string(response.role)),
        ("grants", JSON(response.grants)),
      ] + JSON.optional("schemaVersion", response.schemaVersion))
  }

  init(_ request: VerifyRequest) {
    self = .object(
      [
        ("nonce", JSON(request.nonce)), ("epoch", JSON(request.epoch)), ("base", .number(unsigned: request.base)),
        ("table", JSON(request.table)),
        ("after", .hex(request.after)),
      ] + JSON.optional("schemaVersion", request.schemaVersion))
  }

  init(_ response: VerifyResponse) {
    let tables = response.tables.map { item in
      JSON.object([
        ("table", JSON(item.table)), ("sum", .hex(item.digest.bytes)), ("count", .number(unsigned: item.digest.count)),
      ])
    }
    let rows = response.rows.map { JSON.object([("key", .hex($0.key)), ("hash", JSON($0.hash))]) }
    self = .object([
      ("answers", JSON(response.answers)), ("tables", .array(tables)), ("rows", .array(rows)),
      ("more", .bool(response.more)),
    ])
  }

  init(_ request: HistoryRequest) throws(RelayError) {
    let rest: [(String, JSON)] = [
      ("before", .number(unsigned: request.before)), ("most", .number(unsigned: request.most)),
    ]
    self = .object(
      [("nonce", JSON(request.nonce)), ("epoch", JSON(request.epoch))] + (try JSON.fields(request.row)) + rest
        + JSON.optional("schemaVersion", request.schemaVersion))
  }

  init(_ response: HistoryResponse) throws(RelayError) {
    var records: [JSON] = []
    for record in response.records {
      var change = JSON.null
      if let done = record.change { change = try JSON(done) }
      records.append(
        .object([
          ("verdict", try JSON(record.verdict)), ("author", .string(record.author)),
          ("device", .string(record.device)), ("received", .number(unsigned: record.received)), ("change", change),
        ]))
    }
    self = .object([
      ("answers", JSON(response.answers)), ("head", .number(unsigned: response.head)), ("cells", JSON(response.cells)),
      ("records", .array(records)),
      ("next", .number(unsigned: response.next)),
    ])
  }

  init(_ request: RowsRequest) throws(RelayError) {
    var rows: [JSON] = []
    for row in request.rows { rows.append(.object(try JSON.fields(row))) }
    self = .object(
      [
        ("nonce", JSON(request.nonce)), ("epoch", JSON(request.epoch)), ("base", .number(unsigned: request.base)),
        ("rows", .array(rows)),
      ] + JSON.optional("schemaVersion", request.schemaVersion))
  }

  init(_ response: RowsResponse) throws(RelayError) {
    self = .object([
      ("answers", JSON(response.answers)), ("runs", try JSON(response.runs)),
      ("answered", .number(unsigned: response.answered)),
    ])
  }

  /// A field that may be missing.
  static func optional(_ name: String, _ number: UInt64?) -> [(String, JSON)] {
    number.map { [(name, .number(unsigned: $0))] } ?? []
  }

  init(_ reply: ErrorReply) {
    self = .object(
      [
        ("code", .string(reply.code)), ("message", .string(reply.message)),
        ("retryAfter", .number(unsigned: reply.retryAfter)),
      ] + (reply.epoch.map { [("epoch", JSON($0))] } ?? []) + (reply.origin.map { [("origin", JSON($0))] } ?? []))
  }

  init(_ envelope: Envelope) {
    var fields: [(String, JSON)] = [
      ("base", .number(unsigned: envelope.base)), ("seen", JSON(envelope.seen)),
      ("effective", envelope.effective.map { JSON($0) } ?? .null), ("lost", envelope.lost.map { JSON($0) } ?? .null),
    ]
    if !envelope.openings.isEmpty { fields.append(("openings", JSON(envelope.openings))) }
    self = .object(fields)
  }

  init(_ place: LostPlace) {
    self = .object(
      [("epoch", JSON(place.epoch)), ("seq", .number(unsigned: place.seq))]
        + (place.opening == 0 ? [] : [("opening", .number(unsigned: place.opening))]))
  }

  init(_ openings: [Opening]) {
    self = .array(
      openings.map { .object([("first", .number(unsigned: $0.first)), ("name", .number(unsigned: $0.name))]) })
  }

  init(_ origin: EpochOrigin) {
    self = .object([("parent", JSON(origin.parent)), ("fork", .number(unsigned: origin.fork))])
  }
}
