internal import RelayMerge
internal import RelayProtocol

extension Pull {
  /// What a device gets whose rows were pulled at an older version of the schema: only what it could not know.
  struct Upgrade {
    private let old: SyncSchema
    private let role: String
    /// Before this seq nobody wrote anything that the older version did not know; nil where nobody ever did.
    let start: UInt64?

    /// - Returns: nil where the device's rows are as its version sees them.
    init?(_ session: HubSession, from installed: UInt64?, to view: SyncSchema, role: String) throws(RelayError) {
      guard let installed, installed < view.version else { return nil }
      old = try session.view(installed)
      self.role = role
      start = try session.store.settings.firstAddition(after: installed)
    }

    /// Does a row hold anything that the older version did not show: is its table new, or a new column not at its
    /// default?
    func brings(_ table: TableSchema, _ values: [Value]) -> Bool {
      guard let before = old.table(table.id), before.access(role).reads else { return true }
      let known = Set(before.readableColumns(role).map { before.columns[$0].id })
      return table.readableColumns(role).contains {
        !known.contains(table.columns[$0].id) && values[$0] != table.columns[$0].defaultValue
      }
    }
  }
}
