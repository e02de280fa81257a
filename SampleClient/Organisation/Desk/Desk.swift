package import Relay

/// Who writes, from which unit, at what time and with which new ids: all that a command takes from outside. The same
/// desk and the same rows give the same result.
package struct Desk: Sendable {
  package var officer: Officer
  package var unit: OrgUnit
  package var now: Instant
  /// The part of a receipt number that tells this device from the unit's others, such as `2`.
  package var device: String
  /// The organisation's time of day.
  package var zone: TimeZoneOffset
  /// A new id at every call.
  package var newID: @Sendable () -> String

  package init(
    officer: Officer, unit: OrgUnit, now: Instant, device: String, zone: TimeZoneOffset = .utc,
    newID: @escaping @Sendable () -> String
  ) {
    self.officer = officer
    self.unit = unit
    self.now = now
    self.device = device
    self.zone = zone
    self.newID = newID
  }

  /// Who wrote, for people to read in conflicts and history.
  package var author: String { officer.author(unit.code) }

  package var today: Day { zone.day(now) }

  package var isCommittee: Bool { unit.level == .committee }

  /// What a person wrote, as the tables hold it.
  ///
  /// - Throws: `value_not_allowed` for what is no time.
  package func instant(_ text: String) throws(RelayError) -> String {
    guard let instant = zone.instant(text) else {
      throw RelayError(
        .valueNotAllowed, Language.say("'\(text)' is no time", "“\(text)”不是时间"),
        advice: Language.say(
          "Nothing was changed. Write 2017-11-05 14:00 (\(zone.text)).", "未作更改。请写如 2017-11-05 14:00（\(zone.text)）。"))
    }
    return instant.text
  }

  /// May this desk's device write what belongs to the unit? The hub decides; this is for a clear answer at once.
  package func serves(_ other: OrgUnit) -> Bool {
    switch unit.level {
    case .committee: true
    case .regional: other.id == unit.id || other.parentID == unit.id
    case .branch: other.id == unit.id
    }
  }
}
