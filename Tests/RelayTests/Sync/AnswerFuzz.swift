import Relay
internal import RelayProtocol
import RelaySimulation

/// Makes answers that a hub might give and should not: well-formed ones at random, and mutations of their bytes. Names no
/// row of the work that a test keeps watch over.
struct AnswerFuzz: Sendable {
  private var random: SplitMix

  init(seed: UInt64) { random = SplitMix(state: seed &* 0x9E37_79B9_7F4A_7C15 | 1) }

  private mutating func below(_ count: Int) -> Int { random.int(0..<max(1, count)) }
  private mutating func chance(_ of: Int) -> Bool { below(of) == 0 }
  private mutating func one<T>(_ values: [T]) -> T { values[below(values.count)] }
  private mutating func some<T>(upTo most: Int, _ make: (inout AnswerFuzz) -> T) -> [T] {
    var made: [T] = []
    for _ in 0..<below(most + 1) { made.append(make(&self)) }
    return made
  }

  private mutating func number() -> UInt64 {
    one([0, 1, 2, 3, 4, 7, 100, 1 << 32, Limits.sequence - 1, Limits.sequence])
  }

  // MARK: Well-formed

  mutating func answer(_ request: SyncRequest) -> TransportResponse {
    if chance(8) {
      // A hub that says so is no defect of the client.
      let code = one(ErrorCode.allCases.filter { $0 != .invariant }.map(\.rawValue) + ["nobody_knows"])
      let reply = ErrorReply(code: code, message: one(["", "\u{202E}why\u{1B}[2J", "x"]), retryAfter: number())
      return TransportResponse(status: one([400, 409, 500, 503]), body: reply.encoded())
    }
    if chance(20) { return TransportResponse(status: one([200, 302, 407, 413, 503]), body: [], isFromHub: false) }
    var response = SyncResponse(
      epoch: chance(6) ? Hash128(high: 3, low: 3) : request.epoch, time: one([0, 1_700_000_000_000, .max]))
    response.verdicts = verdicts(request)
    if request.part != nil || chance(10) { response.partReceived = min(number(), UInt64(Limits.transaction)) }
    if chance(3) { response.schemaVersion = one([1, 2, 1 << 40]) }
    if !chance(5) { response.page = page(request) }
    return TransportResponse(status: 200, body: response.encoded())
  }

  private mutating func verdicts(_ request: SyncRequest) -> [Verdict] {
    var seq = UInt64(below(5))
    return some(upTo: 3) { fuzz in
      seq += 1 + UInt64(fuzz.below(3))
      let replica = fuzz.chance(3) ? ReplicaID(bits: 77) : request.replica
      let counter = UInt64(1 + fuzz.below(4))
      var verdict = Verdict(
        dot: Dot(replica, counter), seq: seq,
        effective: HybridTime(bits: fuzz.one([0, 1, .max, 1_700_000_000_000 << 16])),
        opensEntries: fuzz.chance(2))
      if fuzz.chance(3) {
        verdict.refusal = Refusal(
          rule: fuzz.one(RefusalRule.allCases), row: fuzz.chance(2) ? nil : fuzz.row(), group: UInt32(fuzz.below(9)),
          message: fuzz.one(["", "no\u{202E}"]))
      }
      return verdict
    }
  }

  private mutating func row() -> RowID {
    switch below(4) {
    case 0: RowID(table: 1, values: [.text("r\(below(4))")])
    case 1: RowID(table: 2, values: [.text("r\(below(4))"), .text("d\(below(2))")])
    case 2: RowID(table: 3, values: [.text("r\(below(4))")])
    default: RowID(table: one([1, 2, 3, 9]), values: [one([.integer(5), .null, .text(""), .blob([0])])])
    }
  }

  private mutating func value() -> Value {
    switch below(8) {
    case 0: .null
    case 1: .integer(one([0, 1, -1, .max, .min]))
    case 2: .real(one([0, -0.5, .infinity, 1e300]))
    case 3: .blob([0xFF])
    case 4: .text("[\"x\"]")
    case 5: .text("u\(below(3))")
    default: .text(one(["", "low", "Ann", "\u{202E}", "1"]))
    }
  }

  private mutating func write(_ seq: UInt64) -> CellWrite {
    let value: CellValue =
      switch below(3) {
      case 0: .values([self.value()])
      case 1: .delta(one([1, -1, .max, .min]))
      default: .flag(chance(2))
      }
    return CellWrite(
      dot: Dot(ReplicaID(bits: UInt64(1 + below(3))), UInt64(1 + below(5))), seq: seq,
      effective: HybridTime(bits: one([0, 5, .max])), value: value)
  }

  private mutating func record(_ row: RowID, _ columns: Int) -> RowRecord {
    let seq = number()
    var record = RowRecord(row: row, seq: seq, values: nil)
    if !chance(5) { record.values = (0..<columns).map { _ in value() } }
    if record.values != nil, chance(3) {
      let cell = Cell(id: CellID(UInt32(below(10))), writes: [write(min(seq, Limits.sequence))])
      record.stamps = [StampedCell(cell, shown: nil)]
    }
    if chance(6) {
      let siblings = (0..<2).map { _ in SiblingRecord(write: write(1), author: "a\u{7}", device: "d") }
      record.entries = [EntryRecord(cell: CellID(UInt32(below(10))), opened: number(), siblings: siblings)]
    }
    return record
  }

  private mutating func page(_ request: SyncRequest) -> PullPage {
    let grants = one([
      [ScopeGrant(scope: "unit/u1")], [], [ScopeGrant(scope: "unit/u1"), ScopeGrant(scope: "unit/u2")],
      [ScopeGrant(scope: "everyone")],
    ])
    var runs: [RowRun] = []
    for _ in 0..<below(3) {
      let table = UInt32(1 + below(3))
      let columns: [UInt32] = [[2, 3, 4, 5, 6, 7, 8], [3], [2, 3]][Int(table) - 1]
      let rows = Set(some(upTo: 4) { $0.row() }).filter { $0.table == table }.sorted()
      if rows.isEmpty { continue }
      runs.append(RowRun(table: table, columns: columns, rows: rows.map { record($0, columns.count) }))
    }
    var page = PullPage(
      grants: grants, role: one([request.role, request.role, "office", "nobody"]), rows: EncodedRows(runs))
    if chance(3) {
      page.token = [UInt8(below(4))]
      return page
    }
    var closing = PullClosing(
      head: one([request.base, request.base &+ 1, 5, number()]), logHash: Hash128(high: UInt64(below(3)), low: 1))
    closing.head = min(closing.head, Limits.sequence)
    closing.confirmed = verdicts(request)
    closing.exits = Set(some(upTo: 3) { $0.row() }).sorted()
    closing.notices = some(upTo: 1) { fuzz in
      NoticeRecord(
        row: fuzz.row(), cell: CellID(UInt32(fuzz.below(9))), seq: fuzz.number(), lost: fuzz.write(1), shown: nil)
    }
    closing.digests = some(upTo: 2) { fuzz in
      ScopeDigest(bytes: (0..<32).map { _ in UInt8(fuzz.below(256)) }, count: fuzz.number()) ?? ScopeDigest()
    }
    closing.durable = number()
    page.closing = closing
    page.isWhole = chance(8)
    return page
  }

  // MARK: Mutated

  mutating func mutated(_ answer: TransportResponse) -> TransportResponse {
    var answer = answer
    for _ in 0...below(3) where !answer.body.isEmpty {
      let at = below(answer.body.count)
      switch below(6) {
      case 0: answer.body[at] ^= 1 << UInt8(below(8))
      case 1: answer.body[at] = UInt8(below(256))
      case 2: answer.body.remove(at: at)
      case 3: answer.body.insert(UInt8(below(256)), at: at)
      case 4: answer.body.removeLast(below(answer.body.count))
      default:
        let end = min(answer.body.count, at + 1 + below(16))
        answer.body.insert(contentsOf: answer.body[at..<end], at: below(answer.body.count))
      }
    }
    if chance(30) { answer.status = one([100, 200, 304, 413, 500]) }
    return answer
  }
}
