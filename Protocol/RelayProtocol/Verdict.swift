/// Why a transaction was refused; stable names that the inbox shows.
public enum RefusalRule: String, Sendable, CaseIterable {
  case unknownTable = "unknown_table"
  case valueNotAllowed = "value_not_allowed"
  case notWritable = "not_writable"
  case columnNotWritable = "column_not_writable"
  case appendOnly = "append_only"
  case immutable = "immutable"
  case keyUnavailable = "key_unavailable"
  case uniqueTaken = "unique_taken"
  case rowUnknown = "row_unknown"
  case noScope = "no_scope"
  case dependsOnRefused = "depends_on_refused"
  case strictConcurrent = "strict_concurrent"
  case rowTooLarge = "row_too_large"
  case quarantined = "quarantined"
  case malformed = "malformed"
  case updateOfPurged = "update_of_purged"
}

/// Says which operation a transaction was refused for, without a word about rows that its author may not read.
public struct Refusal: Hashable, Sendable {
  public var rule: RefusalRule
  public var row: RowID?
  public var group: GroupID
  /// A sentence for people; cut where it would be longer than a reader takes.
  public private(set) var message: String

  public init(rule: RefusalRule, row: RowID? = nil, group: GroupID = 0, message: String) {
    self.rule = rule
    self.row = row
    self.group = group
    self.message = message.clipped(to: Limits.message)
  }
}

/// The hub's answer about one transaction; given once, the same for ever.
public struct Verdict: Hashable, Sendable {
  public var dot: Dot
  public var seq: UInt64
  /// min(author's hybrid time, receipt + 5 minutes), fixed by the hub at accept (rule 12).
  public var effective: HybridTime
  /// Accepted, but at least one write found a concurrent one that a person is told about.
  public var opensEntries: Bool
  public var refusal: Refusal?

  public init(dot: Dot, seq: UInt64, effective: HybridTime, opensEntries: Bool = false, refusal: Refusal? = nil) {
    self.dot = dot
    self.seq = seq
    self.effective = effective
    self.opensEntries = opensEntries
    self.refusal = refusal
  }

  public var isAccepted: Bool { refusal == nil }
}

extension CBORWriter {
  mutating func verdict(_ verdict: Verdict) {
    array(verdict.refusal == nil ? 5 : 6)
    dot(verdict.dot)
    unsigned(verdict.seq)
    unsigned(verdict.effective.bits)
    bool(verdict.opensEntries)
    guard let refusal = verdict.refusal else { return }
    array(5)
    textString(refusal.rule.rawValue)
    unsigned(UInt64(refusal.row?.table ?? 0))
    if let row = refusal.row { key(row.key) } else { null() }
    unsigned(UInt64(refusal.group))
    textString(refusal.message)
  }
}

extension CBORReader {
  mutating func verdict() throws(RelayError) -> Verdict {
    let items = try array(5...6)
    let dot = try dot()
    let seq = try unsigned(most: Limits.sequence)
    let effective = HybridTime(bits: try unsigned())
    var verdict = Verdict(dot: dot, seq: seq, effective: effective, opensEntries: try bool())
    guard items == 6 else { return verdict }
    try array(exactly: 5)
    // A newer hub may know more rules; the message still says it.
    let rule = RefusalRule(rawValue: try textString(most: Limits.label)) ?? .malformed
    let table = try tableID()
    var row: RowID?
    if try peekIsNull() {
      try null()
      guard table == 0 else { throw malformed("a refusal with a table and no row") }
    } else {
      row = RowID(table: table, key: try key())
    }
    let group = try tableID()
    verdict.refusal = Refusal(rule: rule, row: row, group: group, message: try textString(most: Limits.message))
    return verdict
  }
}
