import Foundation
import Testing

/// Relay's own tables are read and written in one folder, so that what lies in them is known in one place.
@Suite struct StoreTests {
  private static let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Sources/Relay")

  /// The files of a folder, by their path in it.
  private func files() throws -> [(path: String, text: String)] {
    let root = StoreTests.sources.path
    let names = try #require(FileManager.default.enumerator(atPath: root)).compactMap { $0 as? String }
    return try names.filter { $0.hasSuffix(".swift") }.sorted().map { name in
      (name, try String(contentsOfFile: root + "/" + name, encoding: .utf8))
    }
  }

  /// Lines that are no comment.
  private func code(_ text: String) -> [Substring] {
    text.split(separator: "\n").filter { !$0.drop { $0 == " " }.hasPrefix("//") }
  }

  @Test("All SQL on Relay's own tables is in Store/")
  func oneFolder() throws {
    let names = [
      "transaction", "refusal", "accepted", "pending", "replica", "state", "schema", "scope", "image", "held", "dead",
      "alone", "entered", "inbox", "sibling", "refused", "page", "pull", "sync", "log", "slot", "whole", "guard",
      "boundary", "shown", "arrived",
    ]
    let files = try files()
    #expect(files.count > 50)
    let verbs = ["FROM", "INTO", "UPDATE", "JOIN", "TABLE IF NOT EXISTS", "IN", "ON"]
    var found: [String] = []
    for (path, text) in files where !path.hasPrefix("Store/") {
      for line in code(text) {
        for name in names where line.contains("relay_" + name) {
          let isSQL = verbs.contains {
            line.contains("\($0) relay_" + name) || line.contains("\($0) temp.relay_" + name)
          }
          if isSQL { found.append("\(path): \(line)") }
        }
      }
    }
    #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
  }
}
