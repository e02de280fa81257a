extension Page {
  /// A part of an HTML page: the title, the facts, every table with its bars.
  ///
  /// - Parameter anchor: what links of the same document name.
  func html(_ language: Language, anchor: String) -> String {
    var out = "<section id=\"\(anchor)\">\n"
    if let title { out += "<h2>\(Page.escaped(title.said(in: language)))</h2>\n" }
    if !facts.isEmpty {
      let items = facts.map {
        "<dt>\(Page.escaped($0.name.said(in: language)))</dt><dd>\(Page.escaped($0.value.said(in: language)))</dd>"
      }
      out += "<dl>\(items.joined())</dl>\n"
    }
    out += grids.map { $0.html(language) }.joined()
    for note in notes { out += "<p class=\"note\">\(Page.escaped(note.text.said(in: language)))</p>\n" }
    return out + "</section>\n"
  }

  /// One file that opens without a network, light and dark.
  package static func document(_ pages: [Page], title: Phrase, _ language: Language) -> String {
    """
    <!doctype html>
    <html lang="\(language == .zh ? "zh-Hans" : "en")">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
    <title>\(escaped(title.said(in: language)))</title>
    <style>
    \(style)
    </style>
    </head>
    <body>
    <header><h1>\(escaped(title.said(in: language)))</h1>\(pages.count > 1 ? contents(pages, language) : "")</header>
    <main>
    \(pages.enumerated().map { $1.html(language, anchor: "p\($0 + 1)") }.joined())</main>
    </body>
    </html>

    """
  }

  private static func contents(_ pages: [Page], _ language: Language) -> String {
    let links = pages.enumerated().map { at, page in
      "<a href=\"#p\(at + 1)\">\(escaped(page.title?.said(in: language) ?? String(at + 1)))</a>"
    }
    return "\n<nav>\(links.joined(separator: "\n"))</nav>"
  }

  static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }

  private static let style = """
    :root { color-scheme: light dark; --ink: #1c1f23; --soft: #5d6670; --line: #d9dde2; --paper: #fff; --card: #f7f8fa;
      --bar: #2f6fb2; --alarm: #b3261e; }
    @media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --soft: #a0a9b3; --line: #363c43; --paper: #15181b;
      --card: #1d2125; --bar: #6ea8de; --alarm: #ff8a80; } }
    * { box-sizing: border-box; }
    body { margin: 0 auto; padding: 1.5rem; max-width: 74rem; color: var(--ink); background: var(--paper);
      font: 15px/1.5 system-ui, "Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif; }
    h1 { font-size: 1.6rem; margin: 0 0 1rem; } h2 { font-size: 1.15rem; margin: 0 0 .6rem; }
    h3 { font-size: .95rem; margin: 1rem 0 .3rem; color: var(--soft); }
    nav { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; margin: 0 0 1.2rem; } nav a { color: var(--bar); }
    .alarm { color: var(--alarm); font-weight: 600; }
    main { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 32rem), 1fr)); gap: 1rem; }
    section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1rem;
      overflow-x: auto; }
    dl { display: grid; grid-template-columns: auto 1fr; gap: .15rem 1rem; margin: 0 0 .5rem; }
    dt { color: var(--soft); } dd { margin: 0; }
    table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
    th { text-align: left; font-weight: 600; color: var(--soft); } th, td { padding: .22rem .5rem .22rem 0;
      border-bottom: 1px solid var(--line); vertical-align: top; }
    .n { text-align: right; } .b { width: 35%; } .b i { display: block; height: .75rem; border-radius: 3px;
      background: var(--bar); }
    .note { color: var(--soft); margin: .6rem 0 0; }
    @media print { section { break-inside: avoid; } }
    """
}

extension Page.Grid {
  func html(_ language: Language) -> String {
    var out = name.map { "<h3>\(Page.escaped($0.said(in: language)))</h3>\n" } ?? ""
    guard !rows.isEmpty else {
      return out + (empty.map { "<p class=\"note\">\(Page.escaped($0.said(in: language)))</p>\n" } ?? "")
    }
    let right = columns.indices.map { at in rows.contains { $0[at].isNumber } }
    func cell(_ tag: String, _ at: Int, _ text: String, isAlarm: Bool = false) -> String {
      let kind = isAlarm ? " class=\"alarm\"" : right[at] ? " class=\"n\"" : ""
      return "<\(tag)\(kind)>\(Page.escaped(text))</\(tag)>"
    }
    out += "<table><thead><tr>"
    out += columns.enumerated().map { cell("th", $0, $1.name.said(in: language)) }.joined()
    out += (bar == nil ? "" : "<th></th>") + "</tr></thead><tbody>\n"
    let barAt = columns.firstIndex { $0.key == bar }
    let most = max(1, barAt.map { at in rows.map { $0[at].magnitude }.max() ?? 0 } ?? 0)
    for row in rows {
      out += "<tr>" + row.enumerated().map { cell("td", $0, $1.said(in: language), isAlarm: $1.isAlarm) }.joined()
      if let barAt {
        // Tenths of a percent, in whole numbers.
        let width = row[barAt].magnitude * 1000 / most
        out += "<td class=\"b\"><i style=\"width:\(width / 10).\(width % 10)%\"></i></td>"
      }
      out += "</tr>\n"
    }
    return out + "</tbody></table>\n"
  }
}
