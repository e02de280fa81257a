internal import RelayMerge
internal import RelayProtocol

/// Relay's own writes beside the app's triggers (rule 30).
extension View {
  /// Writes made inside are Relay's own and travel nowhere; whatever the app's triggers do meanwhile, the synced tables
  /// end as Relay meant them. The guard is a row, so it is undone with the transaction and holds for no other connection.
  func applying<T>(_ body: () throws(RelayError) -> T) throws(RelayError) -> T {
    db.tap.isListening = false
    defer { db.tap.isListening = true }
    // No trigger fires here: there is nothing to guard against.
    if !db.firesTriggers { return try body() }
    let mustWatch = try tables.appTriggers().writeSyncedTables
    try guardCapture(mustWatch ? .watches : .silent)
    guard mustWatch else {
      let value = try body()
      try guardCapture(.captures)
      return value
    }
    let meant = try ShownRows(stores, tables, attachment)
    let value = try watching(meant, body)
    for (one, reason) in try meant.settle(self) { try keepOut(one, reason) }
    try guardCapture(.captures)
    return value
  }

  private func guardCapture(_ state: CaptureGuard) throws(RelayError) {
    try stores.capture.set(state)
  }

  /// A trigger made it impossible to show a row as it should be.
  private func keepOut(_ one: Should, _ reason: String) throws(RelayError) {
    guard let values = one.values, try !isUnderWork(one.row) else {
      return try inbox.tell(held: one.row, one.table, reason, &changes.written)
    }
    try hold(one.row, one.table, values, [], seq: one.seq, reason)
  }
}
