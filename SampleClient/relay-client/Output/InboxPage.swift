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
    let subjects = try subjects(items, in: replica)
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
        "\(number)  \(several(count, item))"
          + Language.say(
            ": nothing to do; `inbox dismiss \(number)` ends them", "：无需处理，用 inbox dismiss \(number) 清除"))
    }
    return lines.joined(separator: "\n")
  }

  /// Whom or what each of them is about, where that is known better than by the row's key.
  private static func subjects(_ items: [InboxItem], in replica: Replica) throws(RelayError) -> [String?] {
    guard try Organisation.syncSchema.get().name == replica.schema.name else { return items.map { _ in nil } }
    return try replica.read { (db) throws(RelayError) -> [String?] in
      var subjects: [String?] = []
      for item in items { subjects.append(try RowSubject.name(item.table, item.key, in: db)) }
      return subjects
    }
  }

  /// Items in a line, for who took them away.
  static func summary(_ items: [InboxItem], in replica: Replica) throws(RelayError) -> String {
    guard items.count > 1, let first = items.first else {
      return zip(items, try subjects(items, in: replica)).map { $0.heading($1) + "   [\($0.id)]" }.joined()
    }
    guard items.allSatisfy({ group($0) == group(first) }) else {
      return Language.say("\(items.count) notices", "\(items.count)条通知")
    }
    return several(items.count, first)
  }

  private static func several(_ count: Int, _ item: InboxItem) -> String {
    let rule = item.rule.map { Language.say(" (\($0))", "（\(Names.rule($0))）") } ?? ""
    return Language.say("\(count) notices about \(item.table)", "\(count)条\(Names.table(item.table))通知") + rule
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

  /// What a person named: an id, its number in the inbox, or `all` of that kind that still wait.
  static func ids(_ text: String, _ kind: InboxItem.Kind, in replica: Replica) throws(RelayError) -> [String] {
    try ids(text, kind, among: try replica.inbox())
  }

  /// - Parameter items: the list whose numbers count. The number of a line that speaks for several notices means them all.
  static func ids(_ text: String, _ kind: InboxItem.Kind, among items: [InboxItem]) throws(RelayError) -> [String] {
    if text == "all" {
      let waiting = items.filter { $0.kind == kind && (kind != .conflict || $0.status == .open) }.map(\.id)
      guard !waiting.isEmpty else {
        throw RelayError(.entryUnknown, Language.say("nothing of this kind waits", "没有此类待处理事项"))
      }
      return waiting
    }
    guard !items.contains(where: { $0.id == text }), let number = Int(text) else { return [text] }
    guard items.indices.contains(number - 1) else {
      throw RelayError(
        .entryUnknown, "the list has no number \(number)", advice: "Nothing was changed. The list tells the numbers.")
    }
    let item = items[number - 1]
    guard item.kind == kind else {
      throw RelayError(
        .entryUnknown, "number \(number) is a \(item.kind.word), not a \(kind.word)",
        advice: "Nothing was changed. `inbox` lists the numbers.")
    }
    let same = items.filter { $0.kind == .notice && group($0) == group(item) }
    return kind == .notice && same.count > many && same.first?.id == item.id ? same.map(\.id) : [item.id]
  }
}
