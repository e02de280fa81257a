internal import RelayMerge
internal import RelayProtocol

/// Finds which changes of a piece of work hold together: a row with the parent or children inserted or deleted with it,
/// rows that exchanged a UNIQUE value or their keys, rows of which one evicted the other. The rest shares no fate.
struct Connected {
  struct Item {
    var change: RowChange
    var before: [Value]?
  }

  private let items: [Item]
  private let schema: SyncSchema
  private let uniques: [UInt32: [[Int]]]
  private var leader: [Int]

  init(_ items: [Item], _ schema: SyncSchema, uniques: [UInt32: [[Int]]]) {
    self.items = items
    self.schema = schema
    self.uniques = uniques
    leader = Array(items.indices)
    linkParents()
    linkValues()
  }

  /// The parts, each ascending, in the order of their first rows.
  mutating func parts() -> [[Int]] {
    var place: [Int: Int] = [:]
    var parts: [[Int]] = []
    for at in items.indices {
      let first = find(at)
      if let known = place[first] {
        parts[known].append(at)
      } else {
        place[first] = parts.count
        parts.append([at])
      }
    }
    return parts
  }

  private mutating func linkParents() {
    var places: [RowID: Int] = [:]
    for (at, item) in items.enumerated() {
      switch item.change.operations.first?.kind {
      case .insert, .delete: places[item.change.row] = at
      default: break
      }
    }
    for (at, item) in items.enumerated() {
      guard let table = schema.table(item.change.row.table), table.parent != nil else { continue }
      let parents = [item.before.flatMap { table.parentRow($0) }, table.namedParent(item.change)]
      for parent in parents { if let parent, let other = places[parent] { join(at, other) } }
    }
  }

  private struct Content: Hashable {
    var table: UInt32
    /// Which UNIQUE columns; -1 for all beside the key.
    var list: Int
    var values: [Value]
  }

  /// Two rows of which one has now what the other had.
  private mutating func linkValues() {
    var had: [Content: Int] = [:]
    var has: [(content: Content, at: Int)] = []
    for (at, item) in items.enumerated() {
      guard let table = schema.table(item.change.row.table) else { continue }
      let after = table.values(after: item.change, before: item.before)
      let lists = (uniques[table.id] ?? table.unique) + [table.others]
      for (number, list) in lists.enumerated() {
        let isWhole = number == lists.count - 1
        let old = item.before.map { before in list.map { before[$0] } }
        let new = after.map { after in list.map { after[$0] } }
        guard old != new else { continue }
        func content(_ values: [Value]?) -> Content? {
          guard let values, !values.isEmpty, isWhole || !values.contains(where: \.isNull) else { return nil }
          return Content(table: table.id, list: isWhole ? -1 : number, values: values)
        }
        if let old = content(old) {
          if let other = had[old] { join(at, other) } else { had[old] = at }
        }
        if let new = content(new) { has.append((new, at)) }
      }
    }
    for (content, at) in has { if let other = had[content] { join(at, other) } }
  }

  private mutating func find(_ at: Int) -> Int {
    var root = at
    while leader[root] != root { root = leader[root] }
    var step = at
    while leader[step] != root { (leader[step], step) = (root, leader[step]) }
    return root
  }

  private mutating func join(_ a: Int, _ b: Int) {
    let (x, y) = (find(a), find(b))
    leader[max(x, y)] = min(x, y)
  }
}

extension TableSchema {
  /// A row after a change of which only the values are of interest; nil where the row is gone. What is told as an
  /// increment or an element is left as it was.
  func values(after change: RowChange, before: [Value]?) -> [Value]? {
    if case .delete = change.operations.first?.kind { return nil }
    var values = before ?? columns.map(\.defaultValue)
    if let own = try? change.row.values() { for (at, value) in zip(key, own) { values[at] = value } }
    for operation in change.operations {
      switch operation.kind {
      case .insert(let groups): for given in groups { write(given.group, given.values, &values) }
      case .set(let group, let given): write(group, given, &values)
      case .increment, .add, .remove, .delete, .touch: break
      }
    }
    return values
  }

  private func write(_ id: GroupID, _ given: [Value], _ values: inout [Value]) {
    guard let group = group(id), ![.set, .counter].contains(group.policy), group.columns.count == given.count else {
      return
    }
    for (at, value) in zip(group.columns, given) { values[at] = value }
  }
}
