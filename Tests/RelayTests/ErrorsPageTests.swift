import Foundation
import Relay
internal import RelayProtocol
import Testing

/// docs/errors.md is a promise to those who write scripts: it lists every code and rule, with the advice that is given.
@Suite struct ErrorsPageTests {
  let page: String

  init() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    page = try String(contentsOf: root.appending(path: "docs/errors.md"), encoding: .utf8)
  }

  @Test(arguments: ErrorCode.allCases)
  func everyCodeStandsOnThePageWithItsAdvice(code: ErrorCode) {
    let line = page.split(separator: "\n").first { $0.hasPrefix("| `\(code.rawValue)` |") }
    #expect(line?.hasSuffix("| \(code.advice) |") == true)
  }

  @Test(arguments: RefusalRule.allCases)
  func everyRuleStandsOnThePage(rule: RefusalRule) { #expect(page.contains("| `\(rule.rawValue)` |")) }
}
