internal import RelayMerge
internal import RelayProtocol

/// Verdicts that a push was answered with, and that the hub has lost or no pull tells of.
extension Exchange {
  /// Takes back verdicts with what was said of them: the work waits again and shows again, also where an image was taken to
  /// hold it, and is told anew if it is refused once more.
  ///
  /// - Parameters:
  ///   - keys: judged work that no pull has confirmed.
  ///   - lose: forgets the verdicts.
  func takeBack(_ keys: [DotKey], _ lose: () throws(RelayError) -> Void) throws(RelayError) {
    var own = OwnTransactions()
    var judged: [Transaction] = []
    // What Relay has put together otherwise since stays as it is.
    for key in keys where try core.outbox.batch(key) != .sealedAnew {
      if let one = try own.pending(key, core.stores) { judged.append(one.transaction) }
    }
    try lose()
    guard !judged.isEmpty else { return }
    for transaction in judged where try core.inbox.store.remove(Inbox.refusalID(transaction.dot), .refused) {
      core.changes.written.inbox = true
    }
    own = OwnTransactions()
    let (state, rows) = (try core.state(), Set(judged.flatMap { $0.rows.map(\.row) }))
    try core.view.applying { () throws(RelayError) in
      for row in rows.sorted() { try core.view.rebuild(row, try core.table(row.table), state, &own) }
    }
  }
}
