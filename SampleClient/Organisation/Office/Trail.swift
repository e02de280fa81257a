internal import Crypto
package import Relay

/// The committee's trail: what was given away and who looked at a case, each entry with a hash over the one before. It
/// stays on the device on which it happened, and an entry is on disk before anybody has what it is about.
package enum Trail {
  package enum What: String, CaseIterable, Sendable {
    case export, look, change
  }

  /// - Parameters:
  ///   - officer: whose desk it is; empty where nobody has said.
  ///   - device: the hub's name of the device.
  package static func note(
    _ what: What, _ detail: String, by officer: String, on device: String, at now: Instant, in db: Database
  ) throws(RelayError) {
    try db.script(Organisation.officeDDL)
    let last = try db.first("SELECT number, hash FROM office_trail ORDER BY number DESC LIMIT 1")
    let number = (last?[0].integer ?? 0) + 1
    let entry = [String(number), now.text, officer, device, what.rawValue, detail]
    try db.execute(
      "INSERT INTO office_trail (number, at, officer_id, device, what, detail, hash) VALUES (?, ?, ?, ?, ?, ?, ?)",
      [.integer(number)] + entry.dropFirst().map { .text($0) } + [.text(hash(entry, after: last?[1].text ?? ""))])
  }

  package static func page(_ look: Look, from: String?) throws(RelayError) -> Page {
    if let from { try ColumnRules.check(from, "from_on", of: "sweep") }
    var page = Page(Phrase("What was given away and looked at", "导出与查阅记录"))
    var grid = Page.Grid(
      "trail",
      [
        "number|no.|序号", "at|when|时间", "what|what|事项", "detail|detail|内容", "by|by|办理人", "device|device|设备",
      ], empty: Phrase("nothing yet", "暂无记录"))
    let found = try read(look)
    for entry in found.entries where from.map({ look.zone.text(entry[1]) >= $0 }) ?? true {
      grid.add(
        .text(entry[0]), .text(look.zone.text(entry[1])), .word(entry[4], area: "trail"), .text(entry[5]),
        .text(found.names[entry[2]] ?? entry[2]), .text(entry[3]))
    }
    page.grids = [grid]
    tell(found.brokenAt, &page)
    return page
  }

  /// How many entries there are since the year began, and whether all stand as they were written.
  static func sum(_ look: Look, _ page: inout Page) throws(RelayError) {
    guard try isHere(look) else { return }
    let found = try read(look)
    let year = digits(look.day.month.year, 4)
    page.tell(
      "givenAway", "given away or looked at this year", "本年导出与查阅",
      .number(found.entries.count { look.zone.text($0[1]).hasPrefix(year) }))
    tell(found.brokenAt, &page)
  }

  private static func tell(_ brokenAt: String?, _ page: inout Page) {
    guard let brokenAt else { return }
    page.note(
      "trail_broken", "Entry \(brokenAt) does not follow from the one before: it was changed, or one is missing.",
      "第\(brokenAt)条与前一条不相接：已被改动，或有缺失。")
  }

  private static func isHere(_ look: Look) throws(RelayError) -> Bool {
    try look.count("SELECT count(*) FROM sqlite_master WHERE name = 'office_trail'") > 0
  }

  private typealias Found = (entries: [[String]], names: [String: String], brokenAt: String?)

  private static func read(_ look: Look) throws(RelayError) -> Found {
    var found: Found = ([], [:], nil)
    guard try isHere(look) else { return found }
    var before = ""
    for row in try look.rows(
      """
      SELECT t.number, t.at, t.officer_id, t.device, t.what, t.detail, t.hash, o.display_name
      FROM office_trail AS t LEFT JOIN officer AS o ON o.id = t.officer_id ORDER BY t.number
      """)
    {
      let entry = [String(row[0].int)] + row[1...5].map { $0.text ?? "" }
      let follows = row[0].int == found.entries.count + 1 && row[6].text == hash(entry, after: before)
      if !follows, found.brokenAt == nil { found.brokenAt = entry[0] }
      before = row[6].text ?? ""
      found.entries.append(entry)
      if let name = row[7].text { found.names[entry[2]] = name }
    }
    return found
  }

  /// Each part with its length before it, so that no two entries are written alike.
  private static func hash(_ entry: [String], after before: String) -> String {
    var sha = SHA256()
    for part in [before] + entry { sha.update(data: Array("\(part.utf8.count):\(part)".utf8)) }
    return sha.finalize().map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }.joined()
  }
}
