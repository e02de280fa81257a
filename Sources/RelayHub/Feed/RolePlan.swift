internal import RelayMerge
internal import RelayProtocol

/// How rows of one table go to one role, worked out once a page.
final class RolePlan {
  let table: TableSchema
  /// Ids of the columns that the role reads and that are no key columns, ascending.
  let columns: [UInt32]
  /// Rows may go as they lie: nothing of them has to be looked at to know that the role sees them.
  let isOpen: Bool
  private let hidden: [Int]
  private var shape: (id: Int64, picks: Picks)?

  /// What of a stored row's values goes to the role.
  enum Picks: Equatable {
    case all
    /// Positions among those that are stored; and places among these whose group has a column that the role does not
    /// read.
    case some([Int], hidden: [Int])
    /// The row was written when the table had other columns.
    case unknown
  }

  init(_ table: TableSchema, role: String) {
    self.table = table
    let columns = table.readableColumns(role).map { table.columns[$0].id }
    hidden = columns.indices.filter { at in
      table.group(columns[at]).map { !table.reads($0, role) } ?? false
    }
    self.columns = columns
    if case .never = table.access(role).upOnly { isOpen = true } else { isOpen = false }
  }

  func picks(_ shape: Int64, _ session: HubSession) throws(RelayError) -> Picks {
    if let known = self.shape, known.id == shape { return known.picks }
    let stored = try session.columns(ofShape: shape)
    let positions = columns.compactMap { stored.firstIndex(of: $0) }
    let picks: Picks =
      positions.count < columns.count
      ? .unknown : positions.count == stored.count ? .all : .some(positions, hidden: hidden)
    self.shape = (shape, picks)
    return picks
  }
}
