/// A month of the proleptic Gregorian calendar, written YYYY-MM.
package struct Month: Hashable, Comparable, Strideable, Sendable {
  /// Months since January of the year 0.
  package var index: Int

  package init(index: Int) { self.index = index }

  package init(_ year: Int, _ month: Int) { index = year * 12 + month - 1 }

  var year: Int { index / 12 }
  var number: Int { index % 12 + 1 }

  var days: Int {
    switch number {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  package var text: String { digits(year, 4) + "-" + digits(number, 2) }

  package static func < (a: Month, b: Month) -> Bool { a.index < b.index }
  package func distance(to other: Month) -> Int { other.index - index }
  package func advanced(by n: Int) -> Month { Month(index: index + n) }
}

/// A day, written YYYY-MM-DD.
package struct Day: Hashable, Comparable, Sendable {
  package var month: Month
  /// From 1.
  package var number: Int

  package init(_ month: Month, _ number: Int) {
    self.month = month
    self.number = number
  }

  /// - Parameter text: YYYY-MM-DD; nil for anything else and for days that do not exist.
  package init?(_ text: String) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, parts.map(\.utf8.count) == [4, 2, 2],
      text.utf8.allSatisfy({ $0 == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]), (1...12).contains(month)
    else { return nil }
    self.init(Month(year, month), day)
    guard (1...self.month.days).contains(day) else { return nil }
  }

  package var text: String { month.text + "-" + digits(number, 2) }

  /// The newest month that is over on this day; a month is over on its last day.
  package var lastFullMonth: Month { number == month.days ? month : month.advanced(by: -1) }

  /// The same day so many months earlier; the month's last day where it has no such day.
  func earlier(byMonths n: Int) -> Day {
    let month = month.advanced(by: -n)
    return Day(month, min(number, month.days))
  }

  package static func < (a: Day, b: Day) -> Bool { (a.month.index, a.number) < (b.month.index, b.number) }
}

/// A number with leading zeros.
package func digits(_ number: Int, _ count: Int) -> String {
  let text = String(number)
  return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
}
