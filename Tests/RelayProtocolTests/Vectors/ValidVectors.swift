import RelayProtocol

/// One valid item of Protocol/vectors.
struct ValidVector {
  var name: String
  var kind: VectorKind
  var bytes: [UInt8]

  func json() throws(RelayError) -> JSON {
    let (content, again) = try kind.read(bytes)
    var fields: [(String, JSON)] = [
      ("name", .string(name)), ("kind", .string(kind.rawValue)), ("hex", .hex(bytes)), ("content", content),
    ]
    // What only a newer peer knows is passed over, so that these bytes do not come back.
    if again != bytes { fields.append(("again", .hex(again))) }
    return .object(fields)
  }
}

/// The edges of every small type, and every message: full, and as small as it can be.
enum ValidVectors {
  static let small: [ValidVector] =
    values.map { name, value in ValidVector(name: name, kind: .value, bytes: cbor { $0.value(value) }) }
    + keys.map { name, values in ValidVector(name: name, kind: .key, bytes: RowID.encode(values)) }
    + dotSets.map { name, set in ValidVector(name: name, kind: .dotSet, bytes: cbor { $0.dotSet(set) }) }
    + runs.map { name, run in
      ValidVector(name: name, kind: .run, bytes: Array(EncodedRows([run]).bytes.dropFirst()))
    }

  private static let values: [(String, Value)] = [
    ("NULL", .null), ("zero", 0), ("the last integer within its head", 23), ("the first integer of one byte", 24),
    ("255", 255), ("256", 256), ("65535", 65535), ("65536", 65536), ("2^32-1", 4_294_967_295),
    ("2^32", 4_294_967_296), ("2^53-1", 9_007_199_254_740_991), ("2^53", 9_007_199_254_740_992),
    ("the greatest integer", .integer(.max)), ("-1", -1), ("-24", -24), ("-25", -25), ("-256", -256), ("-257", -257),
    ("-2^53", -9_007_199_254_740_992), ("the least integer", .integer(.min)),
    ("a real that is zero, not an integer", .real(0)), ("minus zero", .real(-0.0)), ("a real 1", .real(1)),
    ("1.5 fits a half", .real(1.5)), ("the greatest half", .real(65504)), ("65505 needs a single", .real(65505)),
    ("the least subnormal half", .real(0x1p-24)), ("half of it needs a single", .real(0x1p-25)),
    ("the least subnormal single", .real(0x1p-149)), ("half of it needs a double", .real(0x1p-150)),
    ("the greatest single", .real(Double(Float.greatestFiniteMagnitude))), ("0.1 needs a double", .real(0.1)),
    ("the greatest double", .real(.greatestFiniteMagnitude)), ("the least normal double", .real(.leastNormalMagnitude)),
    ("the least subnormal double", .real(.leastNonzeroMagnitude)), ("infinity", .real(.infinity)),
    ("minus infinity", .real(-.infinity)), ("a real beyond 2^53", .real(9_007_199_254_740_994)),
    ("NaN is written as NULL", .real(.nan)), ("a NaN with a payload too", .real(Double(nan: 5, signaling: false))),
    ("empty text", ""), ("text with NUL", "a\u{0}b"), ("é as one character", "\u{E9}"),
    ("é as e and an accent is another text", "e\u{301}"), ("a character beyond 16 bits", "\u{1F511}"),
    ("text that is no UTF-8", .malformedText([0x61, 0xFF])),
    ("text with half of a surrogate pair", .malformedText([0xED, 0xA0, 0x80])),
    ("text with an overlong spelling", .malformedText([0xC0, 0x80])), ("an empty blob", .blob([])),
    ("a blob is not text", .blob([0x61])), ("a blob of 24 bytes", .blob([UInt8](repeating: 0xA5, count: 24))),
  ]

  private static let keys: [(String, [Value])] = [
    ("a key of one text", ["m-1"]), ("a key of three values", ["m-1", 7, .blob([1, 2])]),
    ("a key of eight values", [1, 2, 3, 4, 5, 6, 7, 8]), ("a key with NULL", [.null]),
    ("a key of 1024 bytes", [.blob([UInt8](repeating: 7, count: 1020))]),
  ]

  private static let dotSets: [(String, DotSet)] = [
    ("no dots", DotSet()), ("one dot", DotSet([Dot(Samples.replica, 1)])),
    ("dots that touch are one interval", DotSet((4...9).map { Dot(Samples.replica, $0) })),
    ("a gap, and a second replica", DotSet([1, 2, 4].map { Dot(Samples.replica, $0) } + [Dot(Samples.other, 2)])),
    ("the replica with all bits set", DotSet([Dot(ReplicaID(bits: .max), 1)])),
    ("a counter of 2^53-1", DotSet([Dot(ReplicaID(bits: 0), 9_007_199_254_740_991)])),
  ]

  /// Each row of a run alone, and all of them in one, where stamps lean on those before.
  private static let runs: [(String, RowRun)] =
    Samples.stampedRun.rows.enumerated().map { at, row in
      (Samples.stamps[at].name, RowRun(table: 3, columns: Samples.stampedRun.columns, rows: [row]))
    } + [("all of these in one run", Samples.stampedRun)]

  static let messages: [ValidVector] =
    list("transaction", .transaction, Samples.transactions.map { $0.encoded() })
    + list("sync request", .syncRequest, Samples.requests.map { $0.encoded() })
    + list("sync response", .syncResponse, Samples.responses.map { $0.encoded() })
    + list("every refusal", .syncResponse, [refusals.encoded()])
    + list("enrol request", .enrolRequest, MessageKind.enrolRequest.samples)
    + list("enrol response", .enrolResponse, MessageKind.enrolResponse.samples)
    + list("verify request", .verifyRequest, MessageKind.verifyRequest.samples)
    + list("verify response", .verifyResponse, [Samples.verifyResponse.encoded(), VerifyResponse().encoded()])
    + list("history request", .historyRequest, MessageKind.historyRequest.samples)
    + list("history response", .historyResponse, MessageKind.historyResponse.samples)
    + list("rows request", .rowsRequest, MessageKind.rowsRequest.samples)
    + list("rows response", .rowsResponse, MessageKind.rowsResponse.samples)
    + list("error reply", .errorReply, MessageKind.errorReply.samples)
    + MessageKind.allCases.filter(\.hasOptionalFields).map(\.withLaterField)

  private static func list(_ name: String, _ kind: VectorKind, _ messages: [[UInt8]]) -> [ValidVector] {
    messages.enumerated().map { ValidVector(name: "\(name) \($0 + 1)", kind: kind, bytes: $1) }
  }

  private static let refusals = SyncResponse(
    epoch: Samples.epoch, time: .max,
    verdicts: RefusalRule.allCases.enumerated().map { at, rule in
      Verdict(
        dot: Dot(Samples.replica, UInt64(at) + 1), seq: UInt64(at) + 1, effective: HybridTime(bits: .max),
        refusal: Refusal(rule: rule, row: Samples.composite, message: ""))
    })
}

extension MessageKind {
  var vector: VectorKind {
    switch self {
    case .transaction: .transaction
    case .syncRequest: .syncRequest
    case .syncResponse: .syncResponse
    case .enrolRequest: .enrolRequest
    case .enrolResponse: .enrolResponse
    case .errorReply: .errorReply
    case .verifyRequest: .verifyRequest
    case .verifyResponse: .verifyResponse
    case .historyRequest: .historyRequest
    case .historyResponse: .historyResponse
    case .rowsRequest: .rowsRequest
    case .rowsResponse: .rowsResponse
    }
  }

  /// The smallest sample with a field that no version 1 knows.
  fileprivate var withLaterField: ValidVector {
    var bytes = samples[0] + hex("18 3F A1 01 82 F4 61 78")
    bytes[0] += 1
    return ValidVector(name: "\(vector.rawValue) with a field of a later version", kind: vector, bytes: bytes)
  }
}
