import RelayProtocol

/// One message of every kind with every field in use, and one of every kind with as little as possible.
enum Samples {
  static let replica = ReplicaID(bits: 0x0123_4567_89AB_CDEF)
  static let other = ReplicaID(bits: 0xFEDC_BA98_7654_3210)
  static let organisation = hash128(Array("organisation".utf8))
  static let epoch = hash128(Array("epoch".utf8))
  static let log = hash128(Array("log".utf8))
  static let nonce = hash128(Array("nonce".utf8))
  static let time = HybridTime(milliseconds: 1_764_000_000_123, counter: 7)

  static let values: [Value] = [
    .null, .integer(0), .integer(23), .integer(24), .integer(-1), .integer(.max), .integer(.min), .real(0), .real(-0.0),
    .real(1.5), .real(0.1), .real(1e300), .real(.infinity), .real(-.infinity), .real(.leastNonzeroMagnitude),
    .real(Double(Float.pi)), .text(""), .text("caf\u{E9}"), .text("cafe\u{301}"), .text("a\u{0}b"), .blob([]),
    .blob([0, 1, 255]), .malformedText([0x61, 0xFF]),
  ]

  static let row = RowID(table: 3, values: ["m-1"])
  static let composite = RowID(table: 4, values: ["m-1", 7, .blob([1, 2])])

  static func write(_ counter: UInt64, _ value: CellValue, of replica: ReplicaID = replica) -> CellWrite {
    CellWrite(dot: Dot(replica, counter), seq: 40 + counter, effective: time, value: value)
  }

  private static func stamp(_ counter: UInt64, of replica: ReplicaID = replica) -> Stamp {
    Stamp(dot: Dot(replica, counter), seq: 40 + counter, effective: time)
  }

  private static func stamped(_ id: CellID, _ value: CellValue? = nil, _ stamps: Stamp...) -> StampedCell {
    StampedCell(id: id, writes: stamps.map { StampedWrite($0, value) })
  }

  /// The stamps of a row with the columns 2, 5 and 9, in every shape.
  static let stamps: [(name: String, cells: [StampedCell])] = [
    (
      "cells of every kind",
      [
        stamped(.live, .flag(true), stamp(2)),
        StampedCell(
          id: CellID(2), writes: [StampedWrite(stamp(1), .values(["a"])), StampedWrite(stamp(3), nil)]),
        stamped(CellID(5), nil, stamp(2)), stamped(CellID(7), .delta(-3), stamp(2)),
        stamped(CellID(9, element: 4), .flag(true), stamp(2)),
        stamped(CellID(9, element: "x"), .flag(false), stamp(3, of: other)),
        stamped(CellID(9, element: .null), .flag(true), stamp(2)),
      ]
    ),
    (
      "one write of all that the row shows",
      [stamped(.live, .flag(true), stamp(3)), stamped(CellID(2), nil, stamp(3)), stamped(CellID(5), nil, stamp(3))]
    ),
    ("the same once more", [stamped(.live, .flag(true), stamp(3)), stamped(CellID(9), nil, stamp(3))]),
    ("another of the same replica", [stamped(.live, .flag(true), stamp(1)), stamped(CellID(9), nil, stamp(1))]),
    ("no write that stands alone", [stamped(CellID(2), .values([.null, 1]), stamp(1), stamp(2))]),
    (
      "of two that are as frequent the lesser is shared",
      [stamped(.live, .flag(true), stamp(1)), stamped(CellID(2), nil, stamp(1, of: other))]
    ),
    ("a row that lives and does not", [stamped(.live, .flag(false), stamp(1)), stamped(CellID(2), nil, stamp(1))]),
  ]

  static let stampedRun = RowRun(
    table: 3, columns: [2, 5, 9],
    rows: stamps.enumerated().map { at, item in
      RowRecord(
        row: RowID(table: 3, values: [.integer(Int64(at))]), seq: 43, values: ["a", .null, 3], stamps: item.cells)
    })

  static let cells = [
    Cell(id: .live, writes: [write(1, .flag(true)), write(2, .flag(false), of: other)]),
    Cell(id: CellID(2), writes: [write(1, .values(["a"])), write(3, .values([.null]))]),
    Cell(id: CellID(5), writes: [write(1, .values(["a", .null])), write(2, .values([]))]),
    Cell(id: CellID(7), writes: [write(1, .delta(-3))]),
    Cell(id: CellID(9, element: 4), writes: [write(1, .flag(true))]),
    Cell(id: CellID(9, element: "x"), writes: [write(2, .flag(false))]),
    Cell(id: CellID(9, element: .null), writes: [write(1, .flag(true))]),
  ]

  static let transactions = [
    Transaction(
      dot: Dot(replica, 1), previous: .zero, time: time, epoch: .zero, base: 0, seen: DotSet(), schemaVersion: 1,
      role: "branch", author: "", rows: [RowChange(row: row, base: 0, operations: [Operation(.delete)])]),
    Transaction(
      dot: Dot(replica, 9), previous: log, time: time, epoch: epoch, base: 1000,
      seen: DotSet([Dot(replica, 7), Dot(replica, 8), Dot(other, 2)]), schemaVersion: 3, role: "office", mode: .strict,
      author: "the office",
      rows: [
        RowChange(
          row: row, base: 1000,
          operations: [
            Operation(.touch, resolves: 12), Operation(.set(2, ["a"])),
            Operation(.set(5, ["a", .null]), resolves: 900),
            Operation(.increment(7, -3)), Operation(.add(9, 4)), Operation(.remove(9, "x")),
          ]),
        RowChange(row: RowID(table: 3, values: ["m-2"]), base: 17, operations: [Operation(.delete)]),
        RowChange(
          row: composite, base: 0,
          operations: [
            Operation(
              .insert([
                GroupValues(group: 2, values: ["a"]), GroupValues(group: 5, values: values),
                GroupValues(group: 9, values: []),
              ]))
          ], parentBase: 7),
      ]),
  ]

  static let verdicts = [
    Verdict(dot: Dot(replica, 1), seq: 41, effective: time),
    Verdict(dot: Dot(replica, 2), seq: 42, effective: time, opensEntries: true),
    Verdict(
      dot: Dot(replica, 3), seq: 43, effective: time,
      refusal: Refusal(rule: .columnNotWritable, row: row, group: 5, message: "the role 'branch' may not write grade")),
    Verdict(
      dot: Dot(replica, 4), seq: 44, effective: time,
      refusal: Refusal(rule: .dependsOnRefused, message: "it builds on a refused one")),
  ]

  static let sibling = SiblingRecord(write: write(2, .values(["b"])), author: "field", device: "tablet 4")

  static let page = PullPage(
    grants: [
      ScopeGrant(scope: "everyone", writable: false), ScopeGrant(scope: "inbox", readable: false),
      ScopeGrant(scope: "unit/7"),
    ],
    role: "branch",
    rows: EncodedRows([
      RowRun(
        table: 3, columns: [2, 5, 9],
        rows: [
          RowRecord(row: row, seq: 41, values: ["a", .null, 3]),
          RowRecord(
            row: RowID(table: 3, values: ["m-2"]), seq: 42, values: nil,
            entries: [EntryRecord(cell: .live, opened: 42, siblings: [sibling])]),
          RowRecord(
            row: RowID(table: 3, values: ["m-3"]), seq: 43, values: [.null, .real(0.5), .blob([9])],
            stamps: stamps[0].cells,
            entries: [
              EntryRecord(cell: .live, opened: 42, siblings: [sibling]),
              EntryRecord(
                cell: CellID(5), opened: 43, siblings: [sibling, sibling], ancestor: .values(["a", .null])),
            ]),
          RowRecord(
            row: RowID(table: 3, values: ["m-4"]), seq: 43, values: [1, 2, 3],
            entries: [EntryRecord(cell: CellID(9, element: "x"), opened: 42, siblings: [sibling])]),
        ]),
      RowRun(table: 4, columns: [], rows: [RowRecord(row: composite, seq: 44, values: [])]),
    ]))

  static let closing = PullClosing(
    head: 44, logHash: log, confirmed: verdicts, exits: [row, composite],
    notices: [
      NoticeRecord(row: row, cell: CellID(2), seq: 43, lost: write(1, .values(["a"])), shown: sibling),
      NoticeRecord(row: composite, cell: CellID(9, element: 4), seq: 44, lost: write(1, .flag(true)), shown: nil),
    ],
    digests: [digest, ScopeDigest()], durable: 40)

  static let digest: ScopeDigest = {
    var digest = ScopeDigest()
    digest.add(ScopeDigest.rowHash(row, columns: [(id: 2, value: "a")]))
    return digest
  }()

  static let requests = [
    SyncRequest(
      organisation: organisation, schemaHash: .zero, epoch: epoch, base: 0, logHash: .zero, replica: replica,
      pending: DotSet(), floor: 0, scopes: [], role: "", nonce: nonce),
    SyncRequest(
      organisation: organisation, schemaHash: log, epoch: epoch, base: 1000, logHash: log, replica: replica,
      pending: DotSet([Dot(replica, 8), Dot(replica, 9)]), floor: 17, scopes: ["everyone", "unit/7"], role: "branch",
      push: transactions.map { $0.encoded() },
      part: TransactionPart(
        dot: Dot(replica, 10), hash: log, total: 100, offset: 10, bytes: [1, 2, 3],
        envelope: Envelope(base: 900, seen: DotSet([Dot(other, 2)]))),
      pull: PullRequest(token: [1, 2], wait: 55_000, pageBytes: 1 << 20, digests: true), schemaVersion: 3, installed: 2,
      nonce: nonce),
    pushing(ChainVectors.sealed.map(\.bytes)),
    pushing(changing),
    pushing(
      changing,
      [
        0: Envelope(base: 30, seen: DotSet(), effective: time, lost: LostPlace(epoch: epoch, seq: 31)),
        1: Envelope(base: 0, seen: DotSet([Dot(other, 2)])),
      ]),
    pushing(changing, [0: opened]),
    {
      var request = pushing([])
      request.part = TransactionPart(
        dot: Dot(replica, 10), hash: log, total: 100, offset: 10, bytes: [1, 2, 3], envelope: opened)
      return request
    }(),
  ]

  /// Of an order that had names.
  private static let opened: Envelope = {
    var envelope = Envelope(
      base: 30, seen: DotSet(), effective: time, lost: LostPlace(epoch: epoch, seq: 31, opening: 7))
    envelope.openings = [Opening(first: 28, name: 7), Opening(first: 33, name: .max)]
    return envelope
  }()

  private static func pushing(_ transactions: [[UInt8]], _ envelopes: [Int: Envelope] = [:]) -> SyncRequest {
    var request = SyncRequest(
      organisation: organisation, schemaHash: log, epoch: epoch, base: 40, logHash: log, replica: replica,
      pending: DotSet((1...3).map { Dot(replica, $0) }), floor: 0, scopes: [], role: "clerk", push: transactions,
      nonce: nonce)
    request.envelopes = envelopes
    return request
  }

  /// Three transactions of which the second differs from what follows from the first in all that may differ, and the
  /// third follows from the second.
  private static let changing: [[UInt8]] = {
    let first = ChainVectors.sealed[0]
    let rows = [RowChange(row: row, base: 7, operations: [Operation(.delete)])]
    let second = SealedTransaction(
      Transaction(
        dot: Dot(replica, 2), previous: first.hash, time: time, epoch: log, base: 41, seen: DotSet([Dot(other, 2)]),
        schemaVersion: 2, role: "office", mode: .strict, author: "somebody", rows: rows))
    let third = SealedTransaction(
      Transaction(
        dot: Dot(replica, 3), previous: second.hash, time: HybridTime(bits: time.bits + 1), epoch: log, base: 41,
        seen: DotSet([Dot(replica, 2), Dot(other, 2)]), schemaVersion: 2, role: "office", mode: .strict,
        author: "somebody", rows: rows))
    return [first.bytes, second.bytes, third.bytes]
  }()

  static let responses: [SyncResponse] = {
    var first = page
    first.token = [7, 7]
    first.rowsInAll = 118_714
    var last = page
    last.closing = closing
    let empty = PullPage(grants: [], role: "", closing: PullClosing(head: 0, logHash: .zero))
    var whole = empty
    whole.isWhole = true
    let all = [
      SyncResponse(epoch: epoch, time: 0),
      SyncResponse(epoch: epoch, time: 1_764_000_000_123, page: empty),
      SyncResponse(epoch: epoch, time: 1_764_000_000_123, verdicts: verdicts, partReceived: 13, page: first),
      SyncResponse(epoch: epoch, time: 1_764_000_000_123, page: last, schemaVersion: 3),
      SyncResponse(epoch: epoch, time: 0, schemaVersion: 3),
      SyncResponse(epoch: epoch, time: 0, page: whole, schemaVersion: 3),
      SyncResponse(epoch: epoch, time: 0, page: whole),
      successor,
      named,
    ]
    return all.enumerated().map { at, response in
      var response = response
      response.answers = requests[at % 2].answer(device: "tablet 4", body: requests[at % 2].encoded())
      return response
    }
  }()

  private static let successor: SyncResponse = {
    var response = SyncResponse(epoch: log, time: 0)
    response.origin = EpochOrigin(parent: epoch, fork: 40)
    return response
  }()

  private static let named: SyncResponse = {
    var response = SyncResponse(epoch: epoch, time: 0)
    response.openings = [Opening(first: 41, name: 7), Opening(first: 50, name: .max)]
    response.unasked = 44
    return response
  }()

  static let enrolRequest = EnrolRequest(code: "K7QF-2M9D", schemaHash: log, replica: replica)
  static let versionedEnrolRequest = EnrolRequest(
    code: "K7QF-2M9D", schemaHash: log, replica: replica, organisation: organisation, schemaVersion: 3)
  static let enrolResponse = EnrolResponse(
    organisation: organisation, epoch: epoch, device: "tablet 4", token: "t0ken", role: "branch", grants: page.grants)
  static let versionedEnrolResponse = EnrolResponse(
    organisation: organisation, epoch: epoch, device: "tablet 4", token: "t0ken", role: "branch", grants: [],
    schemaVersion: 3)
  static let error = ErrorReply(code: "page_void", message: "the pull starts again", retryAfter: 1500)
  static let rolledBack = ErrorReply(
    code: "hub_rolled_back", message: "another history", epoch: log, origin: EpochOrigin(parent: epoch, fork: 40))
  static let verifyRequest = VerifyRequest(epoch: epoch, base: 44, table: 3, after: row.key)
  static let versionedVerifyRequest = VerifyRequest(epoch: epoch, base: 44, schemaVersion: 3)
  static let verifyResponse = VerifyResponse(
    tables: [.init(table: 3, digest: digest), .init(table: 4, digest: ScopeDigest())],
    rows: [.init(key: row.key, hash: log), .init(key: RowID(table: 3, values: ["m-2"]).key, hash: .zero)], more: true)
  static let historyRequest = HistoryRequest(epoch: epoch, row: composite, before: 44, most: 100)
  static let historyResponse = HistoryResponse(
    head: 44,
    cells: [
      EntryRecord(cell: .live, opened: 0, siblings: [sibling]),
      EntryRecord(cell: CellID(5), opened: 43, siblings: [sibling, sibling]),
    ],
    records: [
      HistoryRecord(
        verdict: Verdict(dot: Dot(replica, 9), seq: 44, effective: time, opensEntries: true), author: "field",
        device: "tablet 4", received: 1_764_000_000_123, change: transactions[1].rows[0]),
      HistoryRecord(verdict: refused, author: "", device: "", change: transactions[1].rows[2]),
      HistoryRecord(
        verdict: Verdict(dot: Dot(other, 1), seq: 1, effective: .zero), author: "", device: "", change: nil),
    ], next: 1)
  private static let refused = Verdict(
    dot: Dot(replica, 8), seq: 43, effective: time,
    refusal: Refusal(rule: .notWritable, row: row, group: 2, message: "not yours"))
  static let rowsRequests = [
    RowsRequest(epoch: epoch, base: 44, rows: []),
    RowsRequest(epoch: epoch, base: 44, rows: [row, composite], schemaVersion: 3),
  ]
  static let rowsResponses = [
    RowsResponse(),
    RowsResponse(
      rows: EncodedRows([
        RowRun(table: 3, columns: [2, 5], rows: [RowRecord(row: row, seq: 41, values: ["a", .null])]),
        RowRun(table: 4, columns: [], rows: [RowRecord(row: composite, seq: 44, values: [])]),
      ]), answered: 3),
  ]
}
