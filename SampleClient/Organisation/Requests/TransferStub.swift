package import Relay

/// What an old branch keeps of somebody who left: the request, which says where to and since when.
package enum TransferStub {
  /// Where somebody went whom this device holds no longer: the new branch's code, or who took them outside.
  package static func destination(of member: String, in db: Database) throws(RelayError) -> String? {
    try db.first(
      """
      SELECT coalesce(u.code, r.outside_org) FROM request AS r LEFT JOIN org_unit AS u ON u.id = r.to_unit_id
      WHERE r.member_id = ? AND r.kind IN ('transfer_internal', 'transfer_out') AND r.state IN ('approved', 'done')
      ORDER BY r.decided_on DESC, r.id LIMIT 1
      """, [.text(member)])?[0].text
  }

  /// Is this the title of a request about the member whom a person calls so, by number or name?
  static func names(_ title: String?, _ who: String) -> Bool {
    guard let title, title.hasPrefix("no. ") else { return false }
    return title.hasPrefix("no. \(who), ") || title.hasSuffix(", \(who)")
  }

  /// The office's remark that the months are over for which an old branch is told.
  static func endID(_ request: String) -> String { "stub:" + request }

  /// Of the member whom a person names by number, id or name; nil where no transfer that was made names it.
  static func about(_ who: String, in db: Database) throws(RelayError) -> String? {
    let resigned = try db.first(
      """
      SELECT title, decided_on FROM request WHERE kind = 'resign' AND state IN ('approved', 'done')
        AND (member_id = ?1 OR title LIKE 'no. ' || ?1 || ', %' OR title LIKE 'no. %, ' || ?1)
      ORDER BY decided_on DESC, id LIMIT 1
      """, [.text(who)])
    if let resigned {
      let (name, day) = (resigned[0].text ?? who, resigned[1].text ?? "?")
      return Language.say("\(name) resigned on \(day)", "\(Translation.said(name))已于\(day)退党")
    }
    let found = try db.first(
      """
      SELECT r.title, u.name, r.decided_on FROM request AS r LEFT JOIN org_unit AS u ON u.id = r.to_unit_id
      WHERE r.kind IN ('transfer_internal', 'transfer_out') AND r.state IN ('approved', 'done') AND r.same_as IS NULL
        AND NOT EXISTS (SELECT 1 FROM request_step WHERE id = 'stub:' || r.id)
        AND (r.member_id = ?1 OR r.title LIKE 'no. ' || ?1 || ', %' OR r.title LIKE 'no. %, ' || ?1)
      ORDER BY r.decided_on DESC, r.id LIMIT 1
      """, [.text(who)])
    guard let found else { return nil }
    let (name, day) = (found[0].text ?? who, found[2].text ?? "?")
    return Language.say(
      "\(name) moved to \(found[1].text ?? "another organisation") on \(day)",
      "\(name)已于\(day)转往\(found[1].text ?? "外部组织")")
  }
}
