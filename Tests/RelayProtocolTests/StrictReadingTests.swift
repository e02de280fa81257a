import RelayProtocol
import Testing

/// What a careless reader would let through: each of these is a second spelling of something, or something that no
/// writer writes.
struct StrictReadingTests {
  @Test("a required field that comes again after the required ones is no unknown field")
  func repeatedField() {
    var bytes = Samples.enrolRequest.encoded()
    bytes[0] = 0xA7
    #expect(failure { () throws(RelayError) in try EnrolRequest(decoding: bytes + hex("06 40")) } == .malformedMessage)
    #expect(failure { () throws(RelayError) in try EnrolRequest(decoding: bytes + hex("18 40 40")) } == nil)
  }

  @Test("a cell's name has a group: an empty array does not borrow one from what follows")
  func emptyCellID() {
    #expect(failure(reading: hex("80 05")) { (r) throws(RelayError) in try r.cellID() } == .malformedMessage)
    #expect(failure(reading: hex("81 05")) { (r) throws(RelayError) in try r.cellID() } == nil)
  }

  @Test("an element that is absent and an element that is NULL are two cells")
  func absentElementIsNotNull() throws {
    let (absent, null) = (CellID(9), CellID(9, element: Value.null))
    #expect(absent != null)
    #expect(absent < null)
    for (id, bytes) in [(absent, hex("81 09")), (null, hex("82 09 F6"))] {
      #expect(cbor { $0.cellID(id) } == bytes)
      #expect(try CBORReader.decode(bytes) { (r) throws(RelayError) in try r.cellID() } == id)
    }
  }

  @Test("a row's trailing lists are left out where they are empty", arguments: ["F6", "F6 80", "\(stamps) 80"])
  func trailingLists(_ lists: String) {
    let count = lists == "F6" ? "84" : "85"
    let page = "84 80 60 81 83 03 80 81 \(count) 01 81 01 80 \(lists) 40"
    #expect(failure(reading: hex(page)) { (r) throws(RelayError) in try r.pullPage() } == .malformedMessage)
  }
  private static let stamps = "82 84 01 01 F6 00 41 01"

  private let zero = String(repeating: "00", count: 16)

  @Test("a refusal without a row names no table")
  func refusalWithoutRow() {
    func response(table: String) -> [UInt8] {
      hex(
        "A6 01 02 02 85 50 \(zero) 60 00 00 50 \(zero) 03 50 \(zero) 04 00"
          + "05 81 86 01 01 01 00 F4 85 61 78 \(table) F6 00 60 06 00"
      )
    }
    #expect(failure { () throws(RelayError) in try SyncResponse(decoding: response(table: "00")) } == nil)
    #expect(failure { () throws(RelayError) in try SyncResponse(decoding: response(table: "03")) } == .malformedMessage)
  }

  @Test("a cell's writes ascend by dot")
  func orderOfWrites() {
    for list in [
      [Samples.write(2, .delta(1)), Samples.write(1, .delta(1))],
      [Samples.write(1, .delta(1)), Samples.write(1, .delta(2))],
    ] {
      let bytes = cbor { $0.cells([Cell(id: CellID(7), writes: list)]) }
      #expect(failure(reading: bytes) { (r) throws(RelayError) in try r.cells() } == .malformedMessage)
    }
  }

  @Test("a history descends, and each transaction stands once in it")
  func orderOfHistory() {
    func code(_ change: (inout HistoryResponse) -> Void) -> ErrorCode? {
      var history = Samples.historyResponse
      change(&history)
      return failure { () throws(RelayError) in try HistoryResponse(decoding: history.encoded()) }
    }
    #expect(code { _ in } == nil)
    #expect(code { $0.records.reverse() } == .malformedMessage)
    #expect(code { $0.records.insert($0.records[0], at: 0) } == .malformedMessage)
    #expect(code { $0.cells.reverse() } == .malformedMessage)
    #expect(code { $0.records[0].change?.operations = [] } == .malformedMessage)
  }

  @Test("lists of a page and of a verification ascend")
  func orderOfLists() {
    func code(_ change: (inout PullPage) -> Void) -> ErrorCode? {
      var page = Samples.page
      page.closing = Samples.closing
      change(&page)
      return failure(reading: cbor { $0.pullPage(page) }) { (r) throws(RelayError) in try r.pullPage() }
    }
    #expect(code { _ in } == nil)
    #expect(code { $0.grants.reverse() } == .malformedMessage)
    #expect(code { $0.grants.append($0.grants[2]) } == .malformedMessage)
    #expect(code { $0.closing?.exits.reverse() } == .malformedMessage)
    #expect(code { $0.closing?.exits.append(Samples.composite) } == .malformedMessage)
    #expect(code { $0.closing?.confirmed.reverse() } == .malformedMessage)
    #expect(code { $0.runs[0].rows[2].entries.reverse() } == .malformedMessage)
    #expect(code { $0.runs[0].rows[2].entries[0].siblings = [] } == .malformedMessage)
    #expect(code { $0.token = [1] } == .malformedMessage)
    #expect(code { $0.closing = nil } == .malformedMessage)

    var enrolment = Samples.enrolResponse
    enrolment.grants.reverse()
    #expect(
      failure { () throws(RelayError) in try EnrolResponse(decoding: enrolment.encoded()) } == .malformedMessage)
    var verification = Samples.verifyResponse
    verification.rows.reverse()
    #expect(
      failure { () throws(RelayError) in try VerifyResponse(decoding: verification.encoded()) } == .malformedMessage)
    verification = Samples.verifyResponse
    verification.tables.reverse()
    #expect(
      failure { () throws(RelayError) in try VerifyResponse(decoding: verification.encoded()) } == .malformedMessage)
  }

  @Test(
    "what a reader skips is deterministic CBOR too",
    arguments: [
      ("A2 01 00 02 00", true), ("A2 61 61 00 61 62 00", true), ("A2 02 00 01 00", false), ("A2 01 00 01 00", false),
      ("A2 61 62 00 61 61 00", false), ("A2 18 18 00 01 00", false), ("62 C3 A9", true), ("62 C3 28", false),
      ("18 17", false), ("9F FF", false), ("F7", false), ("F9 7E00", false), ("FB 3FF8000000000000", false),
      ("C1 00", true), ("82 F4 F6", true),
    ])
  func skipping(_ item: String, _ isFine: Bool) {
    let code = failure(reading: hex(item)) { (r) throws(RelayError) in try r.skip() }
    #expect(code == (isFine ? nil : .malformedMessage))
  }

  @Test(
    "a length beyond the message is a malformed message, not a limit",
    arguments: [
      "45 00", "5A 00010000", "7A 00010000", "9A 00010000", "BA 00010000", "5B FFFFFFFFFFFFFFFF", "9B FFFFFFFFFFFFFFFF",
    ])
  func lengthBeyondInput(_ item: String) {
    #expect(failure(reading: hex(item)) { (r) throws(RelayError) in try r.skip() } == .malformedMessage)
  }

  @Test("a schema's version begins at 1, whoever says it")
  func versionZero() {
    var request = Samples.requests[1]
    request.installed = 0
    #expect(failure { () throws(RelayError) in try SyncRequest(decoding: request.encoded()) } == .malformedMessage)
    let response = SyncResponse(epoch: .zero, time: 0, schemaVersion: 0)
    #expect(failure { () throws(RelayError) in try SyncResponse(decoding: response.encoded()) } == .malformedMessage)
  }

  @Test("rows that are asked for ascend")
  func orderOfRowsAsked() {
    var request = Samples.rowsRequests[1]
    request.rows.reverse()
    #expect(failure { () throws(RelayError) in try RowsRequest(decoding: request.encoded()) } == .malformedMessage)
    request.rows = [Samples.row, Samples.row]
    #expect(failure { () throws(RelayError) in try RowsRequest(decoding: request.encoded()) } == .malformedMessage)
  }

  @Test("a counter begins at 1, whoever says it")
  func counterZero() {
    let zero = Dot(Samples.replica, 0)
    let write = cbor { $0.cellWrite(CellWrite(dot: zero, seq: 1, effective: .zero, value: .delta(1))) }
    #expect(failure(reading: write) { (r) throws(RelayError) in try r.cellWrite() } == .malformedMessage)
    let verdict = SyncResponse(epoch: .zero, time: 0, verdicts: [Verdict(dot: zero, seq: 1, effective: .zero)])
    #expect(failure { () throws(RelayError) in try SyncResponse(decoding: verdict.encoded()) } == .malformedMessage)
    var request = Samples.requests[1]
    request.part?.dot = zero
    #expect(failure { () throws(RelayError) in try SyncRequest(decoding: request.encoded()) } == .malformedMessage)
    var transaction = Samples.transactions[0]
    transaction.dot = zero
    #expect(failure { () throws(RelayError) in try Transaction(decoding: transaction.encoded()) } == .malformedMessage)
    let interval = hex("83 01 00 02")
    var bytes = Samples.requests[0].encoded()
    let at = bytes.count - Array("08 80 09 00 0A 80 0B 60 0C 80".split(separator: " ")).count + 1
    bytes.replaceSubrange(at...at, with: interval)
    #expect(failure { () throws(RelayError) in try SyncRequest(decoding: bytes) } == .malformedMessage)
  }

  @Test(
    "a replica's name is sixteen lower-case digits",
    arguments: ["+123456789abcdef", "0123456789ABCDEF", "0123", "0x23456789abcdef"])
  func replicaNames(_ text: String) { #expect(ReplicaID(text) == nil) }

  @Test("a replica's name reads back")
  func replicaNameReadsBack() {
    #expect(ReplicaID("0123456789abcdef") == Samples.replica)
    #expect(Samples.replica.description == "0123456789abcdef")
    #expect(ReplicaID(bits: 0xA).description == "000000000000000a")
  }

  @Test("a newer peer's fields are passed over in every message", arguments: MessageKind.allCases)
  func unknownFields(_ kind: MessageKind) {
    for bytes in kind.samples {
      var longer = bytes + hex("18 3F A1 01 82 F4 61 78")
      longer[0] += 1
      let code = failure { () throws(RelayError) in
        let again = try kind.again(longer)
        #expect(again == bytes)
      }
      #expect(code == (kind.hasOptionalFields ? nil : .malformedMessage))
    }
  }

  @Test("another protocol version is named before anything else is judged", arguments: MessageKind.allCases)
  func otherVersion(_ kind: MessageKind) {
    for bytes in kind.samples {
      var other = bytes
      other[2] = 3
      #expect(failure { () throws(RelayError) in try kind.again(other) } == .unsupportedVersion)
    }
    #expect(failure { () throws(RelayError) in try kind.again(hex("A1 01 04")) } == .unsupportedVersion)
  }

  @Test("NaN is written as NULL, as SQLite stores it, and never read")
  func notANumber() {
    #expect(cbor { $0.value(.real(.nan)) } == hex("F6"))
    for item in ["F9 7E00", "FA 7FC00001", "FB 7FF8000000000001"] {
      #expect(failure(reading: hex(item)) { (r) throws(RelayError) in try r.value() } == .malformedMessage)
    }
  }
}
