internal import RelayProtocol

/// Work that waits until others have offered a put-back hub what it builds on (rule 27). The wait has an end: nobody may
/// have that any more, and what is refused is kept at the hub and lies in its author's inbox.
extension HubSession {
  /// How long after the first work of an epoch that had to wait; milliseconds.
  private static let longestWait: Int64 = 30 * Grace.dayLength

  /// The epoch in which something waits, and since when; milliseconds since 1970.
  private static let waitingSetting = "waiting"

  func waiting() throws(RelayError) -> (epoch: Hash128, since: Int64)? {
    guard let bytes = try store.settings.setting(Self.waitingSetting) else { return nil }
    guard let epoch = Hash128(bytes: Array(bytes.prefix(16))),
      let since = Int64(String(decoding: bytes.dropFirst(16), as: UTF8.self))
    else { throw RelayError(.corrupt, "the hub's store does not say since when work waits") }
    return (epoch, since)
  }

  private func setWaiting(since: Int64) throws(RelayError) {
    try store.settings.set(Self.waitingSetting, epoch.bytes + Array(String(since).utf8))
  }

  /// Is it waited, in this epoch, for what others have to offer?
  func waitsForOthers(now: Int64) throws(RelayError) -> Bool {
    guard !Mutation.isPlanted(.waitsForEver), let waiting = try waiting(),
      waiting.epoch == epoch || Mutation.isPlanted(.waitStaysOver)
    else { return true }
    return now.subtractingSaturating(waiting.since) < Self.longestWait
  }

  /// Has anything waited in this epoch?
  func hasWaiting() throws(RelayError) -> Bool { try waiting()?.epoch == epoch }

  /// What was offered waits. It says that this hub was put back, as what has its verdict does.
  func noteWaiting(_ offer: Offer, now: Int64) throws(RelayError) {
    try noteRollback(offer, now: now)
    if try waiting()?.epoch != epoch { try setWaiting(since: now) }
  }

  /// Whoever waits is judged by what is here, until this hub is put back once more.
  func endWaiting() throws(RelayError) { try setWaiting(since: .min) }
}
