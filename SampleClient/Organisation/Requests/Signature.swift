internal import Relay

/// Which unit's device wrote a row. What a row says of its author is a claim; that the signature's unit is one that the
/// writing device serves has been judged by the hub, and no other unit's device could have written it.
enum Signature {
  static func write(_ id: String, by unit: OrgUnit, to db: Database) throws(RelayError) {
    try db.execute(
      "INSERT INTO signature (id, unit_id) SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM signature WHERE id = ?1)",
      [.text(id), .text(unit.id)])
  }
}

/// What is asked for before a step counts.
package enum Proof: Sendable {
  /// What the row says: all that a branch's device can see of other units' steps.
  case word
  /// A signature: the committee sees them all.
  case signature
}
