import RelayProtocol

/// One message of every kind with every field in use, and one of every kind with as little as possible.
enum Samples {
  static let replica = ReplicaID(bits: 0x0123_4567_89AB_CDEF)
  static let other = ReplicaID(bits: 0xFEDC_BA98_7654_3210)
  static let organisation = hash128(Array("organisation".utf8))
  static let epoch = hash128(Array("epoch".utf8))
  static let log = hash128(Array("log".utf8))
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
    runs: [
      RowRun(
        table: 3, columns: [2, 5, 9],
        rows: [
          RowRecord(row: row, seq: 41, values: ["a", .null, 3]),
          RowRecord(row: RowID(table: 3, values: ["m-2"]), seq: 42, values: nil, stamps: [cells[0]]),
          RowRecord(
            row: RowID(table: 3, values: ["m-3"]), seq: 43, values: [.null, .real(0.5), .blob([9])], stamps: cells,
            entries: [
              EntryRecord(cell: .live, opened: 42, siblings: [sibling]),
              EntryRecord(cell: CellID(5), opened: 43, siblings: [sibling, sibling]),
            ]),
          RowRecord(
            row: RowID(table: 3, values: ["m-4"]), seq: 43, values: [1, 2, 3],
            entries: [EntryRecord(cell: CellID(9, element: "x"), opened: 42, siblings: [sibling])]),
        ]),
      RowRun(table: 4, columns: [], rows: [RowRecord(row: composite, seq: 44, values: [])]),
    ])

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
      pending: DotSet(), floor: 0, scopes: [], role: ""),
    SyncRequest(
      organisation: organisation, schemaHash: log, epoch: epoch, base: 1000, logHash: log, replica: replica,
      pending: DotSet([Dot(replica, 8), Dot(replica, 9)]), floor: 17, scopes: ["everyone", "unit/7"], role: "branch",
      push: transactions.map { $0.encoded() },
      part: TransactionPart(dot: Dot(replica, 10), hash: log, total: 100, offset: 10, bytes: [1, 2, 3]),
      pull: PullRequest(token: [1, 2], wait: 55_000, pageBytes: 1 << 20, digests: true), schemaVersion: 3, installed: 2),
  ]

  static let responses: [SyncResponse] = {
    var first = page
    first.token = [7, 7]
    var last = page
    last.closing = closing
    let empty = PullPage(grants: [], role: "", closing: PullClosing(head: 0, logHash: .zero))
    var whole = empty
    whole.isWhole = true
    return [
      SyncResponse(epoch: epoch, time: 0),
      SyncResponse(epoch: epoch, time: 1_764_000_000_123, page: empty),
      SyncResponse(epoch: epoch, time: 1_764_000_000_123, verdicts: verdicts, partReceived: 13, page: first),
      SyncResponse(epoch: epoch, time: 1_764_000_000_123, page: last, schemaVersion: 3),
      SyncResponse(epoch: epoch, time: 0, schemaVersion: 3),
      SyncResponse(epoch: epoch, time: 0, page: whole, schemaVersion: 3),
      SyncResponse(epoch: epoch, time: 0, page: whole),
    ]
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
      runs: [
        RowRun(table: 3, columns: [2, 5], rows: [RowRecord(row: row, seq: 41, values: ["a", .null])]),
        RowRun(table: 4, columns: [], rows: [RowRecord(row: composite, seq: 44, values: [])]),
      ], answered: 3),
  ]
}
