package import Relay

/// Activities for people.
package enum ActivityView {
  package static func text(_ list: [Activity], in db: Database, _ language: Language) throws(RelayError) -> String {
    let units = try OrgUnit.all(in: db)
    let zone = try Policy(in: db).zone
    var table = TextTable(
      [
        language.choose("when", "时间"), language.choose("unit", "单位"), language.choose("kind", "类型"),
        language.choose("title", "名称"), language.choose("state", "状态"), language.choose("there", "到场"), "id",
      ], right: [5])
    for activity in list {
      let marks = try activity.marks(in: db)
      table.add([
        activity.startsAt.map { zone.text($0) } ?? "-",
        units[activity.unitID]?.code ?? "?", Words.of(activity.kind, in: "activity", language), activity.title,
        Words.of(activity.state, language), String((marks["present"] ?? 0) + (marks["online"] ?? 0)), activity.id,
      ])
    }
    return table.isEmpty ? language.choose("no activities", "没有活动") : table.text
  }

  /// For a spreadsheet.
  package static func grid(_ list: [Activity], in db: Database) throws(RelayError) -> Page.Grid {
    let (units, zone) = (try OrgUnit.all(in: db), try Policy(in: db).zone)
    var grid = Page.Grid(
      "activities",
      [
        "when|when|时间", "unit|unit|单位", "kind|kind|类型", "title|title|名称", "state|state|状态", "there|there|到场",
        "guests|guests|来宾", "books|books|发放书籍", "id|id|标识",
      ])
    for activity in list {
      let marks = try activity.marks(in: db)
      grid.add(
        Cell(activity.startsAt.map { zone.text($0) }), Cell(units[activity.unitID]?.code),
        .word(activity.kind, area: "activity"), .text(activity.title), .word(activity.state),
        .number((marks["present"] ?? 0) + (marks["online"] ?? 0)), .number(activity.guests), .number(activity.books),
        .text(activity.id))
    }
    return grid
  }

  package static func text(_ activity: Activity, in db: Database, _ language: Language) throws(RelayError) -> String {
    let marks = try activity.marks(in: db)
    let zone = try Policy(in: db).zone
    let starts = activity.startsAt.map { "\(zone.text($0)) (\(zone.text))" }
    let when = [starts, activity.place].compactMap { $0 }.joined(separator: ", ")
    let names = ["present", "online", "excused", "absent"]
    return """
      \(activity.title)   [\(activity.id)]
      \(Words.of(activity.state, language))   \(when.isEmpty ? "-" : when)
      \(Bars.text(names.map { (Words.of($0, language), marks[$0] ?? 0) }))
      \(language.choose("guests", "来宾")) \(activity.guests)   \(language.choose("books", "发放书籍")) \(activity.books)
      """
  }
}
