internal import Organisation
internal import Relay

/// The inbox for people: numbered, with whom each item is about. Notices of one kind are one line.
enum InboxPage {
  /// - Parameter isShown: which of them; each keeps its number in the whole list.
  static func text(
    _ all: [InboxItem], in replica: Replica, where isShown: (InboxItem) -> Bool = { _ in true }
  ) throws(RelayError) -> String {
    let numbers = all.indices.filter { isShown(all[$0]) }
    let items = numbers.map { all[$0] }
    guard !items.isEmpty else { return Language.say("nothing waits", "没有待处理事项") }
    let isOrganisations = try SyncSchema(json: Organisation.schema).name == replica.schema.name
    let subjects = try replica.read { (db) throws(RelayError) -> [String?] in
      var subjects: [String?] = []
      for item in items {
        subjects.append(isOrganisations ? try RowSubject.name(item.table, item.key, in: db) : nil)
      }
      return subjects
    }
    let choices = try replica.read { (db) throws(RelayError) -> [[Value]?] in
      var choices: [[Value]?] = []
      for item in items { choices.append(try choice(item, replica.schema, in: db)) }
      return choices
    }
    let time = try LocalTime(replica)
    var lines: [String] = []
    var counts: [String: Int] = [:]
    for item in items where item.kind == .notice { counts[group(item), default: 0] += 1 }
    var said: Set<String> = []
    for (at, item) in items.enumerated() {
      let number = numbers[at] + 1
      let count = item.kind == .notice ? counts[group(item)] ?? 1 : 1
      guard count > many else {
        lines.append("\(number)  " + item.text(time, about: subjects[at], choice: choices[at]))
        continue
      }
      // The first of its kind speaks for all of them.
      guard said.insert(group(item)).inserted else { continue }
      lines.append(
        Language.say(
          "\(number)  \(count) notices about \(item.table) (\(item.rule ?? "-")): nothing to do; `inbox dismiss all` ends them",
          "\(number)  \(count)条\(item.table)通知（\(item.rule ?? "-")）：无需处理，用 inbox dismiss all 清除"))
    }
    return lines.joined(separator: "\n")
  }

  /// What the row shows of a conflict that was settled here, and that the hub has not confirmed.
  private static func choice(
    _ item: InboxItem, _ schema: SyncSchema, in db: Database
  ) throws(RelayError) -> [Value]? {
    guard item.status == .answered, let table = schema.table(named: item.table), table.key.count == 1,
      let group = table.groups.first(where: { $0.name == item.column })
    else { return nil }
    func quoted(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }
    let columns = group.columns.map { quoted(table.columns[$0].name) }.joined(separator: ", ")
    let key = quoted(table.columns[table.key[0]].name)
    return try db.query(
      "SELECT \(columns) FROM \(quoted(table.name)) WHERE \(key) = ?", try table.key([item.key])
    ) { (row) throws(RelayError) in row.values }.first
  }

  private static func group(_ item: InboxItem) -> String { item.table + " " + (item.rule ?? "") }

  /// So many notices of one kind stand one by one.
  private static let many = 3

  /// What a person named: an id, its number in the list, or `all` of that kind that still wait.
  static func ids(_ text: String, _ kind: InboxItem.Kind, in replica: Replica) throws(RelayError) -> [String] {
    let items = try replica.inbox()
    if text == "all" {
      let waiting = items.filter { $0.kind == kind && (kind != .conflict || $0.status == .open) }.map(\.id)
      guard !waiting.isEmpty else {
        throw RelayError(.entryUnknown, Language.say("nothing of this kind waits", "没有此类待处理事项"))
      }
      return waiting
    }
    guard !items.contains(where: { $0.id == text }), let number = Int(text), items.indices.contains(number - 1) else {
      return [text]
    }
    guard items[number - 1].kind == kind else {
      throw RelayError(
        .entryUnknown, "number \(number) is a \(items[number - 1].kind.rawValue), not a \(kind.rawValue)",
        advice: "Nothing was changed. `inbox` lists the numbers.")
    }
    return [items[number - 1].id]
  }
}
