package import Relay

/// The time that the office works at: the hub's at the last sync. A machine's clock may be years off, and with a wrong year
/// everybody would be at risk; what the rows say is as old as that sync anyway.
package struct OfficeClock: Sendable, Equatable {
  package let now: Instant
  /// How far this machine's clock was ahead of the hub's at the last sync, in milliseconds; 0 where there was none.
  package let lead: Int64
  /// Milliseconds since the last sync by this machine's clock.
  package let age: Int64

  /// - Parameter machine: what this machine's clock says; a file that belongs to no hub has nothing else.
  package init(_ status: ReplicaStatus, machine: Instant) {
    guard let hub = status.hubTime, let pulled = status.lastPull else {
      (now, lead, age) = (machine, 0, 0)
      return
    }
    now = Instant(milliseconds: hub)
    lead = pulled - hub
    age = machine.milliseconds - pulled
  }

  /// What a request takes on its way, and clocks that were set by hand.
  package static let tolerance: Int64 = 5 * 60_000

  /// What the person who runs it should know: the clock is wrong, or the last sync was long ago.
  package func remark(_ zone: TimeZoneOffset, _ language: Language) -> String? {
    if abs(lead) > Self.tolerance {
      let span = Elapsed(milliseconds: abs(lead)).text(language)
      return lead > 0
        ? language.choose(
          "this machine's clock is \(span) ahead of the hub's; the office works at the hub's time, \(zone.text(now))",
          "本机时钟比中心快\(span)；办公室以中心时间\(zone.text(now))办理")
        : language.choose(
          "this machine's clock is \(span) behind the hub's; the office works at the hub's time, \(zone.text(now))",
          "本机时钟比中心慢\(span)；办公室以中心时间\(zone.text(now))办理")
    }
    guard age > Elapsed.day else { return nil }
    return language.choose(
      "the last sync was \(Elapsed(milliseconds: age).text(language)) ago; the office works at the hub's time of then, \(zone.text(now))",
      "上次同步在\(Elapsed(milliseconds: age).text(language))前；办公室以当时的中心时间\(zone.text(now))办理")
  }
}
