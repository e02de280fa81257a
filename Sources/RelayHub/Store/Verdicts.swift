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

  /// The seq of an accepted transaction of the set, by the device, that wrote the row before `last`; the earliest of the
  /// newest.
  func ownWrite(of row: Int64, in set: DotSet, _ device: Int64, before last: UInt64) throws(RelayError) -> UInt64? {
    let found = try db.query(
      """
      SELECT t.seq, t.replica, t.n FROM history h JOIN txn t ON t.seq = h.seq
      WHERE h.row = ? AND h.seq < ? AND t.device = ? ORDER BY h.seq DESC LIMIT 64
      """, [.integer(row), .seq(last), .integer(device)]
    ) { (row) throws(RelayError) in
      (seq: try row.seq(0), dot: Dot(ReplicaID(bits: UInt64(bitPattern: row.int(1))), try row.seq(2)))
    }
    return found.filter { set.contains($0.dot) }.map(\.seq).min()
  }

  /// Has every dot of the set a verdict?
  func hasVerdicts(_ set: DotSet) throws(RelayError) -> Bool {
    for interval in set.intervals {
      // A replica's counters are dense here, so its head answers for all of them.
      let head = try db.first("SELECT n FROM replica WHERE id = ?", [.bits(interval.replica.bits)])
      if try Count.seq(head?[0]) < interval.high { return false }
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
    group?.head = verdict.seq
    group?.log = log
    if Mutation.isPlanted(.refusedBlocks), !verdict.isAccepted { return }
    try db.execute(
      "UPDATE replica SET n = ?, hash = ? WHERE id = ?",
      [.seq(verdict.dot.counter), .blob(sealed.hash.bytes), .bits(verdict.dot.replica.bits)])
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
      let group = UInt32(clamping: try reader.unsigned())
      let table = UInt32(clamping: try reader.unsigned())
      let key = try reader.byteString(most: Limits.key)
      return Refusal(rule: rule, row: key.isEmpty ? nil : RowID(table: table, key: key), group: group, message: message)
    }
  }
}
