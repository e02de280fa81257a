import Relay
internal import RelayMerge
internal import RelayProtocol
import Testing

/// Cells as antichains: whatever the order, the same writes give the same state, and policies only project it.
@Suite struct MergeTests {
  let table: TableSchema
  let row = RowID(table: 1, values: ["p"])

  init() throws { table = try #require(try SyncSchema(json: Clinic.schema).table(1)) }

  private struct Write {
    var dot: Dot
    var seq: UInt64
    var time: UInt64
    var seen: [Dot] = []
    var base: UInt64 = 0
    var operation: OperationKind
  }

  private var everything: TableAccess { table.access(SyncSchema.unenrolledRole) }

  private func dot(_ replica: UInt64, _ counter: UInt64 = 1) -> Dot { Dot(ReplicaID(bits: replica), counter) }

  private func merged(_ writes: [Write]) -> RowState {
    var state = RowState()
    for write in writes {
      state.apply(
        RowChange(row: row, base: write.base, operations: [Operation(write.operation)]),
        WriteContext(
          dot: write.dot, seq: write.seq, effective: HybridTime(bits: write.time), seen: DotSet(write.seen),
          base: write.base, author: everything, now: everything),
        table: table)
    }
    return state
  }

  private func shown(_ writes: [Write], _ column: String) throws -> Value {
    let at = try #require(table.columns.firstIndex { $0.name == column })
    return try table.allValues(row, merged(writes))[at]
  }

  @Test func aLaterSmallerValueThatSawOnlyTheGreatestLeavesTheOtherUnderMax() throws {
    // a = high ∥ b = middle; then c = low, made by somebody who had seen only a.
    let a = Write(dot: dot(1), seq: 1, time: 1, operation: .set(6, ["high"]))
    let b = Write(dot: dot(2), seq: 2, time: 2, operation: .set(6, ["middle"]))
    let c = Write(dot: dot(3), seq: 3, time: 3, seen: [a.dot], operation: .set(6, ["low"]))
    for order in [[a, b, c], [a, c, b], [b, a, c]] { #expect(try shown(order, "level") == "middle") }
  }

  @Test func concurrentWritesOfAnAskGroupBothLiveAndTheLaterIsShown() throws {
    let a = Write(dot: dot(1), seq: 1, time: 9, operation: .set(4, ["Ann", "Lee"]))
    let b = Write(dot: dot(2), seq: 2, time: 5, operation: .set(4, ["Anna", .null]))
    for order in [[a, b], [b, a]] {
      #expect(try shown(order, "given") == "Ann")
      #expect(try shown(order, "family") == "Lee")
      let cell = try #require(merged(order).cells(of: 4).first)
      #expect(table.losers(cell).map(\.dot) == [b.dot])
    }
  }

  @Test func whoHadSeenBothSiblingsClosesTheConflict() throws {
    let a = Write(dot: dot(1), seq: 1, time: 9, operation: .set(3, ["1"]))
    let b = Write(dot: dot(2), seq: 2, time: 5, operation: .set(3, ["2"]))
    let c = Write(dot: dot(3), seq: 3, time: 1, base: 2, operation: .set(3, ["3"]))
    #expect(try shown([a, b, c], "phone") == "3")
    #expect(merged([a, b, c]).writes(CellID(3)).count == 1)
  }

  @Test func equalValuesAreNoConflict() throws {
    let a = Write(dot: dot(1), seq: 1, time: 9, operation: .set(3, ["1"]))
    let b = Write(dot: dot(2), seq: 2, time: 5, operation: .set(3, ["1"]))
    #expect(table.losers(try #require(merged([a, b]).cells(of: 3).first)).isEmpty)
  }

  @Test func repeatedDeliveryCountsOnce() throws {
    let a = Write(dot: dot(1), seq: 1, time: 1, operation: .increment(7, 5))
    let b = Write(dot: dot(2), seq: 2, time: 2, operation: .increment(7, 3))
    #expect(try shown([a, b, a, b, a], "guests") == 8)
  }

  @Test func anUpdateRevivesWhatAnotherDeletedMeanwhileAndTheDeleteStaysVisible() throws {
    let made = Write(dot: dot(1), seq: 1, time: 1, operation: .insert([GroupValues(group: 3, values: ["1"])]))
    let gone = Write(dot: dot(2), seq: 2, time: 2, base: 1, operation: .delete)
    let edit = Write(dot: dot(3), seq: 3, time: 3, base: 1, operation: .set(3, ["2"]))
    for order in [[made, gone, edit], [made, edit, gone]] {
      let state = merged(order)
      #expect(table.isAlive(state))
      #expect(table.losers(try #require(state.cells.first)).map(\.dot) == [gone.dot])
    }
  }

  @Test func aDeleteThatSawEverythingEndsTheRow() {
    let made = Write(dot: dot(1), seq: 1, time: 1, operation: .insert([GroupValues(group: 3, values: ["1"])]))
    let gone = Write(dot: dot(2), seq: 2, time: 2, base: 1, operation: .delete)
    #expect(!table.isAlive(merged([made, gone])))
  }

  @Test func anElementAddedByOneSurvivesARemovalThatHadNotSeenTheAdd() throws {
    let add = Write(dot: dot(1), seq: 1, time: 1, operation: .add(8, "x"))
    let remove = Write(dot: dot(2), seq: 3, time: 9, base: 1, operation: .remove(8, "x"))
    let again = Write(dot: dot(3), seq: 2, time: 2, base: 1, operation: .add(8, "x"))
    #expect(try shown([add, again, remove], "tags") == "[\"x\"]")
    #expect(try shown([add, remove, again], "tags") == "[\"x\"]")
    #expect(try shown([add, remove], "tags") == "[]")
  }

  @Test func aCellThatTheAuthorMayNotReadIsNeverCovered() throws {
    let json = String(decoding: Clinic.schema, as: UTF8.self)
      .replacing("\"roles\": [", with: "\"roles\": [\"blind\", ", maxReplacements: 1)
      .replacing(
        "\"access\": {", with: "\"access\": { \"blind\": { \"read\": true, \"hidden\": [\"phone\"] }, ",
        maxReplacements: 1)
    let table = try #require(try SyncSchema(json: Array(json.utf8)).table(1))
    var state = merged([Write(dot: dot(1), seq: 1, time: 1, operation: .set(3, ["hidden"]))])
    state.apply(
      RowChange(row: row, base: 9, operations: [Operation(.set(3, ["blind"]))]),
      WriteContext(
        dot: dot(2), seq: 10, effective: HybridTime(bits: 2), seen: DotSet(), base: 9, author: everything,
        now: table.access("blind")),
      table: table)
    #expect(state.writes(CellID(3)).count == 2)
  }

  @Test func anyOrderOfCausallyIndependentWritesGivesEqualStates() throws {
    var writes: [Write] = []
    for replica in 1...6 as ClosedRange<UInt64> {
      let operations: [OperationKind] = [
        .set(3, [.integer(Int64(replica % 3))]), .increment(7, Int64(replica)), .add(8, .integer(Int64(replica % 2))),
        .remove(8, 1), .set(6, [["low", "middle", "high"][Int(replica % 3)]]), .delete,
      ]
      for (at, operation) in operations.enumerated() {
        let counter = UInt64(at + 1)
        writes.append(
          Write(
            dot: dot(replica, counter), seq: replica * 10 + counter, time: replica * 7 % 5,
            seen: (1..<counter).map { dot(replica, $0) }, operation: operation))
      }
    }
    let expected = merged(writes)
    var random: UInt64 = 1
    for _ in 0..<50 {
      // A random interleaving that keeps each replica's own order.
      var queues = Dictionary(grouping: writes) { $0.dot.replica.bits }
      var order: [Write] = []
      while !queues.isEmpty {
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let keys = queues.keys.sorted()
        let pick = keys[Int(random >> 33) % keys.count]
        order.append(queues[pick, default: []].removeFirst())
        if queues[pick, default: []].isEmpty { queues[pick] = nil }
      }
      #expect(merged(order) == expected)
    }
  }
}
