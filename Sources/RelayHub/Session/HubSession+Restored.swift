internal import RelayProtocol

/// What an operator asks after a restore: who has come since, and what is not here again.
extension HubSession {
  /// The epoch that began last, and when; milliseconds since 1970.
  private static let restoredSetting = "restored"

  func noteRestored(_ epoch: Hash128, now: Int64) throws(RelayError) {
    try store.settings.set(Self.restoredSetting, epoch.bytes + Array(String(now).utf8))
  }

  /// Nil where the hub was never put back.
  ///
  /// - Complexity: O(what was ever offered again).
  func restored() throws(RelayError) -> HubRestore? {
    guard let last = pastEpochs.last else { return nil }
    let setting = try store.settings.setting(Self.restoredSetting) ?? []
    // One that an older version began says nothing of when.
    let isOfThis = Hash128(bytes: Array(setting.prefix(16))) == epoch
    let since = isOfThis ? Int64(String(decoding: setting.dropFirst(16), as: UTF8.self)) : nil
    let (offered, missing) = try store.healing.offeredAgain()
    let devices = try store.devices.devices().filter { $0.record.isEnrolled && !$0.record.isRevoked }
    let synced = devices.filter { device in since.map { device.lastSync ?? .min >= $0 } ?? false }
    let waits = try waiting().flatMap { $0.epoch == epoch && $0.since > .min ? $0.since : nil }
    return HubRestore(
      fork: last.fork, since: since, offeredAgain: offered, missing: missing, devices: UInt64(devices.count),
      synced: UInt64(synced.count), waitsSince: waits)
  }
}
