import Foundation
import Testing

/// A page of the documentation and the blocks of code on it.
struct Page: CustomTestStringConvertible {
  struct Block {
    var language: String
    /// Of its first line in the page.
    var line: Int
    var text: String
  }

  let name: String
  let blocks: [Block]

  var testDescription: String { name }

  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// README and every page of docs/.
  static func all() throws -> [Page] {
    let docs = root.appending(path: "docs")
    let names = try FileManager.default.contentsOfDirectory(atPath: docs.path).filter { $0.hasSuffix(".md") }.sorted()
    return try [try Page("README.md")] + names.map { try Page("docs/" + $0) }
  }

  init(_ name: String) throws {
    self.name = name
    var blocks: [Block] = []
    var open: Block?
    let lines = try String(contentsOf: Page.root.appending(path: name), encoding: .utf8)
      .split(separator: "\n", omittingEmptySubsequences: false)
    for (at, line) in lines.enumerated() {
      if var block = open {
        if line == "```" {
          blocks.append(block)
          open = nil
        } else {
          block.text += line + "\n"
          open = block
        }
      } else if line.hasPrefix("```") {
        open = Block(language: String(line.dropFirst(3)), line: at + 2, text: "")
      }
    }
    self.blocks = blocks
  }

  func blocks(in language: String) -> [Block] { blocks.filter { $0.language == language } }
}
