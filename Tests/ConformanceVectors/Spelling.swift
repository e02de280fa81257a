internal import Relay
package import RelayMerge
package import RelayProtocol

/// How vectors spell rows, cells, values and transactions, with a sync schema's names.
package struct Spelling: Sendable {
  package var schema: SyncSchema
  /// The devices by replica number: the first is 1.
  package var devices: [String]
  /// Replicas that a file drew later, and forks.
  private var later: [ReplicaID: String] = [:]
  private var named: [String: ReplicaID] = [:]

  package init(schema: SyncSchema, devices: [String]) {
    self.schema = schema
    self.devices = devices
  }

  /// From now on the replica goes by this name.
  package mutating func learn(_ replica: ReplicaID, as name: String) {
    (later[replica], named[name]) = (name, replica)
  }

  /// From now on the name of this dot's replica can be spelt, though no file stands behind it.
  package mutating func learn(dot text: String) {
    guard let colon = text.lastIndex(of: ":") else { return }
    let name = String(text[..<colon])
    if !devices.contains(name) { learn(replica(name), as: name) }
  }

  package func knows(_ replica: ReplicaID) -> Bool { name(replica) != "?" }

  package func replica(_ name: String) -> ReplicaID {
    if let at = devices.firstIndex(of: name) { return ReplicaID(bits: UInt64(at + 1)) }
    // Where no file stands behind the names, any id will do that is always the same.
    return named[name] ?? ReplicaID(bits: hash128(Array(name.utf8)).high)
  }

  private func name(_ replica: ReplicaID) -> String {
    guard replica.bits > 0, replica.bits <= UInt64(devices.count) else { return later[replica] ?? "?" }
    return devices[Int(replica.bits) - 1]
  }

  package func dot(_ dot: Dot) -> String { "\(name(dot.replica)):\(dot.counter)" }

  package func dot(_ text: String) -> Dot {
    guard let colon = text.lastIndex(of: ":") else { return Dot(replica(text), 0) }
    return Dot(replica(String(text[..<colon])), UInt64(text[text.index(after: colon)...]) ?? 0)
  }

  /// By name, as bytes: ids that are drawn or follow from contents have no order that a vector could state.
  package func dots(_ set: DotSet) -> JSON {
    let named = set.dots.map { (name: name($0.replica), dot: $0) }
    return .list(named.sorted { ($0.name, $0.dot.counter) < ($1.name, $1.dot.counter) }.map { .text(dot($0.dot)) })
  }

  package func row(_ row: RowID) -> String {
    let key = (try? row.values())?.map { $0.text ?? $0.description }.joined(separator: "/") ?? "?"
    return "\(schema.table(row.table)?.name ?? "?") \(key)"
  }

  package func row(_ text: String) -> RowID? {
    let parts = text.split(separator: " ", maxSplits: 1).map(String.init)
    guard let table = schema.table(named: parts[0]) else { return nil }
    let key = zip(table.key, parts[1].split(separator: "/")).map { at, text -> Value in
      table.columns[at].type == .integer ? .integer(Int64(text) ?? 0) : .text(String(text))
    }
    return RowID(table: table.id, values: key)
  }

  package func cell(_ id: CellID, _ table: TableSchema) -> String {
    guard id.group != 0 else { return "_live" }
    let name = table.group(id.group)?.name ?? "?"
    return id.element.map { "\(name):\($0.text ?? $0.description)" } ?? name
  }

  package func write(_ value: CellValue, _ id: CellID) -> JSON {
    switch value {
    case .flag(let flag) where id.group == 0: .text(flag ? "alive" : "dead")
    case .flag(let flag): .text(flag ? "in" : "out")
    case .delta(let delta): .integer(delta)
    case .values(let values): Spelling.pack(values)
    }
  }

  package static func pack(_ values: [Value]) -> JSON {
    values.count == 1 ? JSON(values[0]) : .list(values.map { JSON($0) })
  }

  package static func unpack(_ json: JSON, _ group: GroupSchema) -> [Value] {
    group.columns.count == 1 ? [json.value ?? .null] : (json.list ?? []).map { $0.value ?? .null }
  }

  /// `{"phone": {"a:1": "x"}}`: every cell with its live writes.
  package func cells(_ state: RowState, _ table: TableSchema) -> JSON {
    var cells: [String: JSON] = [:]
    for found in state.cells {
      var writes: [String: JSON] = [:]
      for one in found.writes { writes[dot(one.dot)] = write(one.value, found.id) }
      cells[cell(found.id, table)] = .object(writes)
    }
    return .object(cells)
  }

  /// A column's value as SQL holds it; a list is the JSON text of a set.
  package func column(_ json: JSON) -> Value {
    if let value = json.value { return value }
    return JSONSet.text(JSONSet.sorted((json.list ?? []).compactMap(\.value)))
  }

  package static func time(_ time: HybridTime) -> JSON {
    .list([.integer(time.milliseconds), .integer(Int64(time.bits & 0xFFFF))])
  }

  package static func time(_ json: JSON?) -> HybridTime {
    guard let parts = json?.list, parts.count == 2 else { return .zero }
    return HybridTime(
      milliseconds: parts[0].integer ?? 0, counter: UInt16(truncatingIfNeeded: parts[1].integer ?? 0))
  }
}
