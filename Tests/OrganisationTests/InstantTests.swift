import Testing

@testable import Organisation

@Suite("Days and instants")
struct InstantTests {
  @Test("an instant's text is UTC, also before 1970 and on a leap day")
  func texts() {
    #expect(Instant(milliseconds: 0).text == "1970-01-01T00:00:00Z")
    #expect(Instant(milliseconds: 1_509_408_000_999).text == "2017-10-31T00:00:00Z")
    #expect(Instant(milliseconds: 951_782_399_000).text == "2000-02-28T23:59:59Z")
    #expect(Instant(milliseconds: 951_868_799_000).text == "2000-02-29T23:59:59Z")
    #expect(Instant(milliseconds: -1).text == "1969-12-31T23:59:59Z")
  }

  @Test("counting days forth and back gives the same day, and every day follows the one before")
  func count() throws {
    var day = try #require(Day("1899-12-31"))
    for _ in 0..<80_000 {
      let next = day.advanced(byDays: 1)
      #expect(
        next == (day.number < day.month.days ? Day(day.month, day.number + 1) : Day(day.month.advanced(by: 1), 1)))
      day = next
    }
    #expect(try #require(Day("2017-10-31")).sinceEpoch == 17_470)
  }
}
