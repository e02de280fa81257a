/// Sentences of help and failures in Chinese, from one table: the English sentence, a tab, the Chinese one. `{}` stands for
/// what differs from one failure to the next, in the same order in both.
package enum Translation {
  /// A sentence with gaps.
  private struct Pattern: Sendable {
    let parts: [String]
    let chinese: [String]
    /// Letters that must fit.
    let weight: Int

    init(_ english: String, _ chinese: String) {
      parts = Translation.parts(english)
      self.chinese = Translation.parts(chinese)
      weight = parts.reduce(0) { $0 + $1.utf8.count }
    }

    /// What stands in the gaps; nil where the sentence is another one.
    func gaps(of sentence: String) -> [Substring]? {
      guard let first = parts.first, let last = parts.last, sentence.hasPrefix(first), sentence.hasSuffix(last),
        sentence.utf8.count >= weight
      else { return nil }
      var rest = sentence.dropFirst(first.count).dropLast(last.count)
      var gaps: [Substring] = []
      for part in parts.dropFirst().dropLast() {
        guard let found = rest.firstRange(of: part) else { return nil }
        gaps.append(rest[..<found.lowerBound])
        rest = rest[found.upperBound...]
      }
      return gaps + [rest]
    }
  }

  private static func parts(_ text: String) -> [String] {
    text.split(separator: "{}", omittingEmptySubsequences: false).map(String.init)
  }

  private static let table: (exact: [String: String], patterns: [Pattern]) = {
    var exact: [String: String] = [:]
    var patterns: [Pattern] = []
    for line in String(decoding: PackageResources.zh_tsv, as: UTF8.self).split(separator: "\n") {
      let sides = line.split(separator: "\t").map { String($0).replacing("\\n", with: "\n") }
      guard sides.count == 2 else { continue }
      if sides[0].contains("{}") {
        patterns.append(Pattern(sides[0], sides[1]))
      } else {
        exact[sides[0]] = sides[1]
      }
    }
    return (exact, patterns.sorted { $0.weight > $1.weight })
  }()

  /// - Returns: nil for a sentence that the table does not have.
  package static func chinese(_ english: String) -> String? {
    if let found = table.exact[english] { return found }
    for pattern in table.patterns {
      guard let gaps = pattern.gaps(of: english) else { continue }
      var text = pattern.chinese[0]
      // What fills a gap may be a sentence of its own.
      for (gap, part) in zip(gaps, pattern.chinese.dropFirst()) { text += (chinese(String(gap)) ?? String(gap)) + part }
      return text
    }
    return nil
  }

  /// In the language that is spoken; as it is, where there is no other.
  package static func said(_ english: String) -> String {
    Language.spoken == .zh ? chinese(english) ?? english : english
  }
}
