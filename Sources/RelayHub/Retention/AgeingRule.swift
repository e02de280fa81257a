internal import RelayMerge
internal import RelayProtocol

/// Rows of a table leave their scopes once the month that a column names is so many months ago (rule 28). Where a row lies
/// follows from its values and from the rule's month alone, so that no verdict depends on a clock; the month goes on by a
/// transaction of the hub's own.
struct AgeingRule: Equatable {
  var table: UInt32
  /// A text that begins with year and month, `2017-10`.
  var column: UInt32
  /// 0 where the rule is taken back, until all rows are where they would be without it.
  var months: Int64
  /// Rows of before this month have left; empty where none has.
  var month = ""
  /// The key behind which rows are still to be looked at; nil where all are as the rule says.
  var place: [UInt8]?

  /// Has a row with these values left its scopes?
  func isOver(_ values: [Value], _ table: TableSchema) -> Bool {
    guard !month.isEmpty, let at = table.columns.firstIndex(where: { $0.id == column }),
      case .text(let text) = values[at], let its = AgeingRule.month(text)
    else { return false }
    return its.utf8.lexicographicallyPrecedes(month.utf8)
  }

  /// The month with which a text begins.
  private static func month(_ text: String) -> String? {
    let bytes = Array(text.utf8.prefix(7))
    let isMonth =
      bytes.count == 7 && bytes[4] == UInt8(ascii: "-")
      && bytes.enumerated().allSatisfy { $0 == 4 || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($1) }
    return isMonth ? String(decoding: bytes, as: UTF8.self) : nil
  }

  /// The first month whose rows stay at a moment.
  ///
  /// - Parameter now: milliseconds since 1970.
  func month(at now: Int64) -> String {
    guard months > 0 else { return "" }
    let today = Array(InstantText.utc(now).utf8)
    guard let year = Int64(String(decoding: today.prefix(4), as: UTF8.self)),
      let month = Int64(String(decoding: today.dropFirst(5).prefix(2), as: UTF8.self))
    else { return self.month }
    let count = max(0, year * 12 + month - 1 - months)
    func padded(_ number: Int64, _ digits: Int) -> String {
      String(repeating: "0", count: max(0, digits - String(number).utf8.count)) + String(number)
    }
    return padded(count / 12, 4) + "-" + padded(count % 12 + 1, 2)
  }
}

/// The rules, as one setting: every transaction looks whether they changed.
enum AgeingRules {
  static let setting = "ageing"

  static func encode(_ rules: [AgeingRule]) -> [UInt8] {
    var out = CBORWriter()
    out.array(rules.count)
    for rule in rules {
      out.array(5)
      out.unsigned(UInt64(rule.table))
      out.unsigned(UInt64(rule.column))
      out.unsigned(UInt64(rule.months))
      out.textString(rule.month)
      out.array(rule.place == nil ? 0 : 1)
      if let place = rule.place { out.byteString(place) }
    }
    return out.bytes
  }

  static func decode(_ bytes: [UInt8]) throws(RelayError) -> [AgeingRule] {
    try CBORReader.decode(bytes) { (reader) throws(RelayError) in
      var list: [AgeingRule] = []
      for _ in 0..<(try reader.array(most: Limits.tables)) {
        try reader.array(exactly: 5)
        var rule = AgeingRule(
          table: UInt32(try reader.unsigned(most: UInt64(UInt32.max))),
          column: UInt32(try reader.unsigned(most: UInt64(UInt32.max))), months: Int64(try reader.unsigned(most: 1200)),
          month: try reader.textString(most: 7))
        if try reader.array(most: 1) == 1 { rule.place = try reader.byteString(most: Limits.key) }
        list.append(rule)
      }
      return list
    }
  }
}
