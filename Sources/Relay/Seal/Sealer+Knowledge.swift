internal import RelayMerge
internal import RelayProtocol

/// What the author knew.
extension Sealer {
  /// What somebody knew of a row who looked at `moment`.
  ///
  /// - Parameter base: what is known of it now.
  func base(_ base: UInt64, of row: RowID, seenAt moment: Moment) throws(RelayError) -> UInt64 {
    let isKnown = try !core.stores.entered.entered(row, after: moment.installs)
    return isKnown || Mutation.isPlanted(.formClaims) ? min(base, moment.base) : 0
  }

  /// Was the row's deletion pulled, or is it this replica's own and not confirmed yet?
  func knowsDeleted(_ row: RowID) throws(RelayError) -> Bool {
    if try core.stores.dead.holds(row) { return true }
    return try core.outbox.hasPendingDelete(row)
  }
}
