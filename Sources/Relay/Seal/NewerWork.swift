internal import RelayProtocol

/// Which rows own work that waits wrote to in a version of the sync schema above the one that is known; each transaction is
/// decoded once.
final class NewerWork {
  private let core: ReplicaCore
  private let known: UInt64
  private var rows: [DotKey: Set<RowID>] = [:]

  init(_ core: ReplicaCore, above known: UInt64) { (self.core, self.known) = (core, known) }

  /// - Complexity: a search, and once for each transaction that needs a newer version its rows.
  func writes(_ row: RowID) throws(RelayError) -> Bool {
    for key in try core.outbox.touching(row, needing: known) where try newer(key).contains(row) { return true }
    return false
  }

  private func newer(_ key: DotKey) throws(RelayError) -> Set<RowID> {
    if let found = rows[key] { return found }
    guard let stored = try core.outbox.stored(key) else { return [] }
    let changes = try Transaction(decoding: stored.bytes).rows.filter { core.schema.needs([$0]) > known }
    let found = Set(changes.map(\.row))
    rows[key] = found
    return found
  }
}
