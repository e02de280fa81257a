/// An instant for people and for JSON: `2017-10-31T08:15:30Z`.
package enum InstantText {
  /// - Parameter milliseconds: since 1970-01-01T00:00:00Z.
  package static func utc(_ milliseconds: Int64) -> String {
    let seconds = floor(milliseconds, by: 1000)
    let days = floor(seconds, by: 86_400)
    let (year, month, day) = date(days)
    let rest = seconds - days * 86_400
    return padded(year, 4) + "-" + padded(month, 2) + "-" + padded(day, 2) + "T" + padded(rest / 3600, 2) + ":"
      + padded(rest / 60 % 60, 2) + ":" + padded(rest % 60, 2) + "Z"
  }

  /// The Gregorian date of a day counted from 1970-01-01 (Howard Hinnant, "chrono-Compatible Low-Level Date
  /// Algorithms", 2013): years begin in March, so that the leap day is the last one.
  private static func date(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = floor(shifted, by: 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
  }

  private static func floor(_ a: Int64, by b: Int64) -> Int64 { a / b - (a % b < 0 ? 1 : 0) }

  private static func padded(_ number: Int64, _ digits: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
  }
}
