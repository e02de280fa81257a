internal import RelayProtocol

/// Tables of the bookkeeping in which an install, or the sealing of many rows, would look for every single row, and in
/// which it mostly finds nothing: no work is pending, nothing is held, nobody asks. Whatever writes into one of them
/// takes it out of `knownEmpty`.
struct EmptyTables: OptionSet {
  let rawValue: Int

  static let pending = EmptyTables(rawValue: 1)
  static let image = EmptyTables(rawValue: 2)
  static let held = EmptyTables(rawValue: 4)
  static let dead = EmptyTables(rawValue: 8)
  static let inbox = EmptyTables(rawValue: 16)
  static let alone = EmptyTables(rawValue: 32)

  fileprivate static let names: [(EmptyTables, String)] = [
    (.pending, "relay_pending"), (.image, "relay_image"), (.held, "relay_held"), (.dead, "relay_dead"),
    (.inbox, "relay_inbox"), (.alone, "relay_alone"),
  ]
}

extension ReplicaCore {
  /// What is empty now. To be asked inside the transaction that relies on it.
  func emptyTables() throws(RelayError) -> EmptyTables {
    var empty: EmptyTables = []
    for (table, name) in EmptyTables.names where try db.first("SELECT 1 FROM \(name) LIMIT 1") == nil {
      empty.insert(table)
    }
    return empty
  }
}
