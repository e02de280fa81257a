internal import RelayMerge
internal import RelayProtocol

extension Replica {
  /// The hub does not know the history that this file stands in, or own work that it had judged: it was put back to an older
  /// copy, or what it said last was wrong. The file goes back to the last place that it knows of before; until the hub
  /// recognises one, step by step. What was judged after that place is offered again, and rows that only the lost history
  /// brought stay as they are.
  ///
  /// - Returns: false where the hub does not even recognise a file that stands at nothing.
  package func stepBack() throws(RelayError) -> Bool {
    try changing(fromHub: true) { (core) throws(RelayError) in
      try core.sealer.sealResidue()
      var state = try core.state()
      let (judged, judgedAgain) = (try core.outbox.newestVerdict(), try core.stores.lost.judged())
      guard state.base > 0 || judged > 0 || !judgedAgain.isEmpty else { return false }
      let place = try core.stores.lost.place(before: state.base)
      let newest = state.key
      let (base, standing, epoch) = (place?.base ?? 0, state.base, state.epoch)
      try core.exchange.takeBack(core.outbox.refused(after: base)) { () throws(RelayError) in
        try core.stores.lost.lose(after: base, from: standing, epoch, upTo: newest)
      }
      (state.base, state.logHash, state.head) = (place?.base ?? 0, place?.log ?? .zero, place?.base ?? 0)
      // Who stands at nothing may come to any history of this organisation.
      if place == nil { state.epoch = .zero }
      try core.save(state)
      try core.stores.stage.forget()
      if place == nil { try core.stores.scopes.clear() }
      try core.beginAnew(after: newest, upTo: place?.base ?? 0)
      return true
    }
  }
}

extension ReplicaCore {
  /// What was refused in a lost history, or is kept no longer, is not offered again. Where that is the newest of this replica,
  /// nothing can follow it at the hub.
  func beginAnew(after newest: DotKey, upTo seq: UInt64) throws(RelayError) {
    guard newest.counter > 0, try !stores.lost.isStillTold(newest, upTo: seq) else { return }
    try becomeAnother()
  }
}
