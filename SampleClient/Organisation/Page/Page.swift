/// An answer of a command or a report, once: facts, tables and remarks, from which text, JSON, CSV and HTML are written.
package struct Page: Sendable, Equatable {
  /// A single value with its name.
  package struct Fact: Sendable, Equatable {
    package var key: String
    package var name: Phrase
    package var value: Cell

    package init(key: String, name: Phrase, value: Cell) { (self.key, self.name, self.value) = (key, name, value) }
  }

  /// Written `key|English|Chinese`.
  package struct Column: Sendable, Equatable, ExpressibleByStringLiteral {
    package var key: String
    package var name: Phrase

    package init(stringLiteral text: String) {
      let parts = text.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
      key = parts[0]
      name = Phrase(parts.count > 1 ? parts[1] : key, parts.count > 2 ? parts[2] : key)
    }
  }

  package struct Grid: Sendable, Equatable {
    package var key: String
    package var name: Phrase?
    package var columns: [Column]
    package var rows: [[Cell]] = []
    /// The column that is also drawn as a bar.
    package var bar: String?
    /// What is said where there is no row.
    package var empty: Phrase?

    package init(
      _ key: String, _ columns: [Column], name: Phrase? = nil, bar: String? = nil, empty: Phrase? = nil
    ) {
      (self.key, self.name, self.columns, self.bar, self.empty) = (key, name, columns, bar, empty)
    }

    package mutating func add(_ cells: Cell...) { rows.append(cells) }
  }

  package var title: Phrase?
  package var facts: [Fact] = []
  package var grids: [Grid] = []
  /// For people: what to think of when reading it. The code is for programs.
  package var notes: [(code: String, text: Phrase)] = []
  /// Programs get the rows of the only grid as an array, nothing around them.
  package var isList = false

  package init(_ title: Phrase? = nil) { self.title = title }

  /// One line and its values: what a write acknowledges.
  package init(_ title: Phrase, _ facts: [Fact]) {
    self.title = title
    self.facts = facts
  }

  package mutating func tell(_ key: String, _ en: String, _ zh: String, _ value: Cell) {
    facts.append(Fact(key: key, name: Phrase(en, zh), value: value))
  }

  package mutating func note(_ code: String, _ en: String, _ zh: String) { notes.append((code, Phrase(en, zh))) }

  package static func == (a: Page, b: Page) -> Bool {
    a.title == b.title && a.facts == b.facts && a.grids == b.grids && a.isList == b.isList
      && a.notes.map(\.code) == b.notes.map(\.code) && a.notes.map(\.text) == b.notes.map(\.text)
  }

  /// A list and nothing else.
  package static func list(_ grid: Grid) -> Page {
    var page = Page()
    page.grids = [grid]
    page.isList = true
    return page
  }

  /// What a write acknowledges: it is on disk.
  ///
  /// - Parameter written: what was written; empty where it was there already.
  package static func saved(_ title: Phrase, id: String, _ written: [String], _ more: [Fact] = []) -> Page {
    var page = Page(title)
    page.facts = [
      Fact(key: "id", name: Phrase("id", "标识"), value: .text(id)),
      Fact(key: "written", name: Phrase("written", "写入"), value: .list(written)),
    ]
    page.facts += more
    page.isAcknowledgement = true
    return page
  }

  /// Text for people is the title and nothing else: to be pasted somewhere.
  package var isBare = false

  /// What it is about and how much of it there is, for the committee's trail.
  package var contents: String {
    let tables = grids.map { "\($0.key) \($0.rows.count)" }.joined(separator: ", ")
    guard let title else { return tables }
    return tables.isEmpty ? title.en : "\(title.en) (\(tables))"
  }

  /// People read the title and what was added to it; ids and tables are for programs.
  package var isAcknowledgement = false
}
