import Relay
internal import RelayProtocol

/// Plays the hub's part word for word, so that a test decides what a replica is told.
struct ScriptedHub {
  let replica: Replica
  var seq: UInt64 = 0
  var scopes = [ScopeGrant(scope: "unit/u1")]
  var role = "field"
  static let organisation = Hash128(high: 7, low: 7)
  static let epoch = Hash128(high: 1, low: 2)
  static let columns: [UInt32] = [2, 3, 4, 5, 6, 7, 8]

  init(_ replica: Replica) throws {
    self.replica = replica
    try replica.enrolled(
      EnrolResponse(
        organisation: Self.organisation, epoch: Self.epoch, device: "d", token: "t", role: role, grants: scopes),
      hub: "http://127.0.0.1:1")
  }

  /// A person as the hub would send it.
  func person(
    _ id: String, phone: Value = .null, given: Value = .null, family: Value = .null, level: Value = .null,
    guests: Value = 0,
    seq: UInt64, stamps: [StampedCell] = [], entries: [EntryRecord] = []
  ) -> RowRecord {
    RowRecord(
      row: RowID(table: 1, values: [.text(id)]), seq: seq,
      values: ["u1", phone, given, family, level, guests, "[]"], stamps: stamps, entries: entries)
  }

  func page(_ rows: [RowRecord], closing: PullClosing? = nil, token: [UInt8] = []) -> PullPage {
    PullPage(
      grants: scopes, role: role,
      rows: EncodedRows(rows.isEmpty ? [] : [RowRun(table: 1, columns: Self.columns, rows: rows)]), token: token,
      closing: closing)
  }

  func accepted(_ request: SyncRequest, from first: UInt64) throws -> [Verdict] {
    try request.push.enumerated().map { at, bytes in
      let transaction = try Transaction(decoding: bytes)
      return Verdict(dot: transaction.dot, seq: first + UInt64(at), effective: transaction.time)
    }
  }

  /// One whole round trip with these rows at this head.
  ///
  /// - Parameter verdicts: what the push is answered with; nil for what the closing confirms.
  @discardableResult
  func pull(
    _ rows: [RowRecord] = [], exits: [RowID] = [], head: UInt64, confirmed: [Verdict] = [], verdicts: [Verdict]? = nil
  ) throws -> SyncStep {
    let request = try replica.nextRequest()
    return try answer(request, rows, exits: exits, head: head, confirmed: confirmed, verdicts: verdicts ?? confirmed)
  }

  @discardableResult
  func answer(
    _ request: SyncRequest, _ rows: [RowRecord] = [], exits: [RowID] = [], head: UInt64, confirmed: [Verdict] = [],
    verdicts: [Verdict] = []
  ) throws -> SyncStep {
    let closing = PullClosing(
      head: head, logHash: Hash128(high: 0, low: head), confirmed: confirmed, exits: exits)
    return try replica.receive(
      SyncResponse(epoch: Self.epoch, time: 0, verdicts: verdicts, page: page(rows, closing: closing)), to: request)
  }
}

extension Replica {
  func values(_ sql: String) throws -> [[Value]] {
    try read { (db) throws(RelayError) in try db.query(sql) { (row) throws(RelayError) in row.values } }
  }

  func sql(_ text: String) throws {
    try write { (db) throws(RelayError) in try db.script(text) }
  }
}
