import RelayProtocol

/// Bytes that every reader must refuse, and with which code.
struct InvalidVector {
  var name: String
  var kind: VectorKind
  var bytes: [UInt8]
  var code: ErrorCode = .malformedMessage
  /// The description in CDDL alone would take it: what is wrong lies beyond what CDDL can say.
  var isBeyondCDDL = false

  var json: JSON {
    .object(
      [
        ("name", .string(name)), ("kind", .string(kind.rawValue)), ("hex", .hex(bytes)),
        ("error", .string(code.rawValue)),
      ] + (isBeyondCDDL ? [("cddl", .string("accepts"))] : []))
  }
}

enum InvalidVectors {
  static let all: [InvalidVector] =
    spellings + values + keys + dotSets + StampVectors.invalid + PushVectors.invalid + transactions + messages + limits

  private static func value(_ name: String, _ bytes: String, _ code: ErrorCode = .malformedMessage) -> InvalidVector {
    InvalidVector(name: name, kind: .value, bytes: hex(bytes), code: code)
  }

  /// Second spellings of something that has a first.
  private static let spellings = [
    value("nothing at all", ""), value("a byte after the end", "00 00"), value("23 in two bytes", "18 17"),
    value("255 in three bytes", "19 00FF"), value("65535 in five bytes", "1A 0000FFFF"),
    value("2^32-1 in nine bytes", "1B 00000000FFFFFFFF"), value("-24 in two bytes", "38 17"),
    value("a length in two bytes", "78 01 61"), value("reserved additional information", "1C"),
    value("text of indefinite length", "7F 61 61 FF"), value("a blob of indefinite length", "5F 41 00 FF"),
    value("a break", "FF"), value("1.5 as a single", "FA 3FC00000"), value("1.5 as a double", "FB 3FF8000000000000"),
    value("a single as a double", "FB 3FB99999A0000000"), value("minus zero as a single", "FA 80000000"),
    value("infinity as a double", "FB 7FF0000000000000"),
    InvalidVector(
      name: "text marked as malformed that is UTF-8", kind: .value, bytes: hex("D9 5254 41 61"), isBeyondCDDL: true),
    InvalidVector(
      name: "a key that is an array of indefinite length", kind: .key, bytes: hex("9F 01 FF")),
    InvalidVector(
      name: "a message that is a map of indefinite length", kind: .errorReply,
      bytes: hex("BF 01 02 02 61 78 03 60 04 00 FF")),
  ]

  private static let values = [
    value("a NaN", "F9 7E00"), value("a NaN with a payload", "FB 7FF8000000000005"),
    value("a signalling NaN", "FA 7F800001"),
    value("an integer above 2^63-1", "1B 8000000000000000"), value("an integer below -2^63", "3B 8000000000000000"),
    value("true", "F5"), value("undefined", "F7"), value("a simple value", "E0"), value("an array", "80"),
    value("a map", "A0"),
    value("another tag", "C1 00"), value("the tag of malformed text on text", "D9 5254 61 61"),
    value("text that is no UTF-8", "61 FF"), value("text with half of a surrogate pair", "63 EDA080"),
    value("text with an overlong spelling", "62 C080"), value("text beyond U+10FFFF", "64 F4908080"),
  ]

  private static let keys = [
    InvalidVector(name: "a key without values", kind: .key, bytes: hex("80")),
    InvalidVector(name: "a key that is no array", kind: .key, bytes: hex("61 61")),
    InvalidVector(
      name: "a key of nine values", kind: .key, bytes: hex("89 01 02 03 04 05 06 07 08 09"), code: .limitExceeded),
    InvalidVector(
      name: "a key of 1025 bytes", kind: .key, bytes: RowID.encode([.blob([UInt8](repeating: 7, count: 1021))]),
      code: .limitExceeded, isBeyondCDDL: true),
  ]

  private static func dots(_ name: String, _ bytes: String, _ code: ErrorCode = .malformedMessage, cddl: Bool = false)
    -> InvalidVector
  {
    InvalidVector(name: name, kind: .dotSet, bytes: hex(bytes), code: code, isBeyondCDDL: cddl)
  }

  private static let dotSets = [
    dots("two numbers", "82 01 01"), dots("counter 0", "83 01 00 01"),
    dots("an interval that runs downwards", "83 01 02 01", cddl: true),
    dots("intervals that touch", "86 01 01 02 01 03 04", cddl: true),
    dots("intervals that overlap", "86 01 01 03 01 02 04", cddl: true),
    dots("the same interval twice", "86 01 01 01 01 01 01", cddl: true),
    dots("replicas out of order", "86 02 01 01 01 01 01", cddl: true),
    dots("a counter of 2^53", "83 01 01 1B 0020000000000000"),
    dots("1,000,001 dots", "83 01 01 1A 000F4241", .limitExceeded, cddl: true),
    dots("4097 intervals", "99 3003", .limitExceeded),
  ]

  private static func transaction(
    _ name: String, cddl: Bool = true, code: ErrorCode = .malformedMessage, _ change: (inout Transaction) -> Void
  ) -> InvalidVector {
    var transaction = Samples.transactions[1]
    transaction.rows[2].operations = [Operation(.touch)]
    change(&transaction)
    return InvalidVector(
      name: name, kind: .transaction, bytes: transaction.encoded(), code: code, isBeyondCDDL: cddl)
  }

  private static let transactions = [
    transaction("no rows", cddl: false) { $0.rows = [] },
    transaction("rows out of order") { $0.rows.swapAt(0, 1) },
    transaction("a row twice") { $0.rows.append($0.rows[2]) },
    transaction("a row without operations", cddl: false) { $0.rows[0].operations = [] },
    transaction("a cell written twice") { $0.rows[0].operations.insert(Operation(.set(2, ["b"])), at: 1) },
    transaction("operations out of order") { $0.rows[0].operations.swapAt(1, 2) },
    transaction("a delete beside another operation") { $0.rows[0].operations[0] = Operation(.delete) },
    transaction("an insert beside another operation") { $0.rows[0].operations[0] = Operation(.insert([])) },
    transaction("a set of group 0", cddl: false) { $0.rows[2].operations = [Operation(.set(0, [1]))] },
    transaction("an insert of group 0", cddl: false) {
      $0.rows[2].operations = [Operation(.insert([GroupValues(group: 0, values: [1])]))]
    },
    transaction("groups out of order") {
      $0.rows[2].operations = [
        Operation(.insert([GroupValues(group: 3, values: [1]), GroupValues(group: 2, values: [1])]))
      ]
    },
    transaction("counter 0", cddl: false) { $0.dot.counter = 0 },
    transaction("a base of 2^53", cddl: false) { $0.base = 1 << 53 },
    transaction("a row's base of 2^53", cddl: false) { $0.rows[0].base = 1 << 53 },
    transaction("a role of 256 bytes", cddl: false, code: .limitExceeded) {
      $0.role = String(repeating: "x", count: 256)
    },
    changed("a row that gives the base of the header", .transaction, cddl: true, Samples.transactions[0].encoded()) {
      let at = $0.count - 4
      $0[at] = 0x00
    },
    transaction("a parent's base that equals the header's") { $0.rows[2].parentBase = $0.base },
    changed("another format", .transaction, code: .unsupportedVersion, Samples.transactions[0].encoded()) {
      $0[2] = 2
    },
    changed("an unknown mode", .transaction, Samples.transactions[0].encoded()) {
      let at = $0.count - 14
      $0[at] = 2
    },
    changed("an unknown operation", .transaction, Samples.transactions[0].encoded()) {
      let at = $0.count - 2
      $0[at] = 7
    },
    changed("a field more than the format has", .transaction, Samples.transactions[0].encoded()) {
      $0[0] += 1
      $0 += hex("0E 00")
    },
    changed("fields in another order", .transaction, Samples.transactions[0].encoded()) {
      $0[1] = 2
    },
  ]

  private static func changed(
    _ name: String, _ kind: VectorKind, code: ErrorCode = .malformedMessage, cddl: Bool = false, _ bytes: [UInt8],
    _ change: (inout [UInt8]) -> Void
  ) -> InvalidVector {
    var bytes = bytes
    change(&bytes)
    return InvalidVector(name: name, kind: kind, bytes: bytes, code: code, isBeyondCDDL: cddl)
  }

  private static func request(
    _ name: String, code: ErrorCode = .malformedMessage, cddl: Bool = false, _ change: (inout SyncRequest) -> Void
  ) -> InvalidVector {
    var request = Samples.requests[0]
    change(&request)
    return InvalidVector(
      name: name, kind: .syncRequest, bytes: request.encoded(), code: code, isBeyondCDDL: cddl)
  }

  private static func page(_ name: String, cddl: Bool = true, _ change: (inout PullPage) -> Void) -> InvalidVector {
    var page = Samples.page
    page.closing = Samples.closing
    change(&page)
    let response = SyncResponse(epoch: Samples.epoch, time: 0, page: page)
    return InvalidVector(name: name, kind: .syncResponse, bytes: response.encoded(), isBeyondCDDL: cddl)
  }

  private static func verification(_ name: String, _ change: (inout VerifyResponse) -> Void) -> InvalidVector {
    var response = Samples.verifyResponse
    change(&response)
    return InvalidVector(name: name, kind: .verifyResponse, bytes: response.encoded(), isBeyondCDDL: true)
  }

  private static func history(_ name: String, _ change: (inout HistoryResponse) -> Void) -> InvalidVector {
    var response = Samples.historyResponse
    change(&response)
    return InvalidVector(name: name, kind: .historyResponse, bytes: response.encoded(), isBeyondCDDL: true)
  }

  private static let enrolment: [UInt8] = {
    var response = Samples.enrolResponse
    response.grants.reverse()
    return response.encoded()
  }()

  private static let zero = "00000000000000000000000000000000"
  private static let answers = "85 50 \(zero) 60 00 00 50 \(zero)"

  private static let messages = [
    changed("protocol version 1", .syncRequest, code: .unsupportedVersion, Samples.requests[0].encoded()) { $0[2] = 1 },
    changed("protocol version 3", .syncRequest, code: .unsupportedVersion, Samples.requests[0].encoded()) { $0[2] = 3 },
    InvalidVector(
      name: "protocol version 3, and nothing else of version 2", kind: .syncResponse, bytes: hex("A1 01 03"),
      code: .unsupportedVersion),
    InvalidVector(name: "a message without fields", kind: .syncRequest, bytes: hex("A0")),
    InvalidVector(name: "a message that is an array", kind: .errorReply, bytes: hex("84 01 60 60 00")),
    InvalidVector(name: "a required field is missing", kind: .errorReply, bytes: hex("A3 01 02 02 61 78 03 60")),
    InvalidVector(
      name: "required fields out of order", kind: .errorReply, bytes: hex("A4 01 02 03 60 02 61 78 04 00")),
    InvalidVector(
      name: "a required field twice", kind: .errorReply, bytes: hex("A5 01 02 02 61 78 03 60 04 00 04 00")),
    InvalidVector(
      name: "a field of a later version twice", kind: .errorReply,
      bytes: hex("A6 01 02 02 61 78 03 60 04 00 07 00 07 00")),
    InvalidVector(
      name: "a field's name in two bytes", kind: .errorReply, bytes: hex("A4 01 02 02 61 78 18 03 60 04 00")),
    InvalidVector(
      name: "what is skipped must be deterministic too: keys out of order", kind: .errorReply,
      bytes: hex("A5 01 02 02 61 78 03 60 04 00 07 A2 02 00 01 00")),
    InvalidVector(
      name: "what is skipped must be deterministic too: NaN", kind: .errorReply,
      bytes: hex("A5 01 02 02 61 78 03 60 04 00 07 F9 7E00")),
    InvalidVector(
      name: "a hash of 15 bytes", kind: .enrolRequest,
      bytes: hex("A6 01 02 02 4F 000000000000000000000000000000 03 60 04 50 \(zero) 05 00 06 50 \(zero)")),
    verification("tables of a verification out of order") { $0.tables.reverse() },
    verification("rows of a verification out of order") { $0.rows.reverse() },
    InvalidVector(
      name: "grants of an enrolment out of order", kind: .enrolResponse, bytes: enrolment, isBeyondCDDL: true),
    request("a scope named in another spelling than normalisation form C", cddl: true) {
      $0.scopes = ["unit/e\u{301}"]
    },
    request("a scope named with a sign that is another one's twin", cddl: true) { $0.scopes = ["unit/\u{212A}"] },
    InvalidVector(
      name: "rights that nobody knows", kind: .enrolResponse,
      bytes: hex(
        "A8 01 02 02 \(answers) 03 50 \(zero) 04 50 \(zero) 05 60 06 60 07 60 08 81 82 61 61 04")),
    InvalidVector(
      name: "a table id of 2^32", kind: .verifyRequest,
      bytes: hex("A6 01 02 02 50 \(zero) 03 50 \(zero) 04 00 05 1B 0000000100000000 06 40")),
    InvalidVector(
      name: "more of a history than may be asked for", kind: .historyRequest,
      bytes: hex("A7 01 02 02 50 \(zero) 03 50 \(zero) 04 01 05 81 01 06 00 07 19 01F5")),
    InvalidVector(
      name: "rows asked for out of order", kind: .rowsRequest,
      bytes: hex("A5 01 02 02 50 \(zero) 03 50 \(zero) 04 00 05 82 82 02 81 01 82 01 81 01"),
      isBeyondCDDL: true),
    InvalidVector(
      name: "version 0 of a schema", kind: .rowsRequest,
      bytes: hex("A6 01 02 02 50 \(zero) 03 50 \(zero) 04 00 05 80 06 00")),
    InvalidVector(
      name: "more rows answered than may be asked for", kind: .rowsResponse,
      bytes: hex("A4 01 02 02 \(answers) 03 80 04 19 03E9")),
    history("a history that ascends") { $0.records.reverse() },
    history("a transaction twice in a history") { $0.records.insert($0.records[0], at: 0) },
    InvalidVector(
      name: "a change in a history that leaves its base to a header", kind: .historyResponse,
      bytes: hex(
        "A6 01 02 02 \(answers) 03 01 04 80 05 81 85 85 01 01 01 00 F4 60 60 00 84 01 81 01 F6 81 82 05 00 06 00")),
    request("a floor above the base", cddl: true) { $0.floor = 1 },
    request("scopes out of order", cddl: true) { $0.scopes = ["b", "a"] },
    request("a scope twice", cddl: true) { $0.scopes = ["a", "a"] },
    request("a part beyond its transaction", cddl: true) {
      $0.part = TransactionPart(dot: Dot(Samples.replica, 1), hash: .zero, total: 10, offset: 8, bytes: [1, 2, 3])
    },
    request("a part of a transaction that is too large") {
      $0.part = TransactionPart(
        dot: Dot(Samples.replica, 1), hash: .zero, total: UInt64(Limits.transaction) + 1, offset: 0, bytes: [])
    },
    page("grants out of order") { $0.grants.reverse() },
    page("a token on the last page") { $0.token = [1] },
    page("a page that is neither the last nor says how to go on") { $0.closing = nil },
    page("verdicts out of order") { $0.closing?.confirmed.reverse() },
    page("exits out of order") { $0.closing?.exits.reverse() },
    page("entries out of order") { $0.runs[0].rows[2].entries.reverse() },
    page("an entry without writes", cddl: false) { $0.runs[0].rows[2].entries[0].siblings = [] },
    page("columns of a run out of order") { $0.runs[0].columns.reverse() },
    page("a row with more values than its run has columns") { $0.runs[0].rows[0].values?.append(1) },
    page("a row with fewer values than its run has columns") { $0.runs[0].rows[0].values?.removeLast() },
  ]

  /// Lengths that are refused by their head alone: nothing of what they announce is there, or may be waited for.
  private static let limits = [
    value("text of 1 MiB and a byte", "7A 00100001", .limitExceeded),
    value("a blob of 1 MiB and a byte", "5A 00100001", .limitExceeded),
    value("a blob of 2^64-1 bytes", "5B FFFFFFFFFFFFFFFF", .limitExceeded),
    value("malformed text of 1 MiB and a byte", "D9 5254 5A 00100001", .limitExceeded),
    value("text of 1 MiB of which nothing is there is cut, not too large", "7A 00100000"),
    InvalidVector(name: "a key's text of 1 MiB", kind: .key, bytes: hex("81 7A 00100000"), code: .limitExceeded),
    InvalidVector(name: "65 fields", kind: .errorReply, bytes: hex("B8 41"), code: .limitExceeded),
    InvalidVector(
      name: "a code of 256 bytes", kind: .errorReply, bytes: hex("A4 01 02 02 79 0100 7878"), code: .limitExceeded),
    InvalidVector(
      name: "a message of 4097 bytes", kind: .errorReply, bytes: hex("A4 01 02 02 60 03 79 1001"), code: .limitExceeded),
    InvalidVector(
      name: "16 arrays in each other in a field of a later version", kind: .errorReply,
      bytes: hex("A5 01 02 02 60 03 60 04 00 07 81818181818181818181818181818181 00"), code: .limitExceeded),
    InvalidVector(
      name: "an array of 2^64-1 items in a field of a later version", kind: .errorReply,
      bytes: hex("A5 01 02 02 60 03 60 04 00 07 9B FFFFFFFFFFFFFFFF")),
    InvalidVector(
      name: "a key of 1025 bytes to go on after", kind: .verifyRequest,
      bytes: hex("A6 01 02 02 50 \(zero) 03 50 \(zero) 04 00 05 01 06 59 0401"), code: .limitExceeded),
    InvalidVector(
      name: "501 transactions of a history", kind: .historyResponse,
      bytes: hex("A6 01 02 02 \(answers) 03 01 04 80 05 99 01F5 F6"),
      code: .limitExceeded),
    InvalidVector(
      name: "1001 rows asked for", kind: .rowsRequest,
      bytes: hex("A5 01 02 02 50 \(zero) 03 50 \(zero) 04 00 05 99 03E9"), code: .limitExceeded),
    cut("1,000,001 rows", .transaction, Samples.transactions[0].encoded(), before: hex("81 84 03"), hex("9A 000F4241")),
    cut("4097 scopes", .syncRequest, Samples.requests[0].encoded(), before: hex("80 0C 60"), hex("99 1001")),
    cut("10,001 transactions", .syncRequest, Samples.requests[0].encoded(), after: hex("0C 60 0D"), hex("99 2711")),
  ]

  /// A message up to a place, and there a head that announces too much.
  private static func cut(
    _ name: String, _ kind: VectorKind, _ bytes: [UInt8], before: [UInt8] = [], after: [UInt8] = [], _ head: [UInt8]
  ) -> InvalidVector {
    let mark = before.isEmpty ? after : before
    guard let at = bytes.indices.last(where: { bytes[$0...].starts(with: mark) }) else { fatalError("\(name)") }
    return InvalidVector(
      name: name, kind: kind, bytes: Array(bytes[..<(before.isEmpty ? at + mark.count : at)]) + head,
      code: .limitExceeded)
  }
}
