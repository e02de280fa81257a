internal import RelayProtocol

/// Rows that leave their scopes because they are old (rule 28): a person by the month with which its code begins, a visit with
/// the person on which it hangs. Who is granted everything keeps them.
extension Truth {
  /// Did a row lie in no scope at a seq, though the hub had it?
  func isOver(_ name: Name, at seq: UInt64) -> Bool {
    guard name.table != "person" else { return lines[name]?.overs.last { $0.seq <= seq }?.isOver ?? false }
    guard let person = lines[name]?.places.last(where: { $0.seq <= seq })?.place else { return false }
    return isOver(Name(table: "person", id: person), at: seq)
  }

  static func isOver(_ values: [String: Value], _ month: String) -> Bool {
    guard let code = values["code"]?.text, !month.isEmpty, code.count > 7 else { return false }
    return code.prefix(7) < month
  }

  /// The month that lies so many before that of a moment, in milliseconds since 1970.
  static func month(_ back: Int64, before now: Int64) -> String {
    // From days to year and month in the proleptic Gregorian calendar, with years that begin in March.
    let days = now / 86_400_000 + 719_468
    let day = days % 146_097
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365
    let sinceMarch = (5 * (day - (365 * year + year / 4 - year / 100)) + 2) / 153
    let month = (sinceMarch + 2) % 12
    let count = (year + days / 146_097 * 400 + (month < 2 ? 1 : 0)) * 12 + month - back
    return "\(count / 12)-" + (count % 12 < 9 ? "0" : "") + "\(count % 12 + 1)"
  }
}
