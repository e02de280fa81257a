package import RelayProtocol

/// Where a row lies (rule 21): in the scopes that its own templates yield, or where its parent lies.
package struct Place: Sendable, Equatable {
  package var scopes: [String] = []
  package var homes: [String] = []
  /// The row itself is dead.
  package var isDead = false
  /// A row above it is dead.
  package var isOrphan = false
  /// Rows above it. Of rows that go round in a circle it says nothing: they lie nowhere.
  package var ancestors = 0
  package var isCircular = false
  /// The row's own values yield what is no name of a scope, or too many.
  var hasWrongNames = false

  package init() {}

  /// Of a row that follows no other one.
  package init(of table: TableSchema, _ values: [Value], isDead: Bool) {
    let own = TableSchema.names(table.scopes, values)
    let itsHomes = table.areHomesScopes ? own : TableSchema.names(table.homes, values)
    (scopes, homes, hasWrongNames) = (own.names, itsHomes.names, !own.areAll || !itsHomes.areAll)
    self.isDead = isDead
  }

  /// Of a row that follows another one.
  package init(under above: Place, isDead: Bool) {
    (scopes, homes, ancestors, isCircular) = (above.scopes, above.homes, above.ancestors + 1, above.isCircular)
    self.isDead = isDead
    isOrphan = above.isDead || above.isOrphan
  }
}

/// Finds the places of rows, each once. A table may be its own parent: such a path goes up row by row and ends at a row
/// without a parent, whose own templates count.
package struct Places {
  /// What is asked of a row: its values by position, and whether it is alive.
  package typealias Looked = (values: [Value], isAlive: Bool)

  private let schema: SyncSchema
  private var known: [RowID: Place] = [:]

  package init(_ schema: SyncSchema) { self.schema = schema }

  /// - Parameter look: the row as it is to be judged; nil where there is none.
  /// - Complexity: O(rows above it that were not asked for before), without recursion.
  package mutating func place(
    of row: RowID, _ look: (RowID) throws(RelayError) -> Looked?
  ) throws(RelayError) -> Place {
    if let place = known[row] { return place }
    var path: [(row: RowID, isDead: Bool)] = []
    var above = Place()
    var at: RowID? = row
    var isOpen: Set<RowID> = []
    while let next = at {
      if let place = known[next] {
        above = place
        break
      }
      guard isOpen.insert(next).inserted else {
        above = Place()
        above.isCircular = true
        break
      }
      guard let table = schema.table(next.table), let found = try look(next) else {
        above = Place()
        known[next] = above
        break
      }
      let parent = table.parentRow(found.values)
      guard parent == nil, table.parent == nil || !table.scopes.isEmpty else {
        path.append((next, !found.isAlive))
        at = parent
        continue
      }
      above = Place(of: table, found.values, isDead: !found.isAlive)
      known[next] = above
      break
    }
    for one in path.reversed() {
      above = Place(under: above, isDead: one.isDead)
      known[one.row] = above
    }
    return above
  }
}

extension TableSchema {
  /// Why a row cannot lie where it would lie; nil where it can. The hub refuses such a row as `no_scope`, so that none is
  /// anywhere.
  ///
  /// - Parameter values: the row's, by position in `columns`.
  package func misplacement(_ place: Place, _ values: [Value]) -> String? {
    if place.isCircular { return "its parents go round in a circle" }
    if place.ancestors > Limits.ancestors { return "more than \(Limits.ancestors) rows stand above it" }
    if place.hasWrongNames, parentRow(values) == nil, let reason = misspelling(values) { return reason }
    return place.homes.isEmpty ? "the row lies in no scope" : nil
  }

  /// What of the scopes and homes that a row's own values yield is no name of a scope, or too much.
  private func misspelling(_ values: [Value]) -> String? {
    for rules in areHomesScopes ? [scopes] : [scopes, homes] {
      let texts = rules.flatMap { $0.texts(values) }
      if texts.count > Limits.scopesOfRow { return "a row lies in at most \(Limits.scopesOfRow) scopes" }
      if let text = texts.first(where: { !$0.isScopeName }) {
        return text.isNormal
          ? "a scope's name has at most \(Limits.scopeName) bytes, '\(text.prefix(40))…' is longer"
          : "'\(text.prefix(80))' is not spelled as names of scopes are, in Unicode's normalisation form C"
      }
    }
    return nil
  }
}
