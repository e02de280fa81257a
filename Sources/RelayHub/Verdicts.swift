internal import RelayProtocol
internal import RelaySQLite

/// The small record that the hub keeps of every transaction for ever (rule 3).
struct TransactionRecord {
  var verdict: Verdict
  var hash: Hash128
  var device: Int64
  var author: String
}

extension HubSession {
  private static let record = "SELECT seq, replica, n, hash, device, author, eff, entries, refusal FROM txn"

  func record(_ dot: Dot) throws(RelayError) -> TransactionRecord? {
    try db.first(
      HubSession.record + " WHERE replica = ? AND n = ?", [.bits(dot.replica.bits), .seq(dot.counter)]
    ).map { (values) throws(RelayError) in try HubSession.record(values) }
  }

  /// Records of the dots in a set that have a verdict, ascending by seq.
  func records(_ set: DotSet) throws(RelayError) -> [TransactionRecord] {
    var list: [TransactionRecord] = []
    for interval in set.intervals {
      list += try db.query(
        HubSession.record + " WHERE replica = ? AND n BETWEEN ? AND ?",
        [.bits(interval.replica.bits), .seq(interval.low), .seq(interval.high)]
      ) { (row) throws(RelayError) in try HubSession.record(row.values) }
    }
    return list.sorted { $0.verdict.seq < $1.verdict.seq }
  }

  /// The seq of the first transaction of the set that was refused.
  func firstRefused(_ set: DotSet) throws(RelayError) -> UInt64? {
    var first: UInt64?
    for interval in set.intervals {
      let found = try db.first(
        "SELECT min(seq) FROM txn WHERE replica = ? AND n BETWEEN ? AND ? AND accepted = 0",
        [.bits(interval.replica.bits), .seq(interval.low), .seq(interval.high)])
      if let seq = found?[0].integer { first = min(first ?? .max, UInt64(seq)) }
    }
    return first
  }

  /// Has every dot of the set a verdict?
  func hasVerdicts(_ set: DotSet) throws(RelayError) -> Bool {
    for interval in set.intervals {
      // A replica's counters are dense here, so its head answers for all of them.
      let head = try db.first("SELECT n FROM replica WHERE id = ?", [.bits(interval.replica.bits)])?[0].integer ?? 0
      if UInt64(head) < interval.high { return false }
    }
    return true
  }

  func body(_ seq: UInt64) throws(RelayError) -> Transaction? {
    guard let bytes = try db.first("SELECT bytes FROM body WHERE seq = ?", [.seq(seq)])?[0].bytes else { return nil }
    return try Transaction(decoding: bytes)
  }

  private static func record(_ values: [Value]) throws(RelayError) -> TransactionRecord {
    func number(_ at: Int) -> UInt64 { UInt64(bitPattern: values[at].integer ?? 0) }
    var verdict = Verdict(
      dot: Dot(ReplicaID(bits: number(1)), number(2)), seq: number(0), effective: HybridTime(bits: number(6)),
      opensEntries: number(7) != 0)
    if case .blob(let bytes) = values[8] { verdict.refusal = try refusal(bytes) }
    return TransactionRecord(
      verdict: verdict, hash: Hash128(bytes: values[3].bytes) ?? .zero, device: values[4].integer ?? 0,
      author: values[5].text ?? "")
  }

  func insert(
    _ verdict: Verdict, _ sealed: SealedTransaction, device: Int64, author: String, base: UInt64, log: Hash128,
    received: Int64
  ) throws(RelayError) {
    try db.execute(
      """
      INSERT INTO txn(seq, replica, n, hash, device, author, eff, accepted, entries, refusal, base, log, received)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .seq(verdict.seq), .bits(verdict.dot.replica.bits), .seq(verdict.dot.counter), .blob(sealed.hash.bytes),
        .integer(device), .text(author), .bits(verdict.effective.bits), .integer(verdict.isAccepted ? 1 : 0),
        .integer(verdict.opensEntries ? 1 : 0), verdict.refusal.map { .blob(HubSession.encode($0)) } ?? .null,
        .seq(base), .blob(log.bytes), .integer(received),
      ])
    try db.execute("INSERT INTO body VALUES (?, ?)", [.seq(verdict.seq), .blob(sealed.bytes)])
    if Mutation.isPlanted(.refusedBlocks), !verdict.isAccepted { return }
    try db.execute(
      """
      INSERT INTO replica VALUES (?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET n = excluded.n, hash = excluded.hash
      """,
      [.bits(verdict.dot.replica.bits), .integer(device), .seq(verdict.dot.counter), .blob(sealed.hash.bytes)])
  }

  private static func encode(_ refusal: Refusal) -> [UInt8] {
    var out = CBORWriter()
    out.array(5)
    out.textString(refusal.rule.rawValue)
    out.textString(refusal.message)
    out.unsigned(UInt64(refusal.group))
    out.unsigned(UInt64(refusal.row?.table ?? 0))
    out.byteString(refusal.row?.key ?? [])
    return out.bytes
  }

  private static func refusal(_ bytes: [UInt8]) throws(RelayError) -> Refusal {
    try CBORReader.decode(bytes) { (reader) throws(RelayError) in
      try reader.array(exactly: 5)
      let rule = RefusalRule(rawValue: try reader.textString(most: Limits.label)) ?? .malformed
      let message = try reader.textString(most: 4096)
      let group = UInt32(try reader.unsigned())
      let table = UInt32(try reader.unsigned())
      let key = try reader.byteString(most: Limits.key)
      return Refusal(rule: rule, row: key.isEmpty ? nil : RowID(table: table, key: key), group: group, message: message)
    }
  }
}
