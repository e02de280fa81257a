import RelayProtocol
import Testing

struct LimitTests {
  @Test("a key is judged before its values are read")
  func longKey() {
    let page = { (key: [UInt8]) in hex("84 80 60 81 83 03 80 81 83 01") + key + hex("80 40") }
    func code(_ key: [UInt8]) -> ErrorCode? {
      failure(reading: page(key)) { (r) throws(RelayError) in try r.pullPage() }
    }
    let most = RowID.encode([.blob([UInt8](repeating: 7, count: Limits.key - 4))])
    #expect(most.count == Limits.key)
    #expect(failure { () throws(RelayError) in try RowID(table: 1, key: most).values() } == nil)
    #expect(code(RowID.encode([.blob([UInt8](repeating: 7, count: Limits.key - 3))])) == .limitExceeded)
    // Only the head of a string of a megabyte is there: its length alone is too much.
    #expect(code(hex("81 5A 00100000")) == .limitExceeded)
    #expect(code(RowID.encode([Value](repeating: 1, count: Limits.keyColumns + 1))) == .limitExceeded)
    #expect(code(RowID.encode([])) == .malformedMessage)
  }

  @Test("counters and sequence numbers stay below 2^53")
  func sequence() {
    func code(_ base: UInt64) -> ErrorCode? {
      failure { () throws(RelayError) in try VerifyRequest(decoding: VerifyRequest(epoch: .zero, base: base).encoded())
      }
    }
    #expect(code(1 << 53 - 1) == nil)
    #expect(code(1 << 53) == .malformedMessage)
    #expect(code(.max) == .malformedMessage)
  }

  @Test("a count is no reason to take memory: a run that claims millions of rows fails at the first missing one")
  func claimedRows() {
    // 4 MiB of zeros behind the claim, so that the count alone is plausible.
    let bytes = hex("84 80 60 81 83 03 80 9A 00400000") + [UInt8](repeating: 0, count: 4 << 20)
    #expect(failure(reading: bytes) { (r) throws(RelayError) in try r.pullPage() } == .malformedMessage)
  }

  @Test("a sentence that quotes a megabyte is cut at a whole character, so that its reader takes it")
  func longSentences() throws {
    for text in [String(repeating: "x", count: 1 << 20), "xy" + String(repeating: "\u{20AC}", count: 5000)] {
      let verdict = Verdict(
        dot: Dot(Samples.replica, 1), seq: 1, effective: .zero, refusal: Refusal(rule: .valueNotAllowed, message: text))
      let response = try SyncResponse(decoding: SyncResponse(epoch: .zero, time: 0, verdicts: [verdict]).encoded())
      let message = try #require(response.verdicts.first?.refusal?.message)
      #expect(text.hasPrefix(message))
      #expect((Limits.message - 3...Limits.message).contains(message.utf8.count))
      #expect(try ErrorReply(decoding: ErrorReply(code: "usage", message: text).encoded()).message == message)
    }
  }

  /// A message that is at a limit, and the same beyond it.
  struct Edge: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var limit: Int
    var code: ErrorCode = .limitExceeded
    var read: @Sendable (Int) -> ErrorCode?
  }

  @Test("what is at a limit is read and what is one beyond it is refused", arguments: edges)
  func edge(_ edge: Edge) {
    #expect(edge.read(edge.limit) == nil)
    #expect(edge.read(edge.limit + 1) == edge.code)
  }

  private static func request(_ change: (inout SyncRequest) -> Void) -> ErrorCode? {
    var request = Samples.requests[0]
    change(&request)
    return failure { () throws(RelayError) in try SyncRequest(decoding: request.encoded()) }
  }

  private static func transaction(_ change: (inout Transaction) -> Void) -> ErrorCode? {
    var transaction = Samples.transactions[0]
    change(&transaction)
    return failure { () throws(RelayError) in try Transaction(decoding: transaction.encoded()) }
  }

  private static func page(_ change: (inout PullPage) -> Void) -> ErrorCode? {
    var page = Samples.page
    page.closing = Samples.closing
    change(&page)
    return failure(reading: cbor { $0.pullPage(page) }) { (r) throws(RelayError) in try r.pullPage() }
  }

  private static func names(_ count: Int) -> [String] {
    (0..<count).map { "unit/\(String(repeating: "0", count: 5 - String($0).count))\($0)" }
  }

  private static func inserting(_ count: Int) -> [Operation] {
    [Operation(.insert((0..<count).map { GroupValues(group: UInt32($0 + 1), values: [1]) }))]
  }

  private static func text(_ count: Int) -> String { String(repeating: "x", count: count) }

  static let edges: [Edge] = [
    Edge(testDescription: "scopes", limit: Limits.scopes) { n in request { $0.scopes = names(n) } },
    Edge(testDescription: "rows asked for", limit: Limits.rowsAsked) { n in
      let rows = (0..<n).map { RowID(table: UInt32($0 + 1), values: [1]) }
      let request = RowsRequest(epoch: .zero, base: 1, rows: rows)
      return failure { () throws(RelayError) in try RowsRequest(decoding: request.encoded()) }
    },
    Edge(testDescription: "a scope's name", limit: Limits.scopeName) { n in request { $0.scopes = [text(n)] } },
    Edge(testDescription: "a role", limit: Limits.label) { n in request { $0.role = text(n) } },
    Edge(testDescription: "transactions in a push", limit: Limits.transactionsInPush) { n in
      request { $0.push = [[UInt8]](repeating: [], count: n) }
    },
    Edge(testDescription: "a part", limit: Limits.part) { n in
      request {
        $0.part = TransactionPart(
          dot: Dot(Samples.replica, 1), hash: .zero, total: UInt64(Limits.transaction), offset: 0,
          bytes: [UInt8](repeating: 0, count: n))
      }
    },
    Edge(testDescription: "a transaction in parts", limit: Limits.transaction, code: .malformedMessage) { n in
      request {
        $0.part = TransactionPart(dot: Dot(Samples.replica, 1), hash: .zero, total: UInt64(n), offset: 0, bytes: [])
      }
    },
    Edge(testDescription: "a part's end", limit: 100, code: .malformedMessage) { n in
      request {
        $0.part = TransactionPart(
          dot: Dot(Samples.replica, 1), hash: .zero, total: 100, offset: 90, bytes: [UInt8](repeating: 0, count: n - 90)
        )
      }
    },
    Edge(testDescription: "a token", limit: Limits.token) { n in
      request { $0.pull = PullRequest(token: [UInt8](repeating: 0, count: n)) }
    },
    Edge(testDescription: "a floor", limit: 44, code: .malformedMessage) { n in
      request {
        $0.base = 44
        $0.floor = UInt64(n)
      }
    },
    Edge(testDescription: "intervals", limit: Limits.intervals) { n in
      request { $0.pending = DotSet((1...UInt64(n)).map { Dot(Samples.replica, $0 * 2) }) }
    },
    Edge(testDescription: "pending dots", limit: Limits.pendingDots) { n in
      request {
        $0.pending =
          DotSet(intervals: [DotSet.Interval(replica: Samples.replica, low: 1, high: UInt64(n))]) ?? DotSet()
      }
    },
    Edge(testDescription: "intervals that the author had seen", limit: Limits.seenIntervals) { n in
      transaction { $0.seen = DotSet((1...UInt64(n)).map { Dot(Samples.replica, $0 * 2) }) }
    },
    Edge(testDescription: "verdicts of a closing", limit: Limits.confirmed) { n in
      page {
        $0.closing?.confirmed = (1...UInt64(n)).map {
          Verdict(dot: Dot(Samples.replica, $0), seq: $0, effective: .zero)
        }
      }
    },
    Edge(testDescription: "an author", limit: Limits.label) { n in transaction { $0.author = text(n) } },
    Edge(testDescription: "groups of an insert", limit: Limits.columns) { n in
      transaction { $0.rows[0].operations = inserting(n) }
    },
    Edge(testDescription: "values of a group", limit: Limits.elements) { n in
      transaction { $0.rows[0].operations = [Operation(.set(2, [Value](repeating: .null, count: n)))] }
    },
    Edge(testDescription: "a value", limit: Limits.value) { n in
      transaction { $0.rows[0].operations = [Operation(.set(2, [.text(text(n))]))] }
    },
    Edge(testDescription: "operations of a row", limit: Limits.operations) { n in
      // The head alone decides; where it is taken, what it announces is missing.
      let head = cbor { $0.array(n) }
      let code = failure(reading: hex("84 01 81 01 F6") + head) { (r) throws(RelayError) in
        try r.rowChange(headerBase: 0)
      }
      return code == .malformedMessage ? nil : code
    },
    Edge(testDescription: "operations", limit: Limits.operations) { n in
      transaction {
        let half = n / 2
        $0.rows = [(1, half), (2, n - half)].map { key, count in
          RowChange(
            row: RowID(table: 1, values: [.integer(Int64(key))]), base: 0,
            operations: (1...count).map { Operation(.increment(UInt32($0), 1)) })
        }
      }
    },
    Edge(testDescription: "bytes of a transaction", limit: Limits.transaction) { n in
      let bytes = [UInt8](repeating: 0, count: n)
      let code = failure { () throws(RelayError) in try Transaction(decoding: bytes) }
      return code == .malformedMessage ? nil : code
    },
    Edge(testDescription: "writes of a cell", limit: Limits.siblings) { n in
      page {
        $0.runs[0].rows[0].stamps = [
          StampedCell(
            id: .live,
            writes: (1...UInt64(n)).map {
              StampedWrite(Stamp(dot: Dot(Samples.replica, $0), seq: $0, effective: .zero), .flag(true))
            })
        ]
      }
    },
    Edge(testDescription: "columns of a run", limit: Limits.columns) { n in
      page {
        // Both at once: what is half changed says nothing that could be changed further.
        var runs = $0.runs
        runs[1].columns = (1...UInt32(n)).map { $0 }
        runs[1].rows[0].values = [Value](repeating: 1, count: n)
        $0.runs = runs
      }
    },
    Edge(testDescription: "grants", limit: Limits.scopes) { n in
      page { $0.grants = names(n).map { ScopeGrant(scope: $0) } }
    },
    Edge(testDescription: "an enrolment code", limit: Limits.label) { n in
      var request = Samples.enrolRequest
      request.code = text(n)
      return failure { () throws(RelayError) in try EnrolRequest(decoding: request.encoded()) }
    },
    Edge(testDescription: "tables of a verification", limit: Limits.tables) { n in
      let response = VerifyResponse(tables: (1...UInt32(n)).map { .init(table: $0, digest: ScopeDigest()) })
      return failure { () throws(RelayError) in try VerifyResponse(decoding: response.encoded()) }
    },
    Edge(testDescription: "transactions asked for of a history", limit: Limits.historyPage, code: .malformedMessage) {
      n in
      var request = Samples.historyRequest
      request.most = UInt64(n)
      return failure { () throws(RelayError) in try HistoryRequest(decoding: request.encoded()) }
    },
    Edge(testDescription: "transactions of a history", limit: Limits.historyPage) { n in
      let records = (1...UInt64(n)).reversed().map { seq in
        HistoryRecord(
          verdict: Verdict(dot: Dot(Samples.replica, seq), seq: seq, effective: .zero), author: "", device: "",
          change: nil)
      }
      let response = HistoryResponse(head: UInt64(n), records: records)
      return failure { () throws(RelayError) in try HistoryResponse(decoding: response.encoded()) }
    },
    Edge(testDescription: "fields of a message", limit: Limits.fields) { n in
      let message = cbor { out in
        out.map(n)
        out.raw(Samples.error.encoded().dropFirst())
        // Those that nobody knows, after what an error reply may have.
        for key in 7..<n + 3 {
          out.unsigned(UInt64(key))
          out.null()
        }
      }
      return failure { () throws(RelayError) in try ErrorReply(decoding: message) }
    },
    Edge(testDescription: "nesting of what is skipped", limit: Limits.nesting - 1) { n in
      failure(reading: [UInt8](repeating: 0x81, count: n) + [0]) { (r) throws(RelayError) in try r.skip() }
    },
  ]
}
