/// Text that lines up on a terminal, where a Chinese character takes two columns.
package enum Columns {
  static func width(_ text: String) -> Int {
    text.unicodeScalars.reduce(0) { $0 + ($1.value >= 0x2E80 ? 2 : 1) }
  }

  /// Filled with spaces on the right, with at least one after it.
  package static func padded(_ text: String, _ columns: Int) -> String {
    text + String(repeating: " ", count: max(1, columns - width(text)))
  }
}

/// Rows under a heading, each column as wide as its widest text.
package struct TextTable: Sendable {
  private let heading: [String]
  private var rows: [[String]] = []
  /// Columns whose text stands at the right, as numbers do.
  private let right: Set<Int>

  package init(_ heading: [String], right: Set<Int> = []) {
    self.heading = heading
    self.right = right
  }

  package var isEmpty: Bool { rows.isEmpty }

  package mutating func add(_ row: [String]) { rows.append(row) }

  package var text: String {
    let all = [heading] + rows
    let widths = heading.indices.map { at in all.map { Columns.width($0[at]) }.max() ?? 0 }
    return all.map { row in
      var line = ""
      for (at, cell) in row.enumerated() {
        let gap = String(repeating: " ", count: widths[at] - Columns.width(cell))
        line += right.contains(at) ? gap + cell : cell + gap
        if at < row.count - 1 { line += "  " }
      }
      while line.last == " " { line.removeLast() }
      return line
    }.joined(separator: "\n")
  }
}

/// Counts as bars, the longest of them as long as all are allowed to be.
package enum Bars {
  package static func text(_ counts: [(label: String, count: Int)], length: Int = 30) -> String {
    let width = counts.map { Columns.width($0.label) }.max() ?? 0
    let (most, total) = (counts.map(\.count).max() ?? 0, counts.reduce(0) { $0 + $1.count })
    let digits = String(most).utf8.count
    return counts.map { item in
      // Who is there at all is seen.
      let filled = most == 0 ? 0 : max(item.count > 0 ? 1 : 0, item.count * length / most)
      let bar = String(repeating: "█", count: filled) + String(repeating: " ", count: length - filled)
      let count = String(item.count)
      let gap = String(repeating: " ", count: digits - count.utf8.count)
      let percent = Percent(item.count, of: total, isWhole: true).text
      let percentGap = String(repeating: " ", count: max(0, 4 - percent.utf8.count))
      return "\(Columns.padded(item.label, width + 2))\(bar) \(gap)\(count)  \(percentGap)\(percent)"
    }.joined(separator: "\n")
  }
}
