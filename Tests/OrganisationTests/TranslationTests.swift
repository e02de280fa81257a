import Foundation
import RelayProtocol
import Testing

@testable import Organisation

/// What the program can say of a failure, it can say in Chinese: its own sentences, and those of the library and the hub
/// that reach a person through it.
@Suite struct TranslationTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  private static let rooms = [
    "SampleClient", "Sources/Relay", "Sources/RelayCurl", "Sources/RelaySQLite", "Sources/RelayMerge",
    "Sources/RelayGzip", "Sources/RelayHub/Judge", "Sources/RelayHub/Session", "Sources/RelayHub/Devices",
    "Protocol/RelayProtocol",
  ]

  private func sources(_ room: String) throws -> [String] {
    let folder = Self.root.appending(path: room)
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    return try (files?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == "swift" }
      .sorted { $0.path < $1.path }.map { try String(contentsOf: $0, encoding: .utf8) }
  }

  /// The English sentences of the table, as they stand there: a pattern that fits by chance is no translation.
  private func table() throws -> Set<String> {
    let file = Self.root.appending(path: "SampleClient/Organisation/Resources/zh.tsv")
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
    return Set(lines.map { line in String(line.prefix { $0 != "\t" }).replacing("\\n", with: "\n") })
  }

  @Test("every sentence that a failure or a refusal is made of has a Chinese one in zh.tsv")
  func failures() throws {
    var told: Set<String> = []
    for room in Self.rooms {
      for source in try sources(room) { told.formUnion(SourceSentences.failures(in: source)) }
    }
    #expect(told.count > 250, "the sources were read")
    // Add a line to SampleClient/Organisation/Resources/zh.tsv: the sentence, with {} for what differs, a tab, the Chinese.
    #expect(told.subtracting(try table()).sorted() == [])
  }

  @Test("and so has every code, and what it advises")
  func codes() {
    #expect(ErrorCode.allCases.map(\.rawValue).filter { FailureWords.chinese[$0] == nil } == [])
    #expect(ErrorCode.allCases.map(\.advice).filter { Translation.chinese($0) == nil } == [])
  }

  @Test("sentences are found with their gaps, over several lines, and inside of other calls")
  func reader() {
    let source = #"""
      throw RelayError(
        .usage, "\(path): no '\(name.map { "x\($0)" } ?? "-")' here" + " at all", advice: "Nothing was changed.")
      let text = "this is no failure"
      return refuse(.immutable, "given once for all")
      """#
    #expect(
      SourceSentences.failures(in: source) == [
        "{}: no '{}' here at all", "Nothing was changed.", "given once for all",
      ])
  }
}

/// Finds the sentences that calls in Swift sources hand to failures: literals, with `{}` where something is filled in.
enum SourceSentences {
  private static let calls = ["RelayError(", "ValidationError(", "Refusal(", "refuse("]

  static func failures(in source: String) -> Set<String> {
    var found: Set<String> = []
    for call in calls {
      var rest = source[...]
      while let start = rest.firstRange(of: call) {
        rest = rest[start.upperBound...]
        var reader = Reader(text: rest)
        // Said in both languages on the spot, or no sentence at all: a code, a name.
        found.formUnion(reader.literals().filter(isSentence))
      }
    }
    return found
  }

  private static func isSentence(_ text: String) -> Bool {
    text.contains(" ") && text.split { !$0.isLetter }.contains { $0.count > 1 }
  }

  private struct Reader {
    var text: Substring

    /// Up to the bracket that closes the call; neighbours joined by `+` are one sentence.
    mutating func literals() -> [String] {
      var (found, depth, isJoined): ([String], Int, Bool) = ([], 1, false)
      var before: [(isSaid: Bool, depth: Int)] = []
      while let next = text.popFirst(), depth > 0 {
        switch next {
        case "\"":
          let literal = literal()
          if before.contains(where: \.isSaid) { continue }
          if isJoined, let last = found.popLast() { found.append(last + literal) } else { found.append(literal) }
          isJoined = false
        case "+": isJoined = !found.isEmpty
        case "(":
          depth += 1
        case ")":
          depth -= 1
          before.removeAll { $0.depth > depth }
        case "L" where text.hasPrefix("anguage.say("): before.append((true, depth + 1))
        case " ", "\n": break
        default: isJoined = false
        }
      }
      return found
    }

    /// After its first quotation mark.
    private mutating func literal() -> String {
      var literal = ""
      while let next = text.popFirst(), next != "\"" {
        guard next == "\\" else {
          literal.append(next)
          continue
        }
        guard let escaped = text.popFirst() else { break }
        if escaped == "(" {
          literal += "{}"
          skip()
        } else {
          literal.append(escaped)
        }
      }
      return literal
    }

    /// What is filled in, to the bracket that closes it.
    private mutating func skip() {
      var depth = 1
      while depth > 0, let next = text.popFirst() {
        if next == "\"" { _ = literal() }
        depth += next == "(" ? 1 : next == ")" ? -1 : 0
      }
    }
  }
}
