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

  /// The text under the key; the sample's where the row is missing.
  package func text(_ key: String, or other: String) -> String { values[key] ?? other }

  /// 0: whoever likes may pay online.
  package var pointsForOnline: Int { number("points_online_min", or: 60) }
  package var atRiskMonths: Int { bounded("at_risk_months", 3, 1...1200) }
  package var lostMonths: Int { bounded("lost_months", 6, 1...1200) }
  package var lostAttempts: Int { number("lost_min_attempts", or: 3) }
  package func points(for kind: String) -> Int { number("points_" + kind, or: 0) }
  /// Full members that an enterprise branch needs.
  package var enterpriseMinimum: Int { number("enterprise_min_full", or: 3) }
  package var branchMaximum: Int { number("branch_size_max", or: 90) }
  /// What a secretary gets a month.
  package var allowanceFen: Int { number("allowance_fen", or: 20_000) }
  /// Days after a move in which facts of the time before count without a question.
  package var graceDays: Int { bounded("grace_days", 30, 0...36_500) }
  package var staleDays: Int { bounded("transfer_stale_days", 90, 1...36_500) }
  package var ledgerMonths: Int { bounded("ledger_months", 24, 1...1200) }
  /// How long an old branch is told where somebody went.
  package var stubMonths: Int { bounded("stub_months", 12, 0...1200) }
  package var leaseDays: Int { bounded("device_lease_days", 30, 1...36_500) }
  /// Rows from which on a device warns.
  package var rowWarning: Int { number("row_warn", or: 10_000) }
  package var areDuesWaivedWhileKept: Bool { text("dues_while_kept", or: "accrue") == "waive" }
  package var isReceptionOpen: Bool { number("reception_open", or: 1) != 0 }
  /// Minutes to the east of UTC: the organisation's time of day.
  package var zone: TimeZoneOffset { TimeZoneOffset(text("time_zone", or: "+00:00")) ?? .utc }

  /// Why a transfer may be refused; empty where any reason will do.
  package func refusalReasons(in db: Database) throws(RelayError) -> [String] {
    let standard = #"["retired_only","file_elsewhere","residence_elsewhere","other"]"#
    let list = text("refusal_reasons", or: standard)
    return try db.query(
      "SELECT value FROM json_each(CASE WHEN json_valid(?1) THEN ?1 ELSE ?2 END)", [.text(list), .text(standard)]
    ) { (row) throws(RelayError) in row[0].text ?? "" }
  }

  private func bounded(_ key: String, _ other: Int, _ range: ClosedRange<Int>) -> Int {
    min(max(number(key, or: other), range.lowerBound), range.upperBound)
  }
}
