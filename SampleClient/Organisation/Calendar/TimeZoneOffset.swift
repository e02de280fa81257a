/// The organisation's time of day: a fixed distance from UTC. The tables hold UTC; people read and write this.
public struct TimeZoneOffset: Hashable, Sendable {
  public static let utc = TimeZoneOffset(minutes: 0)

  /// To the east.
  public let minutes: Int

  private init(minutes: Int) { self.minutes = minutes }

  /// - Parameter text: `+08:00`, `-03:30`; nil for anything else, and for more than 14 hours.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count == 6, bytes[0] == UInt8(ascii: "+") || bytes[0] == UInt8(ascii: "-"),
      bytes[3] == UInt8(ascii: ":"), let hours = UInt8(text.dropFirst().prefix(2)),
      let minutes = UInt8(text.suffix(2)), hours <= 14, minutes < 60
    else { return nil }
    self.minutes = (bytes[0] == UInt8(ascii: "-") ? -1 : 1) * (Int(hours) * 60 + Int(minutes))
  }

  public var text: String {
    (minutes < 0 ? "-" : "+") + digits(abs(minutes) / 60, 2) + ":" + digits(abs(minutes) % 60, 2)
  }

  /// The day that it is there.
  package func day(_ instant: Instant) -> Day { shown(instant).utcDay }

  /// The same of an instant as the tables hold it; nil for what is none.
  package func day(of stored: String?) -> Day? { stored.flatMap { Instant($0) }.map { day($0) } }

  /// When the day begins there.
  package func start(of day: Day) -> Instant {
    Instant(milliseconds: Int64(day.sinceEpoch) * 86_400_000 - Int64(minutes) * 60_000)
  }

  /// The day of a column that holds instants, as SQL.
  package func dayInSQL(_ column: String) -> String { "substr(datetime(\(column), '\(minutes) minutes'), 1, 10)" }

  /// `2017-11-05 14:00`.
  package func text(_ instant: Instant) -> String {
    String(shown(instant).text.prefix(16)).replacing("T", with: " ")
  }

  /// An instant of the tables as people read it; what is none stays as it is.
  /// A sentence with its instants in this time of day.
  func inside(_ sentence: String) -> String {
    sentence.replacing(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/) { text(String($0.output)) }
  }

  package func text(_ stored: String) -> String { Instant(stored).map { text($0) } ?? stored }

  /// - Parameter text: `2017-11-05 14:00`, with seconds or a `T` too, in this time of day; or an instant with `Z`.
  package func instant(_ text: String) -> Instant? {
    if text.hasSuffix("Z") { return Instant(text) }
    var full = text.replacing(" ", with: "T")
    if full.utf8.count == 16 { full += ":00" }
    guard let local = Instant(full + "Z") else { return nil }
    return Instant(milliseconds: local.milliseconds - Int64(minutes) * 60_000)
  }

  private func shown(_ instant: Instant) -> Instant {
    Instant(milliseconds: instant.milliseconds + Int64(minutes) * 60_000)
  }
}
