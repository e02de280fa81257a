package import Relay

/// Attempts as they stand. Nothing is taken out of the log: a wrong entry is put right by a later row that names it, and
/// the last of them in the hub's order holds.
package struct ContactAttempt: Sendable, Equatable {
  /// The id of the first entry, whatever was corrected since.
  package var id: String
  package var memberID: String
  package var channel: String
  package var contactPoint: String?
  package var outcome: String
  package var at: String
  package var officerID: String
  package var note: String?
  package var sweep: String?
  package var purpose: String

  /// How the id of a row begins that puts another one right; its id is `corrects:NEW>OLD`.
  static let corrects = "corrects:"
  /// The same for one that takes another one back.
  static let withdraws = "withdraws:"

  /// A table of what stands, for a question in SQL: the columns of `contact_attempt`.
  static let standing = """
    (WITH \(fix), last AS (SELECT id, original FROM fix WHERE place = 1)
    SELECT id, member_id, sweep_id, purpose, channel, contact_point_id, outcome, at, by_officer, note, seq
      FROM contact_attempt WHERE NOT (\(isCorrection)) AND id NOT IN (SELECT original FROM last)
    UNION ALL SELECT l.original, a.member_id, a.sweep_id, a.purpose, a.channel, a.contact_point_id, a.outcome, a.at,
        a.by_officer, a.note, a.seq
      FROM last AS l JOIN contact_attempt AS a ON a.id = l.id WHERE l.id < '\(withdraws)')
    """

  /// Ids of rows that do not stand, for a question that asks for the rows of one member after another.
  static let overruled = """
    (WITH \(fix) SELECT original FROM fix UNION ALL SELECT id FROM fix WHERE place > 1 OR id >= '\(withdraws)')
    """

  private static let fix = """
    fix AS (SELECT id, substr(id, instr(id, '>') + 1) AS original, row_number() OVER (
        PARTITION BY substr(id, instr(id, '>') + 1) ORDER BY coalesce(seq, 9223372036854775807) DESC, at DESC, id DESC) AS place
      FROM contact_attempt WHERE \(isCorrection))
    """

  private static let isCorrection =
    "id >= '\(corrects)' AND id < 'corrects;' OR id >= '\(withdraws)' AND id < 'withdraws;'"

  private static let select =
    "SELECT id, member_id, channel, contact_point_id, outcome, at, by_officer, note, sweep_id, purpose FROM \(standing)"

  private static func read(_ row: borrowing Row) throws(RelayError) -> ContactAttempt {
    ContactAttempt(
      id: row[0].text ?? "", memberID: row[1].text ?? "", channel: row[2].text ?? "", contactPoint: row[3].text,
      outcome: row[4].text ?? "", at: row[5].text ?? "", officerID: row[6].text ?? "", note: row[7].text,
      sweep: row[8].text, purpose: row[9].text ?? "other")
  }

  /// The newest first.
  ///
  /// - Parameter members: of these; of everybody where it is nil.
  static func all(of members: [String]?, in db: Database) throws(RelayError) -> [ContactAttempt] {
    var found: [ContactAttempt] = []
    for id in members ?? [] { found += try db.query(select + " WHERE member_id = ?", [.text(id)], read) }
    if members == nil { found = try db.query(select, [], read) }
    return found.sorted { ($1.at, $0.id) < ($0.at, $1.id) }
  }

  /// - Parameter which: an id, or the start of one that fits a single attempt.
  /// - Throws: `not_found`, `value_not_allowed` where several fit.
  package static func find(_ which: String, in db: Database) throws(RelayError) -> ContactAttempt {
    let found = try db.query(
      select + " WHERE id = ?1 OR substr(id, 1, length(?1)) = ?1 ORDER BY id = ?1 DESC, id LIMIT 2", [.text(which)],
      read)
    guard !which.isEmpty, let attempt = found.first else {
      throw RelayError(
        .notFound, "there is no contact '\(which)' on this device",
        advice: "Nothing was changed. `contact list` tells the ids.")
    }
    guard found.count == 1 || attempt.id == which else {
      throw RelayError(
        .valueNotAllowed, "several contacts begin with '\(which)'", advice: "Nothing was changed. Give more of the id.")
    }
    return attempt
  }
}

package enum ContactPages {
  /// Without a member: the newest hundred.
  package static func list(_ who: String?, _ look: Look) throws(RelayError) -> Page {
    let members = try who.map { (who) throws(RelayError) in try Member.find(who, in: look.db).ids(in: look.db) }
    let attempts = try ContactAttempt.all(of: members, in: look.db)
    let held = try Review.open(in: look.db).ids("contact_attempt")
    var grid = Page.Grid(
      "attempts",
      [
        "at|when|时间", "number|no.|编号", "channel|way|方式", "outcome|outcome|结果", "by|by|联系人", "note|note|备注",
        "held|held|待审核", "id|id|标识",
      ], empty: Phrase("no attempts", "没有联系记录"))
    for attempt in attempts.prefix(members == nil ? 100 : attempts.count) {
      let number = try look.db.first("SELECT member_no FROM member WHERE id = ?", [.text(attempt.memberID)])?[0].text
      grid.add(
        .text(look.zone.text(attempt.at)), Cell(number), .word(attempt.channel), .word(attempt.outcome),
        .text(try Officer.name(attempt.officerID, in: look.db) ?? attempt.officerID), Cell(attempt.note),
        .flag(held.contains(attempt.id)), .text(attempt.id))
    }
    return .list(grid)
  }
}
