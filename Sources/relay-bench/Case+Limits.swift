internal import Relay
internal import RelayHub
internal import RelayMerge
internal import RelayProtocol

/// What a peer can make long, up to its limit: what the longest costs beside the shortest, a unit. Above 1.00 it grows faster
/// than in a line.
extension Case {
  static func atTheLimits(_ measure: Measure) -> [Case] {
    [
      growing("hub, an edit of a row in 1, 16, 256 scopes", [1, 16, Limits.scopesOfRow], measure, edits),
      growing("hub, one more writer of a cell that 1, 100, 1,500 wrote at once", [1, 100, 1500], measure, siblings),
      growing(
        "hub, a transaction that has seen 1, 16, 256 intervals", [1, 16, Limits.seenIntervals], measure, intervals),
    ]
  }

  /// One figure a length, and for the last two how much more each unit costs at the longest.
  private static func growing(
    _ name: String, _ lengths: [Int], _ measure: Measure, _ seconds: @escaping (Int, Measure) throws -> Double
  ) -> Case {
    Case(name: name) {
      var (figures, costs) = ([Figure](), [Double]())
      for length in lengths {
        costs.append(try measure.least { try seconds(length, measure) })
        figures.append(Figure("\(name): \(length)", .microseconds, costs[costs.count - 1] * 1e6, nil))
      }
      // What everything costs that does not depend on the length is in the first.
      let (first, middle, last) = (costs[0], costs[1], costs[2])
      let slope = (last - first) / Double(lengths[2] - lengths[0])
      let early = max((middle - first) / Double(lengths[1] - lengths[0]), first / 1000)
      figures.append(Figure("\(name): a unit at the longest beside one before", .times, slope / early, .atMost(2)))
      return figures
    }
  }

  private static let repetitions = 50

  /// CPU seconds of one of these pushes.
  private static func cpu(of pushes: [[UInt8]], _ desk: Desk, _ measure: Measure) throws -> Double {
    let seconds = try measure.cpu { for bytes in pushes { try desk.commit([bytes]) } }
    return seconds / Double(pushes.count)
  }

  /// CPU seconds an edit of one value of a row that lies in so many scopes.
  private static func edits(_ scopes: Int, _ measure: Measure) throws -> Double {
    let desk = try Desk(measure.file(), schema: Wide.schema, scopes: ["*"])
    let names = (0..<scopes).map { Value.text("s\($0)") }
    try desk.commit([desk.seal(0, [Wide.insert("r", tags: names)])])
    let pushes = (0..<repetitions).map { desk.seal(0, [Wide.set("r", .text("note \($0)"), base: 1)]) }
    return try cpu(of: pushes, desk, measure)
  }

  /// CPU seconds a write of a cell that so many have written without having seen one another.
  private static func siblings(_ count: Int, _ measure: Measure) throws -> Double {
    let desk = try Desk(measure.file(), schema: Wide.schema, scopes: ["*"])
    try desk.commit([desk.seal(0, [Wide.insert("r", tags: [.text("s")])])])
    try desk.push((0..<count).map { desk.seal(0, [Wide.set("r", .text("note \($0)"))]) })
    return try cpu(of: (0..<20).map { desk.seal(0, [Wide.set("r", .text("more \($0)"))]) }, desk, measure)
  }

  /// CPU seconds of a transaction that names what it has seen in so many pieces.
  private static func intervals(_ count: Int, _ measure: Measure) throws -> Double {
    let desk = try Desk(measure.file(), schema: Wide.schema, scopes: ["*"])
    try desk.push((0..<count * 2).map { desk.seal(0, [Wide.insert("r\($0)", tags: [.text("s")])]) })
    let replica = desk.replica(0)
    let pieces = (0..<count).map { (at: Int) -> DotSet.Interval in
      let counter = UInt64(at * 2 + 1)
      return DotSet.Interval(replica: replica, low: counter, high: counter)
    }
    let seen = DotSet(intervals: pieces) ?? DotSet()
    let pushes = (0..<repetitions).map { desk.seal(0, [Wide.set("r0", .text("note \($0)"))], seen: seen) }
    return try cpu(of: pushes, desk, measure)
  }
}

/// A table whose rows lie in many scopes.
enum Wide {
  static let schema = Array(
    """
    { "name": "wide", "version": 1, "roles": ["field"], "tables": [
      { "id": 1, "name": "item", "key": ["id"], "scopes": ["tag/{each tags}"], "homes": ["tag/{each tags}"],
        "columns": [
          { "id": 1, "name": "id", "type": "text" },
          { "id": 2, "name": "tags", "policy": "set", "default": "[]", "required": true },
          { "id": 3, "name": "note", "type": "text", "policy": "ask" } ],
        "access": { "field": { "read": true, "write": true } } } ] }
    """.utf8)

  static func insert(_ key: String, tags: [Value], _ note: Value = .null) -> RowChange {
    RowChange(
      row: RowID(table: 1, values: [.text(key)]), base: 0,
      operations: [
        Operation(
          .insert([
            GroupValues(group: 2, values: tags.sorted(by: Value.precedes)), GroupValues(group: 3, values: [note]),
          ]))
      ])
  }

  static func touch(_ key: String) -> RowChange {
    RowChange(row: RowID(table: 1, values: [.text(key)]), base: 0, operations: [Operation(.touch)])
  }

  static func set(_ key: String, _ value: Value, base: UInt64 = 0) -> RowChange {
    RowChange(row: RowID(table: 1, values: [.text(key)]), base: base, operations: [Operation(.set(3, [value]))])
  }
}
