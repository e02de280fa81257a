internal import Relay

/// Is somebody reached, at risk, or to be proposed as lost? Judged from the facts, not from the column that people see.
package struct ReachRule: Sendable {
  /// What is known of one member's contacts.
  package struct Facts: Sendable {
    /// The day of the last success: reached, there, own word, own payment online, own receipt.
    package var lastSuccess: String?
    /// Attempts that failed, by day and channel.
    package var failures: [(day: String, channel: String)] = []
    package var cameOn: String?
    /// Days of activities at which the member is marked as not there.
    package var takenBack: Set<String> = []
    /// Kept abroad until then; nobody expects contact before.
    package var awayUntil: String?
  }

  package struct Judgement: Sendable, Equatable {
    package var reach: String
    /// The committee is asked whether the member is lost. No column says so until a person has.
    package var isLostProposed: Bool
  }

  private let policy: Policy

  init(_ policy: Policy) { self.policy = policy }

  /// - Parameter reach: as the committee has it.
  func judge(_ facts: Facts, reach: String, on day: Day) -> Judgement {
    let risk = day.earlier(byMonths: policy.atRiskMonths).text
    if let until = facts.awayUntil, until >= risk { return Judgement(reach: reach, isLostProposed: false) }
    if let last = facts.lastSuccess, last >= risk { return Judgement(reach: "ok", isLostProposed: false) }
    guard let since = facts.lastSuccess ?? facts.cameOn else { return Judgement(reach: reach, isLostProposed: false) }
    if since >= risk { return Judgement(reach: reach, isLostProposed: false) }
    let tries = facts.failures.filter { $0.day >= since }
    let isLong = since < day.earlier(byMonths: policy.lostMonths).text
    let isTried = tries.count >= policy.lostAttempts && Set(tries.map(\.channel)).count >= 2
    // What a person has confirmed stands until a success clears it.
    return Judgement(
      reach: reach == "lost" ? "lost" : "at_risk", isLostProposed: reach != "lost" && isLong && isTried)
  }

  /// The facts of everybody whom this device holds, or of one.
  ///
  /// - Parameter day: what was later is not known on that day; nil for everything.
  static func facts(
    of memberID: String? = nil, upTo last: Day? = nil, in db: Database
  ) throws(RelayError) -> [String: Facts] {
    let end = last?.text ?? "9999-12-31"
    let review = try Review.open(in: db)
    let zone = try Policy(in: db).zone
    func day(_ column: String) -> String { zone.dayInSQL(column) }
    var facts: [String: Facts] = [:]
    let one = "(?1 IS NULL OR member_id = ?1)"
    let id = [Value(memberID)]
    func succeeded(_ member: String?, _ day: String?) {
      guard let member, let day, !day.isEmpty, day <= end else { return }
      facts[member, default: Facts()].lastSuccess = max(facts[member]?.lastSuccess ?? day, day)
    }
    try db.query(
      """
      SELECT member_id, came_on, until_on FROM (
        SELECT m.id AS member_id, m.came_on, CASE WHEN m.status = 'kept_abroad' THEN (
          SELECT max(coalesce(r.until_on, '9999')) FROM request AS r
          WHERE r.member_id = m.id AND r.kind = 'keep_membership' AND r.state = 'approved') END AS until_on
        FROM member AS m) WHERE \(one)
      """, id
    ) { (row) throws(RelayError) in
      facts[row[0].text ?? "", default: Facts()].cameOn = row[1].text
      facts[row[0].text ?? "", default: Facts()].awayUntil = row[2].text
    }
    let calls = review.ids("contact_attempt")
    try db.query(
      "SELECT id, member_id, \(day("at")), outcome, channel FROM \(ContactAttempt.standing) WHERE \(one)", id
    ) {
      (row) throws(RelayError) in
      guard !calls.contains(row[0].text ?? ""), row[2].text ?? "" <= end else { return }
      if row[3] == "reached" {
        succeeded(row[1].text, row[2].text)
      } else {
        facts[row[1].text ?? "", default: Facts()].failures.append((row[2].text ?? "", row[4].text ?? ""))
      }
    }
    let marks = review.ids("attendance")
    try db.query(
      """
      SELECT a.id, a.member_id, \(day("coalesce(v.starts_at, a.checked_in_at)"))
      FROM attendance AS a LEFT JOIN activity AS v ON v.id = a.activity_id
      WHERE a.mark IN ('present', 'online') AND \(one.replacing("member_id", with: "a.member_id"))
      """, id
    ) { (row) throws(RelayError) in if !marks.contains(row[0].text ?? "") { succeeded(row[1].text, row[2].text) } }
    try db.query(
      """
      SELECT a.member_id, \(day("v.starts_at")) FROM attendance AS a JOIN activity AS v ON v.id = a.activity_id
      WHERE a.mark NOT IN ('present', 'online') AND v.starts_at IS NOT NULL
        AND \(one.replacing("member_id", with: "a.member_id"))
      """, id
    ) { (row) throws(RelayError) in
      facts[row[0].text ?? "", default: Facts()].takenBack.insert(row[1].text ?? "")
    }
    let own = """
      SELECT member_id, made_on AS day FROM declaration WHERE by = 'self'
      UNION ALL SELECT member_id, taken_on FROM dues_entry WHERE kind = 'payment' AND channel = 'online'
      UNION ALL SELECT member_id, \(day("told_at")) FROM notice_receipt WHERE channel = 'self'
      """
    try db.query("SELECT member_id, day FROM (\(own)) WHERE \(one)", id) {
      (row) throws(RelayError) in succeeded(row[0].text, row[1].text)
    }
    return facts
  }
}
