import OrganisationYear
import TestSupport
import Testing

@Suite("A year of the organisation")
struct YearTests {
  @Test("five branches live 2017: every replica equals the committee's by scope, every report what was counted apart")
  func short() throws {
    let files = TestFolder()
    let year = try Year(.short, in: files.path)
    try year.live()
    let complaints = try year.complaints()
    #expect(complaints == [])
    #expect(year.devices == 10)
  }
}
