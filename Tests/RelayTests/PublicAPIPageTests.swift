import Foundation
import Testing

/// docs/public-api.md names every public type that an app meets, and no other.
@Suite struct PublicAPIPageTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  private func text(_ path: String) throws -> String {
    try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
  }

  /// Types at the outermost level that a module makes public, and those that it exports by name.
  private func declared(in folder: String) throws -> Set<String> {
    let declaration =
      /^(?:@_exported )?public (?:final )?(?:import )?(?:struct|class|enum|protocol|actor) (?:\w+\.)?(\w+)/
    var names: Set<String> = []
    let files = try #require(
      FileManager.default.enumerator(at: Self.root.appending(path: folder), includingPropertiesForKeys: nil))
    for case let file as URL in files where file.pathExtension == "swift" {
      for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
        if let match = line.firstMatch(of: declaration) { names.insert(String(match.1)) }
      }
    }
    return names
  }

  @Test func everyPublicTypeStandsOnThePage() throws {
    let page = try text("docs/public-api.md")
    let table = try #require(page.split(separator: "## Tables").first)
    let rows = table.split(separator: "\n").filter { $0.hasPrefix("| `") }
    var told: Set<String> = []
    for row in rows {
      let first = try #require(row.split(separator: "|").first)
      told.formUnion(first.matches(of: /`(\w+)`/).map { String($0.1) })
    }
    let declared = try declared(in: "Sources/Relay").union(declared(in: "Sources/RelayCurl"))
    #expect(declared.subtracting(told).sorted() == [], "public, and not on the page")
    #expect(told.subtracting(declared).sorted() == [], "on the page, and not public")
    #expect(declared.count > 20)
  }
}
