package import Relay

/// The organisation's thresholds; rows that the committee writes and every device holds.
package struct Policy: Sendable {
  private var values: [String: String]

  package init(in db: Database) throws(RelayError) {
    let rows = try db.query("SELECT key, value FROM policy", []) { (row) throws(RelayError) in
      (row[0].text ?? "", row[1].text ?? "")
    }
    values = Dictionary(rows) { first, _ in first }
  }

  /// The number under the key; the sample's where the row is missing or no number.
  package func number(_ key: String, or other: Int) -> Int { values[key].flatMap { Int($0) } ?? other }

  /// 0: whoever likes may pay online.
  package var pointsForOnline: Int { number("points_online_min", or: 60) }
  package var atRiskMonths: Int { number("at_risk_months", or: 3) }
  package var lostMonths: Int { number("lost_months", or: 6) }
  package var lostAttempts: Int { number("lost_min_attempts", or: 3) }
  package func points(for kind: String) -> Int { number("points_" + kind, or: 0) }
}
