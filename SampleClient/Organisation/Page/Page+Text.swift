extension Page {
  /// As people read it on a terminal; no line feed at the end.
  package func text(_ language: Language) -> String {
    if isBare { return title?.said(in: language) ?? "" }
    var blocks: [String] = []
    var head: [String] = []
    if let title {
      let id = isAcknowledgement ? facts.first { $0.key == "id" }?.value.said(in: language) : nil
      head.append(title.said(in: language) + (id.map { "   [\($0)]" } ?? ""))
    }
    let told = isAcknowledgement ? Array(facts.dropFirst(2)) : facts
    let width = told.map { Columns.width($0.name.said(in: language)) }.max() ?? 0
    head += told.map { Columns.padded($0.name.said(in: language), width + 2) + $0.value.said(in: language) }
    if !head.isEmpty { blocks.append(head.joined(separator: "\n")) }
    blocks += grids.map { $0.text(language) }.filter { !$0.isEmpty }
    if !notes.isEmpty { blocks.append(notes.map { $0.text.said(in: language) }.joined(separator: "\n")) }
    return blocks.joined(separator: grids.count > 1 ? "\n\n" : "\n")
  }
}

extension Page.Grid {
  func text(_ language: Language) -> String {
    var lines = name.map { [$0.said(in: language)] } ?? []
    guard !rows.isEmpty else {
      if let empty { lines.append(empty.said(in: language)) }
      return lines.joined(separator: "\n")
    }
    let right = Set(columns.indices.filter { at in rows.contains { $0[at].isNumber } })
    var heading = columns.map { $0.name.said(in: language) }
    if bar != nil { heading.append("") }
    var table = TextTable(heading, right: right)
    let bars = self.bars(30)
    for (at, row) in rows.enumerated() {
      table.add(row.map { $0.said(in: language) } + (bar == nil ? [] : [bars[at]]))
    }
    return (lines + [table.text]).joined(separator: "\n")
  }

  /// Bars, the longest of them as long as all are allowed to be; who is there at all is seen.
  func bars(_ length: Int) -> [String] {
    guard let at = columns.firstIndex(where: { $0.key == bar }) else { return [] }
    let most = rows.map { $0[at].magnitude }.max() ?? 0
    return rows.map { row in
      let size = row[at].magnitude
      let filled = most == 0 ? 0 : max(size > 0 ? 1 : 0, size * length / most)
      return String(repeating: "█", count: filled)
    }
  }
}
