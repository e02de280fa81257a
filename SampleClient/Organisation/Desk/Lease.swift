package import Relay

/// For how long a device may be used without a sync: a phone that was lost is outlived by its lease.
package struct Lease: Sendable, Equatable {
  /// The last instant of it, by this device's clock; nil for a file that belongs to no hub or has never pulled.
  package let end: Instant?
  private let days: Int

  package init(_ status: ReplicaStatus, _ policy: Policy) {
    days = policy.leaseDays
    // The committee's own machines stand in its rooms.
    let isBounded = !status.device.isEmpty && status.role != "committee"
    end = isBounded ? status.lastPull.map { Instant(milliseconds: $0 + Int64(policy.leaseDays) * Elapsed.day) } : nil
  }

  /// - Throws: `role_forbids` once the lease is over. What is unsent stays in the file and goes out with the next sync.
  package func check(now: Instant, _ zone: TimeZoneOffset) throws(RelayError) {
    guard let end, now > end else { return }
    throw RelayError(
      .roleForbids,
      Language.say(
        "this device has not synced for \(days) days: its lease ended on \(zone.text(end))",
        "本设备已\(days)天未同步，租期于\(zone.text(end))到期"),
      advice: Language.say(
        "Nothing was changed, and what is unsent is kept. `sync` opens it again; `status`, `inbox` and `export` work.",
        "未作更改，未发送的内容仍保留。运行 sync 即可恢复；status、inbox、export 可用。"))
  }
}
