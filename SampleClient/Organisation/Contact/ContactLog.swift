package import Relay

/// Attempts to reach a member: what was tried and what came of it, never what was talked about at length.
package struct ContactLog: Sendable {
  private let desk: Desk

  package init(_ desk: Desk) { self.desk = desk }

  package struct Attempt: Sendable {
    package var channel: String
    package var outcome: String
    package var purpose: String
    /// An instant; now, where it is nil.
    package var at: String?
    package var contactPoint: String?
    package var sweep: String?
    package var note: String?

    package init(channel: String, outcome: String, purpose: String = "other") {
      (self.channel, self.outcome, self.purpose) = (channel, outcome, purpose)
    }
  }

  /// Appends an attempt; one that reached the member raises the day of the last contact.
  ///
  /// - Returns: the attempt's id.
  package func log(_ attempt: Attempt, of member: Member, in db: Database) throws(RelayError) -> String {
    try ColumnRules.check(attempt.channel, "channel", of: "contact_attempt")
    try ColumnRules.check(attempt.outcome, "outcome", of: "contact_attempt")
    try ColumnRules.check(attempt.purpose, "purpose", of: "contact_attempt")
    let at = attempt.at ?? desk.now.text
    guard at <= desk.now.text || Instant(at) == nil else {
      throw RelayError(
        .valueNotAllowed, "\(desk.zone.text(at)) lies in the future",
        advice: "Nothing was changed. Check the day and the time.")
    }
    guard Instant(at) != nil else {
      throw RelayError(
        .valueNotAllowed, "'\(at)' is no instant that has passed",
        advice: "Nothing was changed. Write YYYY-MM-DDTHH:MM:SSZ.")
    }
    if let note = attempt.note { try ColumnRules.check(note, "note", of: "contact_attempt") }
    let point = try attempt.contactPoint.map { (which) throws(RelayError) in try ContactPoint.find(which, in: db).id }
    let id = desk.newID()
    try db.execute(
      """
      INSERT INTO contact_attempt (id, member_id, sweep_id, purpose, channel, contact_point_id, outcome, at, by_officer,
        note) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .text(id), .text(member.id), Value(attempt.sweep), .text(attempt.purpose), .text(attempt.channel),
        Value(point), .text(attempt.outcome), .text(at), .text(desk.officer.id), Value(attempt.note),
      ])
    if attempt.outcome == "reached", desk.officer.role != "adviser" {
      try ContactLog.raise(member.id, to: (Instant(at).map { desk.zone.day($0) } ?? desk.today).text, in: db)
    }
    return id
  }

  /// A mark of that day was taken back: the day of the last contact is what the other facts say. They are known here as far
  /// as this device sees them, and a success that others know raises it again.
  static func lower(_ memberID: String, from day: String, in db: Database) throws(RelayError) {
    let last = try ReachRule.facts(of: memberID, in: db)[memberID]?.lastSuccess
    guard last ?? "" < day else { return }
    try db.execute(
      "UPDATE member SET last_contact_on = ?1 WHERE id = ?2 AND last_contact_on = ?3",
      [Value(last), .text(memberID), .text(day)])
  }

  /// Never back: who comes later with an older call changes nothing.
  static func raise(_ memberID: String, to day: String, in db: Database) throws(RelayError) {
    try db.execute(
      "UPDATE member SET last_contact_on = ?1 WHERE id = ?2 AND coalesce(last_contact_on, '') < ?1",
      [.text(day), .text(memberID)])
  }
}
