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
    let point = try point(attempt, of: member, in: db)
    let id = desk.newID()
    var entry = ContactAttempt(
      id: id, memberID: member.id, channel: attempt.channel, contactPoint: point?.id, outcome: attempt.outcome, at: at,
      officerID: desk.officer.id, purpose: attempt.purpose)
    (entry.note, entry.sweep) = (attempt.note, attempt.sweep)
    try append(entry, as: id, in: db)
    try follow(entry, in: db)
    return id
  }

  /// Puts an own entry right.
  ///
  /// - Parameters:
  ///   - outcome: the right one; as it was, where it is nil.
  ///   - note: the right one; as it was, where it is nil.
  package func correct(_ which: String, outcome: String?, note: String?, in db: Database) throws(RelayError) -> Member {
    let before = try own(which, in: db)
    guard outcome != nil || note != nil else {
      throw RelayError(.usage, "nothing is said to correct", advice: "Nothing was changed. Give an outcome or --note.")
    }
    if let outcome { try ColumnRules.check(outcome, "outcome", of: "contact_attempt") }
    if let note { try ColumnRules.check(note, "note", of: "contact_attempt") }
    var after = before
    after.outcome = outcome ?? before.outcome
    after.note = note ?? before.note
    let member = try Member.find(before.memberID, in: db)
    if after.contactPoint == nil, after.outcome == "wrong_number" {
      after.contactPoint = try point(Attempt(channel: after.channel, outcome: after.outcome), of: member, in: db)?.id
    }
    try append(after, as: "\(ContactAttempt.corrects)\(desk.newID())>\(before.id)", in: db)
    try takeBack(before, in: db)
    try follow(after, in: db)
    return member
  }

  /// Takes an own entry back: it was made by mistake.
  package func withdraw(_ which: String, in db: Database) throws(RelayError) -> Member {
    let before = try own(which, in: db)
    try append(before, as: "\(ContactAttempt.withdraws)\(desk.newID())>\(before.id)", in: db)
    try takeBack(before, in: db)
    return try Member.find(before.memberID, in: db)
  }

  private func own(_ which: String, in db: Database) throws(RelayError) -> ContactAttempt {
    let attempt = try ContactAttempt.find(which, in: db)
    guard attempt.officerID == desk.officer.id else {
      let name = try Officer.name(attempt.officerID, in: db) ?? attempt.officerID
      throw RelayError(
        .roleForbids, "the contact was entered by \(name)",
        advice: "Nothing was changed. Who entered it corrects it; enter what you know as a contact of your own.")
    }
    return attempt
  }

  private func append(_ entry: ContactAttempt, as id: String, in db: Database) throws(RelayError) {
    try db.execute(
      """
      INSERT INTO contact_attempt (id, member_id, sweep_id, purpose, channel, contact_point_id, outcome, at, by_officer,
        note) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .text(id), .text(entry.memberID), Value(entry.sweep), .text(entry.purpose), .text(entry.channel),
        Value(entry.contactPoint), .text(entry.outcome), .text(entry.at), .text(entry.officerID), Value(entry.note),
      ])
  }

  private func day(_ entry: ContactAttempt) -> String {
    (Instant(entry.at).map { desk.zone.day($0) } ?? desk.today).text
  }

  /// What an entry says of the member and of the number that was tried.
  private func follow(_ entry: ContactAttempt, in db: Database) throws(RelayError) {
    guard desk.officer.role != "adviser" else { return }
    if entry.outcome == "reached" { try ContactLog.raise(entry.memberID, to: day(entry), in: db) }
    guard entry.outcome == "wrong_number", let point = entry.contactPoint else { return }
    for id in try ContactPoint.same(as: point, of: entry.memberID, in: db) {
      try db.execute(
        "UPDATE contact_point SET dead_since = ? WHERE id = ? AND dead_since IS NULL", [.text(day(entry)), .text(id)])
    }
  }

  /// What an entry had said, and does no longer.
  private func takeBack(_ entry: ContactAttempt, in db: Database) throws(RelayError) {
    guard desk.officer.role != "adviser" else { return }
    if entry.outcome == "reached" { try ContactLog.lower(entry.memberID, from: day(entry), in: db) }
    guard entry.outcome == "wrong_number", let point = entry.contactPoint else { return }
    for id in try ContactPoint.same(as: point, of: entry.memberID, in: db) {
      try db.execute(
        "UPDATE contact_point SET dead_since = NULL WHERE id = ? AND dead_since = ?", [.text(id), .text(day(entry))])
    }
  }

  /// The number or address that was tried: the one that was named; of a wrong number the only one of its kind.
  private func point(
    _ attempt: Attempt, of member: Member, in db: Database
  ) throws(RelayError) -> ContactPoint? {
    let known = try ContactPoint.of(try member.ids(in: db), in: db)
    if let which = attempt.contactPoint {
      let text = ContactPoint.normalised(which)
      if let named = known.first(where: { !text.isEmpty && $0.normalised == text }) { return named }
      return try ContactPoint.find(which, in: db)
    }
    guard attempt.outcome == "wrong_number" else { return nil }
    let living = known.filter { $0.kind == attempt.channel && $0.deadSince == nil }
    guard living.count > 1 else { return living.first }
    throw RelayError(
      .valueNotAllowed, "which number is wrong? \(member.title) has \(living.map(\.value).joined(separator: ", "))",
      advice: "Nothing was changed. Give --point with the number.")
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
