internal import RelayProtocol
internal import RelaySimulation
import TestSupport

/// Makes transactions that a device might seal, of rows that there are and that there are not, and bends requests and
/// their bytes.
struct RequestFuzz {
  var random: SplitMix

  static let keys = ["k0", "k1", "k2", "k3", "k4", "k5"]

  init(seed: UInt64) { random = SplitMix(state: seed) }

  mutating func below(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }
  mutating func chance(_ of: Int) -> Bool { below(of) == 0 }
  mutating func one<T>(_ values: [T]) -> T { values[below(values.count)] }

  // MARK: Well-formed

  /// - Parameter role: what the header says.
  mutating func transaction(
    _ dot: Dot, after previous: Hash128, role: String, epoch: Hash128, head: UInt64, now: Int64
  ) -> Transaction {
    let base = self.base(head)
    var seen = DotSet()
    if dot.counter > 1, chance(2) {
      let low = UInt64.random(in: 1..<dot.counter, using: &random)
      seen = DotSet(intervals: [DotSet.Interval(replica: dot.replica, low: low, high: dot.counter - 1)]) ?? seen
    }
    var rows: [RowID: RowChange] = [:]
    for _ in 0...below(3) {
      let change = self.change(base: base, head: head)
      rows[change.row] = change
    }
    return Transaction(
      dot: dot, previous: previous, time: HybridTime(milliseconds: now + Int64(one([0, 0, -60_000, 900_000]))),
      epoch: epoch, base: base, seen: seen, schemaVersion: 1, role: role, mode: chance(12) ? .strict : .merge,
      author: one(["", "Ann", "\u{202E}"]), rows: rows.values.sorted { $0.row < $1.row })
  }

  private mutating func base(_ head: UInt64) -> UInt64 {
    chance(4) ? UInt64.random(in: 0...head, using: &random) : chance(6) ? 0 : head
  }

  private mutating func change(base: UInt64, head: UInt64) -> RowChange {
    let table = UInt32(one([1, 1, 1, 1, 2, 2, 3, 4]))
    let key = table == 3 ? "e\(below(1 << 30))" : one(Self.keys)
    var change = RowChange(
      row: RowID(table: table, values: [.text(key)]), base: chance(3) ? self.base(head) : base, operations: [])
    switch below(table == 3 ? 1 : 8) {
    case 0: change.operations = [Operation(.insert(inserted(table)))]
    case 1: change.operations = [Operation(.delete, resolves: resolves(head))]
    case 2: change.operations = [Operation(.touch, resolves: resolves(head))]
    default: change.operations = updates(table).map { Operation($0, resolves: resolves(head)) }
    }
    if table == 2, chance(4) { change.parentBase = one([base, head].filter { $0 != base } + [0]) }
    if change.parentBase == base { change.parentBase = nil }
    return change
  }

  private mutating func resolves(_ head: UInt64) -> UInt64 {
    chance(12) ? UInt64.random(in: 0...head, using: &random) : 0
  }

  private mutating func inserted(_ table: UInt32) -> [GroupValues] {
    let groups: [GroupID] = [Array(2...11), [2, 3], [2, 3], [2]][Int(table) - 1]
    return groups.compactMap { group in
      // Who does not read a group says nothing of it; nobody here is held to that.
      guard group < 4 || !chance(5) else { return nil }
      guard table == 1, group == 5 || group == 6 else {
        return GroupValues(group: group, values: [value(table, group)])
      }
      return GroupValues(
        group: group, values: group == 5 ? [.integer(Int64(below(3)))] : chance(2) ? [] : [.text("x"), .text("y")])
    }
  }

  private mutating func updates(_ table: UInt32) -> [OperationKind] {
    let groups: [GroupID] = [Array(2...11), [2, 3], [2, 3], [2]][Int(table) - 1]
    let first = one(groups)
    let chosen = Set([first, chance(2) ? first : one(groups)]).sorted()
    return chosen.map { group in
      guard table == 1 else { return .set(group, [value(table, group)]) }
      switch group {
      case 5: return .increment(group, one([1, -1, 5, .max]))
      case 6: return chance(2) ? .add(group, .text(one(["x", "y"]))) : .remove(group, .text(one(["x", "y"])))
      default: return .set(group, [value(table, group)])
      }
    }
  }

  private mutating func value(_ table: UInt32, _ group: GroupID) -> Value {
    switch (table, group) {
    case (1, 2), (3, 2): one(["a", "b", "c", .null, "e\u{301}"])
    case (2, 2): .text(one(Self.keys))
    case (1, 7), (4, 2): one([.integer(Int64(below(9))), .null, .integer(.max)])
    case (1, 10): one([.real(1.5), .real(-0.0), .null])
    case (1, 11): one([.blob([0, 255]), .integer(4), .text("hidden"), .malformedText([0xFF])])
    default: one([.text("v\(below(50))"), .null, .text("")])
    }
  }

  // MARK: Bent

  /// A request whose fields are those of no device.
  mutating func bent(_ request: SyncRequest, head: UInt64) -> SyncRequest {
    var request = request
    let number = one([0, 1, head, head + 1, 1 << 32, Limits.sequence])
    switch below(9) {
    case 0: (request.base, request.floor) = (number, min(number, request.floor))
    case 1: request.floor = min(request.base, number)
    case 2: request.scopes = one([[], ["*"], ["at/a", "at/z"], ["at/a"], ["at/b", "tag/x"]])
    case 3: request.role = one(FuzzWorld.roles + ["", "nobody"])
    case 4:
      let low = UInt64(1 + below(3))
      let interval = DotSet.Interval(replica: ReplicaID(bits: UInt64(below(9))), low: low, high: max(low, number))
      request.pending = DotSet(intervals: [interval]) ?? request.pending
    case 5:
      request.pull = PullRequest(
        token: one([[], [1], [UInt8](repeating: 0, count: 40)]), wait: number, pageBytes: one([0, 1, 99, .max]),
        digests: chance(2))
    case 6:
      let bytes = [UInt8](repeating: 7, count: below(200))
      request.part = TransactionPart(
        dot: Dot(ReplicaID(bits: UInt64(1 << 50 + below(4))), max(1, min(number, 3))),
        hash: Hash128(high: 1, low: UInt64(below(3))), total: max(UInt64(bytes.count), min(number, 1 << 26)),
        offset: min(number, 1 << 26), bytes: bytes)
    case 7: (request.schemaVersion, request.installed) = (one([0, 1, 2, nil]), one([nil, 1, 2, number]))
    default: request.logHash = Hash128(high: number, low: 1)
    }
    return request
  }

  /// Bytes as a broken line, or somebody who tries, would send them.
  mutating func mutated(_ body: [UInt8]) -> [UInt8] {
    var body = body
    for _ in 0...below(3) where !body.isEmpty {
      let at = below(body.count)
      switch below(7) {
      case 0: body[at] ^= 1 << UInt8(below(8))
      case 1: body[at] = UInt8(below(256))
      case 2: body[at] = one([0x00, 0x18, 0x1B, 0x3B, 0x5B, 0x7F, 0x9F, 0xBB, 0xDF, 0xF6, 0xFB, 0xFF])
      case 3: body.remove(at: at)
      case 4: body.insert(UInt8(below(256)), at: at)
      case 5: body.removeLast(below(body.count))
      default:
        let end = min(body.count, at + 1 + below(16))
        body.insert(contentsOf: body[at..<end], at: below(body.count))
      }
    }
    return body
  }
}
