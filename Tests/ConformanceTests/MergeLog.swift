import ConformanceVectors
import Relay
internal import RelayMerge
internal import RelayProtocol
import RelaySimulation

/// The accepted transactions of a vector, as values: what the pure merge gets, with no hub, device or file about it.
struct MergeLog {
  /// One transaction's work on one row.
  struct Act {
    var seq: UInt64
    var context: WriteContext
    var change: RowChange
  }

  let vector: Vector
  let spelling: Spelling
  /// Each row's acts in the hub's order.
  private(set) var acts: [RowID: [Act]] = [:]

  init(_ vector: Vector) throws {
    self.vector = vector
    let schema = try SyncSchema(json: try VectorLibrary.schema(vector.schema))
    var spelling = Spelling(schema: schema, devices: vector.devices.map(\.name))
    let all = MergeLog.judged(vector).sorted { $0.key < $1.key }
    for judged in all.map(\.value) { spelling.learn(dot: judged.verdict["dot"]?.text ?? "") }
    self.spelling = spelling
    for (seq, judged) in all {
      let (one, verdict) = judged
      var changes: [RowChange] = []
      for json in one["rows"]?.list ?? [] {
        guard let change = spelling.change(json) else { throw JSONError(description: "no change: \(json)") }
        changes.append(change)
      }
      for sign in verdict["signs"]?.list ?? [] {
        guard let parts = sign.list, let row = parts[0].text.flatMap({ spelling.row($0) }) else { continue }
        let base = UInt64(parts[1].integer ?? 0)
        changes.append(RowChange(row: row, base: base, operations: [RelayProtocol.Operation(.touch)]))
      }
      let roles = [one["role"]?.text ?? "", verdict["as"]?.text ?? ""]
      for change in changes {
        guard let table = schema.table(change.row.table) else { continue }
        let context = WriteContext(
          dot: spelling.dot(verdict["dot"]?.text ?? ""), seq: UInt64(seq), effective: Spelling.time(verdict["time"]),
          seen: DotSet(((verdict["seen"] ?? one["seen"])?.list ?? []).map { spelling.dot($0.text ?? "") }),
          base: change.base,
          author: table.access(roles[0]), now: table.access(roles[1]))
        acts[change.row, default: []].append(Act(seq: UInt64(seq), context: context, change: change))
      }
    }
  }

  /// Accepted transactions by seq: as it was sealed, and its verdict. A copy of a file has what the file had sealed.
  private static func judged(_ vector: Vector) -> [Int64: (sealed: JSON, verdict: JSON)] {
    var sealed: [String: [String: JSON]] = [:]
    var judged: [Int64: (sealed: JSON, verdict: JSON)] = [:]
    for step in vector.allSteps {
      if step.kind == .copy { sealed[step.json["as"]?.text ?? ""] = sealed[step.device] }
      for one in step.json["sealed"]?.list ?? [] { sealed[step.device, default: [:]][one["dot"]?.text ?? ""] = one }
      for verdict in step.json["verdicts"]?.list ?? [] where verdict["refused"] == nil {
        guard let name = (verdict["sealed"] ?? verdict["dot"])?.text, let one = sealed[step.device]?[name] else {
          continue
        }
        judged[verdict["seq"]?.integer ?? 0] = (one, verdict)
      }
    }
    return judged
  }

  /// In the hub's order every cell must end as the vector has it.
  func checkCells() throws {
    var cells: [String: JSON] = [:]
    for (row, acts) in acts {
      guard let table = spelling.schema.table(row.table) else { continue }
      cells[spelling.row(row)] = spelling.cells(merged(acts), table)
    }
    let expected = vector.end["cells"] ?? .null
    guard expected != .object(cells) else { return }
    throw Mismatch(
      vector: vector.name, what: "cells by the merge alone", expected: expected.description,
      got: JSON.object(cells).description)
  }

  /// In every other causal order, with doubles and one operation at a time, they must end the same to the byte.
  ///
  /// - Parameter orders: how many a row; all of them where there are no more.
  func checkOrders(_ orders: Int, seed: UInt64) throws {
    for (row, acts) in acts.sorted(by: { $0.key < $1.key }) where acts.count > 1 {
      let wanted = merged(acts)
      var random = SplitMix(state: seed ^ UInt64(acts.count) &* 0x9E37_79B9)
      for order in MergeLog.orders(acts, most: orders, &random) {
        let got = merged(order.map { acts[$0] }, doubling: &random)
        guard MergeLog.bytes(got) != MergeLog.bytes(wanted) else { continue }
        guard let table = spelling.schema.table(row.table) else { continue }
        throw Mismatch(
          vector: vector.name, what: "\(spelling.row(row)) in the causal order \(order.map { acts[$0].seq })",
          expected: spelling.cells(wanted, table).description, got: spelling.cells(got, table).description)
      }
    }
  }

  private func merged(_ acts: [Act]) -> RowState {
    var state = RowState()
    for act in acts {
      guard let table = spelling.schema.table(act.change.row.table) else { continue }
      state.apply(act.change, act.context, table: table)
    }
    return state
  }

  private func merged(_ acts: [Act], doubling random: inout SplitMix) -> RowState {
    var state = RowState()
    for act in acts {
      guard let table = spelling.schema.table(act.change.row.table) else { continue }
      let isSplit = Bool.random(using: &random)
      for _ in 0...Int.random(in: 0...1, using: &random) {
        let whole = act.change
        let parts =
          isSplit
          ? whole.operations.map { RowChange(row: whole.row, base: whole.base, operations: [$0]) } : [whole]
        for part in parts { state.apply(part, act.context, table: table) }
      }
    }
    return state
  }

  private static func bytes(_ state: RowState) -> [UInt8] {
    var out = CBORWriter()
    out.cells(state.cells)
    return out.bytes
  }

  // MARK: Orders

  /// Causal orders of acts on one row: each after everything that its author had seen.
  static func orders(_ acts: [Act], most: Int, _ random: inout SplitMix) -> [[Int]] {
    let before = acts.map { act in
      acts.indices.filter { acts[$0].seq <= act.context.base || act.context.seen.contains(acts[$0].context.dot) }
    }
    var all: [[Int]] = []
    func extend(_ order: [Int]) {
      guard all.count <= most else { return }
      if order.count == acts.count { return all.append(order) }
      for next in acts.indices
      where !order.contains(next) && before[next].allSatisfy({ $0 == next || order.contains($0) }) {
        extend(order + [next])
      }
    }
    extend([])
    if all.count <= most { return all }
    return (0..<most).map { _ in
      var order: [Int] = []
      while order.count < acts.count {
        let ready = acts.indices.filter { next in
          !order.contains(next) && before[next].allSatisfy { $0 == next || order.contains($0) }
        }
        guard let next = ready.randomElement(using: &random) else { break }
        order.append(next)
      }
      return order
    }
  }
}
