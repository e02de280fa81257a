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

  /// A clock that was wrong once does not win for ever (rule 12): where the hub took a write for earlier than its author
  /// did, the author's clock ran ahead, and its hybrid time comes back to what the hub fixed.
  func setBack(to verdict: Verdict) throws(RelayError) {
    guard let key = try core.replicas.key(verdict.dot), try core.outbox.ranAhead(key, of: verdict.effective) else {
      return
    }
    try core.outbox.setBack(to: verdict.effective)
    try core.stores.state.setBack(to: verdict.effective)
  }
}
