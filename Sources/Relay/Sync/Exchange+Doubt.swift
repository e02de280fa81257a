internal import RelayMerge
internal import RelayProtocol

/// Verdicts that a push was answered with, and that the hub has lost or no pull tells of.
extension Exchange {
  /// Takes back, with the verdicts, what was said of own work that they refused: it waits again, shows again, and is told anew
  /// if it is refused once more.
  ///
  /// - Parameters:
  ///   - keys: refused work that no pull has confirmed as refused.
  ///   - lose: forgets the verdicts.
  func takeBack(_ keys: [DotKey], _ lose: () throws(RelayError) -> Void) throws(RelayError) {
    var own = OwnTransactions()
    var refused: [Transaction] = []
    // What Relay has put together otherwise since stays as it is.
    for key in keys where try core.outbox.batch(key) != .sealedAnew {
      if let one = try own.pending(key, core.stores) { refused.append(one.transaction) }
    }
    try lose()
    guard !refused.isEmpty else { return }
    for transaction in refused where try core.inbox.store.remove(Inbox.refusalID(transaction.dot), .refused) {
      core.changes.written.inbox = true
    }
    own = OwnTransactions()
    let (state, rows) = (try core.state(), Set(refused.flatMap { $0.rows.map(\.row) }))
    try core.view.applying { () throws(RelayError) in
      for row in rows.sorted() { try core.view.rebuild(row, try core.table(row.table), state, &own) }
    }
  }
}
