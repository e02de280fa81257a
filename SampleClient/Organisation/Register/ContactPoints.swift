package import Relay

/// A way to reach a member. Two rows of a member with the same kind and the same value, however it is written, are one
/// for the reader: the smaller id, and both ids lead to it.
package struct ContactPoint: Sendable, Equatable {
  package var id: String
  package var memberID: String
  package var kind: String
  package var value: String
  package var label: String?
  package var isPreferred: Bool
  package var verified: String?
  package var deadSince: String?
  package var source: String
  /// The other rows that say the same, by id.
  package var sameAs: [String] = []

  private static func read(_ row: borrowing Row) throws(RelayError) -> ContactPoint {
    ContactPoint(
      id: row[0].text ?? "", memberID: row[1].text ?? "", kind: row[2].text ?? "", value: row[3].text ?? "",
      label: row[4].text, isPreferred: row[5] == 1, verified: row[6].text, deadSince: row[7].text,
      source: row[8].text ?? "")
  }

  private static let select =
    "SELECT id, member_id, kind, value, label, preferred, verified_on, dead_since, source FROM contact_point"

  /// The member's points folded, the preferred one first: of several, the one verified last.
  package static func of(_ memberIDs: [String], in db: Database) throws(RelayError) -> [ContactPoint] {
    var points: [ContactPoint] = []
    for id in memberIDs { points += try db.query(select + " WHERE member_id = ? ORDER BY id", [.text(id)], read) }
    points.sort { $0.id < $1.id }
    var folded: [ContactPoint] = []
    for point in points {
      if let at = folded.firstIndex(where: { $0.kind == point.kind && $0.normalised == point.normalised }) {
        folded[at].sameAs.append(point.id)
        folded[at].isPreferred = folded[at].isPreferred || point.isPreferred
        folded[at].verified = [folded[at].verified, point.verified].compactMap { $0 }.max()
        folded[at].label = folded[at].label ?? point.label
        // Alive where one of the rows says so.
        folded[at].deadSince = folded[at].deadSince.flatMap { mine in point.deadSince.map { max(mine, $0) } }
      } else {
        folded.append(point)
      }
    }
    let preferred = folded.filter(\.isPreferred).max { ($0.verified ?? "", $0.id) < ($1.verified ?? "", $1.id) }
    for at in folded.indices { folded[at].isPreferred = folded[at].id == preferred?.id }
    return folded.sorted { ($0.isPreferred ? 0 : 1, $0.kind, $0.id) < ($1.isPreferred ? 0 : 1, $1.kind, $1.id) }
  }

  /// - Parameter which: an id, or the start of one that fits a single point.
  /// - Throws: `not_found`, `value_not_allowed` where several fit.
  static func find(_ which: String, in db: Database) throws(RelayError) -> ContactPoint {
    let found = try db.query(
      select + " WHERE id = ?1 OR substr(id, 1, length(?1)) = ?1 ORDER BY id = ?1 DESC, id LIMIT 2", [.text(which)],
      read)
    guard !which.isEmpty, let point = found.first else {
      throw RelayError(.notFound, "there is no contact point '\(which)' on this device")
    }
    guard found.count == 1 || point.id == which else {
      throw RelayError(
        .valueNotAllowed, "several contact points begin with '\(which)'",
        advice: "Nothing was changed. Give more of the id.")
    }
    return point
  }

  /// The value, and that it does not work where it does not.
  var told: String {
    value + (deadSince == nil ? "" : Language.say(" (does not work)", "（已停用）"))
  }

  /// Ids of the member's rows that say the same number, this one among them.
  static func same(as id: String, of memberID: String, in db: Database) throws(RelayError) -> [String] {
    let all = try of([memberID], in: db).map { [$0.id] + $0.sameAs }
    return all.first { $0.contains(id) } ?? [id]
  }

  /// What is left of a value when the ways to write it are taken away: letters and digits of a number, lower case.
  var normalised: String { ContactPoint.normalised(value) }

  static func normalised(_ value: String) -> String {
    String(
      String.UnicodeScalarView(value.lowercased().unicodeScalars.filter { !" -().+/\t".unicodeScalars.contains($0) }))
  }
}

/// Writes to contact points.
package enum ContactBook {
  package struct New: Sendable {
    package var kind: String
    package var value: String
    package var label: String?
    package var isPreferred = false
    package var source = "officer"

    package init(kind: String, value: String) {
      self.kind = kind
      self.value = value
    }
  }

  /// - Returns: the point, and whether it was there already, in which case nothing was written.
  package static func add(
    _ new: New, to member: Member, desk: Desk, in db: Database
  ) throws(RelayError) -> (id: String, isNew: Bool) {
    try ColumnRules.check(new.kind, "kind", of: "contact_point")
    try check(new.value, new.kind)
    let value = new.value
    try ColumnRules.check(new.source, "source", of: "contact_point")
    let known = try ContactPoint.of([member.id], in: db)
    if let same = known.first(where: {
      $0.kind == new.kind && $0.normalised == ContactPoint.normalised(value) && $0.deadSince == nil
    }) {
      return (same.id, false)
    }
    let id = desk.newID()
    try db.execute(
      """
      INSERT INTO contact_point (id, member_id, kind, value, label, preferred, verified_on, source)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .text(id), .text(member.id), .text(new.kind), .text(value), Value(new.label), new.isPreferred ? 1 : 0,
        new.source == "self" ? .text(desk.today.text) : .null, .text(new.source),
      ])
    return (id, true)
  }

  /// - Parameter changes: of `value`, `label`, `preferred`, `verified_on`, `dead_since`.
  package static func change(_ id: String, _ changes: [Assignment], in db: Database) throws(RelayError) {
    let point = try ContactPoint.find(id, in: db)
    let columns = ["value", "label", "preferred", "verified_on", "dead_since"]
    for change in changes {
      if change.column == "value", !change.text.isEmpty { try check(change.text, point.kind) }
      try change.write(to: "contact_point", id: point.id, allowing: columns, in: db)
    }
  }

  package static func remove(_ id: String, in db: Database) throws(RelayError) {
    let point = try ContactPoint.find(id, in: db)
    try db.execute("DELETE FROM contact_point WHERE id = ?", [.text(point.id)])
  }

  /// - Throws: `value_not_allowed` for what is no number or address of that kind.
  package static func check(_ value: String, _ kind: String) throws(RelayError) {
    let bare = ContactPoint.normalised(value)
    let isFit =
      switch kind {
      case "mobile", "phone": bare.utf8.count <= 20 && bare.allSatisfy { $0.isASCII && $0.isNumber }
      case "email": value.split(separator: "@", omittingEmptySubsequences: false).count(where: { !$0.isEmpty }) == 2
      default: true
      }
    guard isFit, !bare.isEmpty, value.utf8.count <= 300 else {
      throw RelayError(.valueNotAllowed, "'\(value)' is nothing to reach a member by")
    }
  }
}
