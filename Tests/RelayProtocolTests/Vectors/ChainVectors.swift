import RelayProtocol

/// Three transactions that follow each other, as the hub judged them; the last one travels in three parts.
enum ChainVectors {
  static let sealed: [SealedTransaction] = {
    var list: [SealedTransaction] = []
    for counter in UInt64(1)...3 {
      let operations: [[RelayProtocol.Operation]] = [
        [Operation(.insert([GroupValues(group: 2, values: ["Atlas"]), GroupValues(group: 5, values: [0])]))],
        [Operation(.set(2, ["Atlas of the World"])), Operation(.increment(5, 2))], [Operation(.delete)],
      ]
      list.append(
        SealedTransaction(
          Transaction(
            dot: Dot(Samples.replica, counter), previous: list.last?.hash ?? .zero,
            time: HybridTime(milliseconds: 1_764_000_000_000 + Int64(counter)), epoch: Samples.epoch, base: 40,
            seen: DotSet((1..<counter).map { Dot(Samples.replica, $0) }), schemaVersion: 1, role: "clerk",
            author: "the desk",
            rows: [RowChange(row: RowID(table: 1, values: ["b1"]), base: 0, operations: operations[Int(counter) - 1])])
        ))
    }
    return list
  }()

  static let verdicts = [true, false, true]

  /// The log's hash after each of them, in a hub whose first three they are.
  static let log: [Hash128] = {
    var list: [Hash128] = []
    for (one, accepted) in zip(sealed, verdicts) {
      list.append(hash128((list.last ?? .zero).bytes, one.hash.bytes, [accepted ? 1 : 0]))
    }
    return list
  }()

  static let parts: [(request: SyncRequest, received: Int)] = {
    let last = sealed[2]
    return stride(from: 0, to: last.bytes.count, by: 50).map { offset in
      let end = min(last.bytes.count, offset + 50)
      var request = Samples.requests[0]
      request.part = TransactionPart(
        dot: last.dot, hash: last.hash, total: UInt64(last.bytes.count), offset: UInt64(offset),
        bytes: Array(last.bytes[offset..<end]))
      return (request, end)
    }
  }()

  static var fields: [(String, JSON)] {
    let chain = sealed.indices.map { at in
      JSON.object([
        ("dot", JSON(sealed[at].dot)), ("hex", .hex(sealed[at].bytes)), ("hash", JSON(sealed[at].hash)),
        ("accepted", .bool(verdicts[at])), ("logHash", JSON(log[at])),
      ])
    }
    let parts = parts.map { part in
      JSON.object([("hex", .hex(part.request.encoded())), ("received", .number(Int64(part.received)))])
    }
    // What each is called where another copy of the file has another transaction in its place, and what follows it then.
    let forks = sealed.map { one in
      JSON.object([
        ("sealed", JSON(one.dot)), ("hash", JSON(one.hash)), ("name", JSON(Dot(.fork(one.dot, one.hash), 1))),
      ])
    }
    return [("chain", .array(chain)), ("parts", .array(parts)), ("forks", .array(forks))]
  }
}
