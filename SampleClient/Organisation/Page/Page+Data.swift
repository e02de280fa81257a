extension Page {
  /// Facts by key, tables as lists of objects; the same in every language.
  package var json: JSON {
    let tables = grids.map { grid in (grid.key, JSON.list(grid.rows.map { row in grid.object(row) })) }
    if isList, let only = tables.first { return only.1 }
    var members: [String: JSON] = [:]
    for fact in facts { members[fact.key] = fact.value.json }
    for (key, value) in tables { members[key] = value }
    if !notes.isEmpty { members["notes"] = .list(notes.map { .text($0.code) }) }
    return .object(members)
  }

  package var csv: String { csv(.en) }

  /// RFC 4180; every table under its name, the facts first. Ends with a line break. In English the heads are the keys that
  /// programs know.
  package func csv(_ language: Language) -> String {
    var blocks: [String] = []
    if !facts.isEmpty {
      blocks.append(
        Page.lines(
          [[language.choose("fact", "项目"), language.choose("value", "值")]]
            + facts.map { [language.choose($0.key, $0.name.zh), $0.value.csv] }))
    }
    for grid in grids {
      let name = grids.count + facts.count > 1 ? Page.lines([["# " + grid.key]]) : ""
      blocks.append(
        name + Page.lines([grid.columns.map { language.choose($0.key, $0.name.zh) }] + grid.rows.map { $0.map(\.csv) }))
    }
    if !notes.isEmpty {
      blocks.append(Page.lines([[language.choose("note", "说明")]] + notes.map { [$0.text.said(in: language)] }))
    }
    return blocks.joined(separator: "\r\n")
  }

  private static func lines(_ rows: [[String]]) -> String {
    rows.map { row in row.map(quoted).joined(separator: ",") + "\r\n" }.joined()
  }

  private static func quoted(_ text: String) -> String {
    guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}

extension Page.Grid {
  func object(_ row: [Cell]) -> JSON {
    .object(Dictionary(zip(columns.map(\.key), row.map(\.json))) { first, _ in first })
  }
}
