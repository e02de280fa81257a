internal import Relay
package import RelayHub
internal import RelayMerge
internal import RelayProtocol

/// The second way of merging: the accepted transactions, applied by the pure merge in other causal orders, some of them twice.
extension Oracle {
  private struct Work {
    var context: WriteContext
    var change: RowChange
  }

  /// Each row comes to the same cells in every causal order, and to those that the hub has.
  ///
  /// - Parameter body: the hub's bytes of a transaction, by its seq.
  package func checkOrders(
    _ hub: HubReader, orders: Int, _ random: inout SplitMix, body: (UInt64) throws -> [UInt8]?
  ) throws {
    let schema = try SyncSchema(json: self.schema.json)
    for (row, works) in try log(hub, schema, body).sorted(by: { $0.key < $1.key }) {
      guard let table = schema.table(row.table) else { continue }
      let wanted = merged(works, Array(works.indices), table)
      for _ in 0..<orders where works.count > 1 {
        let order = causalOrder(works, &random)
        guard merged(works, order, table) == wanted else {
          throw Broken("\(row.key.hexadecimal): the order \(order.map { works[$0].context.seq }) makes another row")
        }
      }
      // That a parent lives, its children say too; no body of a transaction has that.
      let cells = try hub.cells(of: row)?.filter { $0.id != .live } ?? []
      guard cells == wanted.filter({ $0.id != .live }) else {
        throw Broken("\(row.key.hexadecimal): the log comes to \(wanted), the hub has \(cells)")
      }
    }
    count("other orders")
  }

  private func log(
    _ hub: HubReader, _ schema: SyncSchema, _ body: (UInt64) throws -> [UInt8]?
  ) throws -> [RowID: [Work]] {
    var works: [RowID: [Work]] = [:]
    for verdict in try hub.verdicts(after: 0) where verdict.isAccepted {
      guard let bytes = try body(verdict.seq) else { throw Broken("the hub has no body of \(verdict.dot)") }
      // What the hub does of its own changes where rows lie, and no cell.
      guard let witness = witnesses.first(where: { $0.replicaID == verdict.dot.replica }) else { continue }
      let transaction = try Transaction(decoding: bytes)
      for change in transaction.rows {
        guard let table = schema.table(change.row.table) else { continue }
        let name = Oracle.name(of: change.row)
        if verdict.seq <= truth.lines[name]?.forgottenAt ?? 0 || truth.isVoid(verdict.dot, name) { continue }
        let context = WriteContext(
          dot: verdict.dot, seq: verdict.seq, effective: verdict.effective, seen: transaction.seen, base: change.base,
          author: table.access(transaction.role), now: table.access(rolesThen[verdict.dot] ?? witness.role))
        works[change.row, default: []].append(Work(context: context, change: change))
      }
    }
    return works
  }

  private func merged(_ works: [Work], _ order: [Int], _ table: TableSchema) -> [Cell] {
    var state = RowState()
    for (place, at) in order.enumerated() {
      // A delivery may come twice.
      for _ in 0...(place % 3 == 1 ? 1 : 0) { state.apply(works[at].change, works[at].context, table: table) }
    }
    return state.cells
  }

  /// Each after everything that its author had seen.
  private func causalOrder(_ works: [Work], _ random: inout SplitMix) -> [Int] {
    var (order, left) = ([Int](), Array(works.indices))
    while !left.isEmpty {
      let ready = left.filter { next in
        !left.contains { other in
          let (earlier, context) = (works[other].context, works[next].context)
          return other != next && (earlier.seq <= context.base || context.seen.contains(earlier.dot))
        }
      }
      let next = ready.isEmpty ? left[0] : random.pick(ready)
      order.append(next)
      left.removeAll { $0 == next }
    }
    return order
  }
}
