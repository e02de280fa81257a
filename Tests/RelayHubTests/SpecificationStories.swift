import Relay
import RelayProtocol
import TestSupport
import Testing

@testable import RelayHub
@testable import RelayMerge

/// What somebody asked who wrote a client from the specification alone, answered by a hub that is written to by hand
/// (docs/conformance.md has the list).
@Suite struct SpecificationStories {
  private static let json = """
    {"name":"t","version":1,"roles":["office"],"tables":[
     {"id":1,"name":"thing","key":["id"],"columns":[
       {"id":1,"name":"id","type":"text"},{"id":2,"name":"unit"},
       {"id":3,"name":"i","type":"integer","default":5},{"id":4,"name":"r","type":"real"},
       {"id":5,"name":"t","type":"text"},{"id":6,"name":"b","type":"blob"},{"id":7,"name":"x"},
       {"id":8,"name":"tags","policy":"set","default":"[]"},
       {"id":9,"name":"must","type":"text","required":true,"default":"-"}],
      "scopes":["unit/{unit}"],"homes":["unit/{unit}"],"access":{"office":{"read":true,"write":true}}}]}
    """
  private let office: Office

  init() throws { office = try Office([("a", ["*"]), ("b", ["unit/x"])], json: Self.json) }

  private func thing(_ unit: Value, _ groups: GroupValues...) -> OperationKind {
    .insert([GroupValues(group: 2, values: [unit])] + groups)
  }

  private func judge(_ row: String, _ kind: OperationKind) throws -> Verdict {
    try office.push("a", office.sealed(1000, Office.row(row), kind))[0]
  }

  private func shown(_ row: String) throws -> [Value] {
    let table = try #require(office.schema.table(1))
    return try #require(try office.writer.session.load(Office.row(row))).allValues(table)
  }

  @Test("A column takes NULL and the values of its type; an integer in a real column stays one", arguments: 3...7)
  func types(group: UInt32) throws {
    let values: [Value] = [
      .null, .integer(7), .real(7), .real(7.5), .text("é"), .malformedText([0x61, 0xFF]), .blob([7]),
    ]
    let admitted: [UInt32: Set<Int>] = [
      3: [0, 1], 4: [0, 1, 2, 3], 5: [0, 4, 5], 6: [0, 6], 7: [0, 1, 2, 3, 4, 5, 6],
    ]
    #expect(try judge("o", thing(.text("x"))).isAccepted)
    for (at, value) in values.enumerated() {
      let verdict = try judge("o", .set(group, [value]))
      let isAdmitted = try #require(admitted[group]).contains(at)
      #expect(verdict.isAccepted == isAdmitted, "column \(group), \(value)")
      if isAdmitted { #expect(try shown("o")[Int(group) - 1] == value) }
      if !isAdmitted { #expect(verdict.refusal?.rule == .valueNotAllowed) }
    }
    #expect(Value.integer(7) != .real(7))
    #expect(try judge("o", .set(9, [.null])).refusal?.rule == .valueNotAllowed, "NULL where the column is required")
  }

  @Test("Text that is not empty and integers yield names of scopes; nothing else does, and no other spelling")
  func names() throws {
    let yields: [(Value, String?)] = [
      (.text("x"), "unit/x"), (.integer(7), "unit/7"), (.integer(-3), "unit/-3"), (.text("7"), "unit/7"),
      (.text("\u{E9}"), "unit/\u{E9}"), (.text("e\u{301}"), nil), (.text(""), nil), (.null, nil), (.real(7), nil),
      (.blob([0x78]), nil), (.malformedText([0xFF]), nil),
      (.text(String(repeating: "n", count: 250)), "unit/" + String(repeating: "n", count: 250)),
      (.text(String(repeating: "n", count: 251)), nil),
    ]
    for (at, (unit, scope)) in yields.enumerated() {
      let verdict = try judge("o\(at)", thing(unit))
      #expect(verdict.refusal?.rule == (scope == nil ? .noScope : nil), "\(unit)")
      let stored = try office.writer.session.load(Office.row("o\(at)"))
      #expect(stored?.scopeNames == scope.map { [$0] }, "\(unit)")
    }
  }

  @Test(
    "Elements of a set in any order and twice count as the set of them, shown by their bytes; what an insert leaves out is at its default"
  )
  func setsAndPartialInserts() throws {
    let tags: [Value] = [.text("b"), .text("aa"), .integer(1), .text("b"), .integer(-1)]
    #expect(try judge("o", thing(.text("x"), GroupValues(group: 8, values: tags))).isAccepted)
    // As CBOR orders them: numbers before texts, shorter texts before longer ones.
    #expect(try shown("o")[7] == .text(#"[1,-1,"b","aa"]"#))
    #expect(try shown("o")[2] == .integer(5))
    // What somebody else gave to a group that a second insert leaves out stays.
    #expect(try judge("o", .set(3, [.integer(9)])).isAccepted)
    #expect(try office.push("a", office.sealed(1005, Office.row("o"), thing(.text("x"))))[0].isAccepted)
    #expect(try shown("o")[2] == .integer(9))
  }

  // MARK: Parts

  private func send(
    _ bytes: [UInt8], from offset: Int = 0, to end: Int? = nil, total: Int? = nil, hash: Hash128, _ counter: UInt64
  ) throws -> PushOutcome {
    var request = office.request()
    request.part = TransactionPart(
      dot: Dot(ReplicaID(bits: 1000), counter), hash: hash, total: UInt64(total ?? bytes.count), offset: UInt64(offset),
      bytes: Array(bytes[offset..<(end ?? bytes.count)]))
    return try office.writer.commit([PushJob(device: try office.device("a").id, request: request)], now: 1000)[0].get()
  }

  @Test("Parts that do not give what was announced are forgotten, and the device begins again")
  func brokenParts() throws {
    let bytes = office.sealed(1000, Office.row("o"), thing(.text("x")))
    let hash = try #require(office.last[1000])
    #expect(try send(bytes, to: 20, hash: hash, 1).partReceived == 20)
    #expect(try send(bytes, from: 30, hash: hash, 1).partReceived == 20, "a gap changes nothing")
    #expect(try send(bytes, to: 20, hash: hash, 1).partReceived == 20, "nor does what came already")
    var bent = bytes
    bent[bytes.count - 1] ^= 1
    let outcome = try send(bent, from: 20, hash: hash, 1)
    #expect(outcome.partReceived == 0 && outcome.verdicts.isEmpty, "another hash")
    let noise = [UInt8](repeating: 0xFF, count: 30)
    #expect(try send(noise, hash: hash, 1).partReceived == 0, "nothing that can be read")
    #expect(try send(bytes, hash: hash, 2).partReceived == 0, "another transaction than was named")
    #expect(try send(bytes, to: 20, hash: hash, 1).partReceived == 20)
    #expect(try send(bytes, to: 10, total: bytes.count + 1, hash: hash, 1).partReceived == 10, "another total")
    let whole = try send(bytes, hash: hash, 1)
    #expect(whole.verdicts.map(\.isAccepted) == [true])
    #expect(try send(bytes, to: 20, hash: hash, 1).partReceived == UInt64(bytes.count), "it has a verdict")
  }

  @Test("What is wrong with the order of a transaction in parts is told as an error")
  func partsOutOfOrder() throws {
    let first = office.sealed(1000, Office.row("o"), thing(.text("x")))
    let second = office.sealed(1000, Office.row("p"), thing(.text("x")))
    let hash = try #require(office.last[1000])
    #expect(try send(second, to: 20, hash: hash, 2).partReceived == 20)
    do {
      _ = try send(second, from: 20, hash: hash, 2)
      Issue.record("the transaction before it was not there")
    } catch let error as RelayError {
      #expect(error.code == .outOfOrder)
    }
    // Once the one before it is there it goes on where the hub says.
    #expect(try office.push("a", first)[0].isAccepted)
    #expect(
      try send(second, to: 10, hash: hash, 2).partReceived == 20, "the part that came with the error counts as not come"
    )
    #expect(try send(second, from: 20, hash: hash, 2).verdicts.map(\.isAccepted) == [true])
  }
}
