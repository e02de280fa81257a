internal import RelayProtocol

/// A template of scope names.
public struct ScopeRule: Sendable, Hashable {
  public enum Part: Sendable, Hashable {
    case literal(String)
    /// The text of a column, by position.
    case column(Int)
    /// One name an element of a set column, by position.
    case each(Int)
  }
  public let parts: [Part]
}

extension ScopeRule {
  /// The texts that a row yields; none where a column is NULL or empty. Not all need be names of scopes: a column may
  /// hold what is too long, or spelled as no name is.
  ///
  /// - Parameters:
  ///   - values: the row's values by position in the table's `columns`.
  ///   - most: with one more than so many it stops, so that two sets in one template do not multiply without end.
  func texts(_ values: [Value], most: Int = Limits.scopesOfRow) -> [String] {
    var texts = [""]
    for part in parts {
      switch part {
      case .literal(let text): for at in texts.indices { texts[at] += text }
      case .column(let at):
        guard let text = ScopeRule.text(values[at]) else { return [] }
        for at in texts.indices { texts[at] += text }
      case .each(let at):
        let elements = (JSONSet.elements(values[at]) ?? []).compactMap(ScopeRule.text)
        var next: [String] = []
        for element in elements where next.count <= most { next += texts.map { $0 + element } }
        texts = Array(next.prefix(most + 1))
      }
    }
    return texts
  }

  /// Could a row yield this name, whatever its columns hold?
  func mayYield(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    // Where in the name the parts so far may end, ascending.
    var ends = [0]
    for part in parts {
      switch part {
      case .literal(let text):
        let text = Array(text.utf8)
        ends = ends.filter { bytes[$0...].starts(with: text) }.map { $0 + text.count }
      case .column, .each: ends = ends.first.map { Array(($0..<bytes.count).map { $0 + 1 }) } ?? []
      }
    }
    return ends.last == bytes.count
  }

  private static func text(_ value: Value) -> String? {
    switch value {
    case .text(let x): x.isEmpty ? nil : x
    case .integer(let x): String(x)
    default: nil
    }
  }
}
