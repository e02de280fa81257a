import Foundation
import Testing

/// A type that does too much is found by counting; docs/decisions/0022 says which may be large, and why.
@Suite struct ShapePageTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// Over all files and extensions of a type.
  private struct Size {
    var methods = 0
    var lines = 0
  }

  /// Reads source in the project's format: two blanks a level, a closing brace under the line that opened it.
  private func sizes() throws -> [String: Size] {
    var sizes: [String: Size] = [:]
    for folder in ["Protocol/RelayProtocol", "Sources", "SampleClient"] {
      let files = try #require(
        FileManager.default.enumerator(at: Self.root.appending(path: folder), includingPropertiesForKeys: nil))
      for case let file as URL in files where file.pathExtension == "swift" {
        count(try String(contentsOf: file, encoding: .utf8), &sizes)
      }
    }
    return sizes
  }

  private func count(_ text: String, _ sizes: inout [String: Size]) {
    let words = "(?:@\\w+(?:\\([^)]*\\))? )*(?:[a-z]+(?:\\(set\\))? )*"
    guard let type = try? Regex("^\(words)(class|struct|enum|actor|extension) ([A-Z][\\w.]*)"),
      let method = try? Regex("^\(words)(?:func |init[(?<]|subscript\\()")
    else { return }
    var open: [(indent: Int, name: String)] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let bare = line.drop { $0 == " " }
      let indent = line.count - bare.count
      if let last = open.last { sizes[last.name, default: Size()].lines += 1 }
      if bare.first == "}", indent == open.last?.indent {
        open.removeLast()
      } else if let found = bare.prefixMatch(of: type), bare.contains("{"), !bare.hasSuffix("}") {
        let name = String(found.output[2].substring ?? "")
        let isInner = open.last != nil && found.output[1].substring != "extension"
        open.append((indent, isInner ? "\(open.last?.name ?? "").\(name)" : name))
        sizes[open.last?.name ?? "", default: Size()].lines += 1
      } else if let last = open.last, indent == last.indent + 2, bare.prefixMatch(of: method) != nil {
        sizes[last.name, default: Size()].methods += 1
      }
    }
  }

  @Test func largeTypesAreFewAndEachHasItsReason() throws {
    let page = try String(
      contentsOf: Self.root.appending(path: "docs/decisions/0022-types-that-may-be-large.md"), encoding: .utf8)
    let told = Set(page.matches(of: /\n\| `([\w.]+)`/).map { String($0.1) })
    let sizes = try sizes()
    #expect(sizes.count > 200 && sizes["Replica"]?.methods ?? 0 > 30, "what is counted is there")
    let large = sizes.filter { $0.value.methods > 33 || $0.value.lines > 440 }
    for (name, size) in large where !told.contains(name) {
      Issue.record("\(name) has \(size.methods) methods and \(size.lines) lines over all its files, and no reason")
    }
    #expect(told.filter { sizes[$0] == nil } == [], "on the page, and not in the sources")
  }
}
