/// A moment in UTC.
public struct Instant: Hashable, Comparable, Sendable {
  /// Since 1970-01-01T00:00:00Z; what is less than a second is dropped in texts.
  public let milliseconds: Int64

  public init(milliseconds: Int64) { self.milliseconds = milliseconds }

  /// - Parameter text: YYYY-MM-DDTHH:MM:SSZ; nil for anything else.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count == 20, bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"),
      bytes[16] == UInt8(ascii: ":"), bytes[19] == UInt8(ascii: "Z"), let day = Day(String(text.prefix(10)))
    else { return nil }
    func pair(_ at: Int) -> Int? {
      let (tens, ones) = (bytes[at], bytes[at + 1])
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(tens),
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(ones)
      else { return nil }
      return Int(tens - UInt8(ascii: "0")) * 10 + Int(ones - UInt8(ascii: "0"))
    }
    guard let hour = pair(11), let minute = pair(14), let second = pair(17), hour < 24, minute < 60, second < 60
    else { return nil }
    milliseconds = Int64(day.sinceEpoch * 86_400 + hour * 3600 + minute * 60 + second) * 1000
  }

  /// YYYY-MM-DDTHH:MM:SSZ, as the tables hold instants.
  public var text: String {
    let second = Int(floored(milliseconds, 1000) - floored(milliseconds, 86_400_000) * 86_400)
    return "\(utcDay.text)T\(digits(second / 3600, 2)):\(digits(second / 60 % 60, 2)):\(digits(second % 60, 2))Z"
  }

  /// No day of the organisation's: which day it is there `TimeZoneOffset.day` says.
  var utcDay: Day { Day(sinceEpoch: Int(floored(milliseconds, 86_400_000))) }

  public static func < (a: Instant, b: Instant) -> Bool { a.milliseconds < b.milliseconds }

  private func floored(_ a: Int64, _ b: Int64) -> Int64 { a / b - (a % b < 0 ? 1 : 0) }
}

extension Day {
  /// Days since 1970-01-01; the proleptic Gregorian calendar counted in eras of 400 years that begin in March, so that
  /// the leap day is the last of a year (Hinnant, "chrono-Compatible Low-Level Date Algorithms").
  var sinceEpoch: Int {
    let year = month.number <= 2 ? month.year - 1 : month.year
    let era = year / 400
    let ofEra = year - era * 400
    let ofYear = (153 * ((month.number + 9) % 12) + 2) / 5 + number - 1
    return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
  }

  /// - Parameter days: from the year 0 on.
  init(sinceEpoch days: Int) {
    let shifted = days + 719_468
    let era = shifted / 146_097
    let day = shifted - era * 146_097
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365
    let ofYear = day - (365 * year + year / 4 - year / 100)
    let march = (5 * ofYear + 2) / 153
    let month = march < 10 ? march + 3 : march - 9
    self.init(Month(year + era * 400 + (month <= 2 ? 1 : 0), month), ofYear - (153 * march + 2) / 5 + 1)
  }

  func advanced(byDays n: Int) -> Day { Day(sinceEpoch: sinceEpoch + n) }
}

extension Month {
  /// - Parameter text: YYYY-MM; nil for anything else.
  package init?(_ text: String) {
    guard text.utf8.count == 7, let day = Day(text + "-01") else { return nil }
    self = day.month
  }
}
