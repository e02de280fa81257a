internal import RelayProtocol

/// A hub that was put back to an older copy goes on as another history (rule 27).
extension HubSession {
  /// Begins an epoch that shares everything up to a seq with the one that ends.
  ///
  /// - Parameters:
  ///   - id: bits that no other history has.
  ///   - now: milliseconds since 1970.
  func beginEpoch(_ id: Hash128, fork: UInt64, now: Int64) throws(RelayError) {
    try store.healing.add(PastEpoch(id: epoch, fork: min(fork, try head())))
    try store.settings.set("epoch", id.bytes)
    try noteRestored(id, now: now)
    if durable > fork { try noteBackup(upTo: fork) }
    try refresh()
    // Whoever is parked is told.
    try store.rights.changed()
  }

  /// Something was judged for the first time since the store was opened: from there on its order has a name of its own.
  ///
  /// - Parameters:
  ///   - seq: the last before that.
  ///   - name: bits that no other opening has.
  /// - Returns: what the order is called now.
  func open(after seq: UInt64, _ name: UInt64) throws(RelayError) -> [Opening] {
    let opening = Opening(first: seq + 1, name: max(1, name))
    try store.healing.add(opening)
    try store.settings.set("opening", Hash128(high: opening.first, low: opening.name).bytes)
    return openings + [opening]
  }

  /// A device offers again what it says was judged in the epoch that is still this one's: this hub was put back, and nobody
  /// has said so.
  func noteRollback(_ offer: Offer, now: Int64) throws(RelayError) {
    guard let envelope = offer.envelope, let lost = envelope.lost, lost.epoch == epoch else { return }
    var out = CBORWriter()
    out.unsigned(UInt64(max(0, now)))
    let head = try head()
    let log = try logHash(head) ?? .zero
    let id = hash128(Array("epoch".utf8), epoch.bytes, log.bytes, hash128(offer.bytes).bytes, out.bytes)
    try beginEpoch(id, fork: envelope.shared, now: now)
  }

  /// A backup covers the log up to a seq: devices need to keep what they did before it no longer (rule 26).
  func noteBackup(upTo seq: UInt64) throws(RelayError) {
    try store.settings.set("durable", Array(String(seq).utf8))
  }

  /// Up to where do bases count that a transaction was sealed with in another epoch; nil where nothing is known of it.
  func shared(with other: Hash128) -> UInt64? {
    guard let at = pastEpochs.firstIndex(where: { $0.id == other }) else { return nil }
    return pastEpochs[at...].map(\.fork).min()
  }
}
