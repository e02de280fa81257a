internal import Relay

/// The keys that the rules read: each with its form and its meaning.
package struct PolicyKey: Sendable {
  enum Kind: Sendable {
    case number(ClosedRange<Int>)
    case word([String])
    case list, zone
  }

  package let key: String
  let kind: Kind
  package let meaning: Phrase

  package static let all: [PolicyKey] =
    [
      PolicyKey(
        "enterprise_min_full", .number(0...1000), "full members that an enterprise branch needs", "企业支部所需正式党员数"),
      PolicyKey("branch_size_max", .number(1...100_000), "members that a branch should not exceed", "支部人数上限"),
      PolicyKey("allowance_fen", .number(0...10_000_000), "a secretary's allowance a month, in fen", "支部书记每月补贴（分）"),
      PolicyKey("points_online_min", .number(0...100_000), "points for paying online; 0: everybody may", "线上交纳党费所需积分"),
      PolicyKey("lost_months", .number(1...1200), "months without contact before lost is proposed", "建议列为失联的月数"),
      PolicyKey("at_risk_months", .number(1...1200), "months without contact before at risk", "列为濒临失联的月数"),
      PolicyKey("lost_min_attempts", .number(0...1000), "attempts before lost is proposed", "建议失联前的联系次数"),
      PolicyKey("grace_days", .number(0...36_500), "days in which facts of before a move may arrive", "转接后补录宽限天数"),
      PolicyKey(
        "transfer_stale_days", .number(1...36_500), "days after which a released member is in the pocket", "转接滞留天数"),
      PolicyKey("ledger_months", .number(1...1200), "months of the ledger at a branch", "支部保留的台账月数"),
      PolicyKey(
        "stub_months", .number(0...1200), "months in which an old branch is told where somebody went", "转出记录保留月数"),
      PolicyKey("device_lease_days", .number(1...36_500), "days without a sync before a device locks itself", "设备租期天数"),
      PolicyKey("row_warn", .number(1...100_000_000), "rows from which on a device warns", "设备行数警戒值"),
      PolicyKey("dues_while_kept", .word(["accrue", "waive"]), "dues of members kept while abroad", "保留党籍期间党费"),
      PolicyKey("reception_open", .number(0...1), "are members of other organisations received", "是否接收外来党员"),
      PolicyKey("refusal_reasons", .list, "reasons for which a transfer may be refused", "拒收理由"),
      PolicyKey("time_zone", .zone, "the organisation's time of day", "时区"),
    ]
    + [
      "meeting", "lecture", "course", "film", "visit", "themed_day", "organisation_life", "online_study", "volunteer",
      "other",
    ].map {
      PolicyKey("points_" + $0, .number(0...1000), "points for \($0)", "积分：\(Words.of($0, in: "activity", .zh))")
    }

  private init(_ key: String, _ kind: Kind, _ en: String, _ zh: String) {
    (self.key, self.kind, meaning) = (key, kind, Phrase(en, zh))
  }

  static func find(_ key: String) -> PolicyKey? { all.first { $0.key == key } }

  var form: Phrase {
    switch kind {
    case .number(let range):
      Phrase("a number from \(range.lowerBound) to \(range.upperBound)", "\(range.lowerBound)至\(range.upperBound)的整数")
    case .word(let words): Phrase("one of \(words.joined(separator: ", "))", words.joined(separator: "、"))
    case .list: Phrase("a JSON array of texts", "文本的JSON数组")
    case .zone: Phrase("a distance from UTC such as +08:00", "时差，如+08:00")
    }
  }

  func takes(_ value: String, in db: Database) throws(RelayError) -> Bool {
    switch kind {
    case .number(let range): return Int(value).map { range.contains($0) } ?? false
    case .word(let words): return words.contains(value)
    case .zone: return TimeZoneOffset(value) != nil
    case .list:
      return try db.first(
        """
        SELECT CASE WHEN json_valid(?1) THEN json_type(?1) = 'array' AND NOT EXISTS (
          SELECT 1 FROM json_each(?1) WHERE type <> 'text') ELSE 0 END
        """, [.text(value)])?[0] == 1
    }
  }
}
