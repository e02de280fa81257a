import Foundation
import Relay
import RelaySQLite
import Testing

@testable import Organisation

/// docs/reference-app.md says of every row of the organisation's work which command does it and which test shows it.
@Suite("The table of the reference app")
struct ReferenceTableTests {
  /// Rows that no command does yet. Taken out here when the table names a command and a test.
  static let open: Set<String> = []

  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  private static func sources(_ folder: String) throws -> String {
    let files = FileManager.default.enumerator(at: root.appending(path: folder), includingPropertiesForKeys: nil)
    var text = ""
    while let file = files?.nextObject() as? URL {
      if file.pathExtension == "swift" { text += try String(contentsOf: file, encoding: .utf8) + "\n" }
    }
    return text
  }

  @Test("all 91 rows are there, each with a command that exists and a test that exists, or openly without")
  func table() throws {
    let page = try String(contentsOf: Self.root.appending(path: "docs/reference-app.md"), encoding: .utf8)
    let (client, tests) = (try Self.sources("SampleClient/relay-client"), try Self.sources("Tests/OrganisationTests"))
    var seen: [String] = []
    for line in page.split(separator: "\n") where line.hasPrefix("| D") {
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      try #require(cells.count == 4, "\(line)")
      let (id, command, test) = (cells[0], cells[2].replacing("`", with: ""), cells[3].replacing("`", with: ""))
      seen.append(id)
      guard !Self.open.contains(id) else {
        #expect(test == "open", "\(id) is known to be open")
        continue
      }
      // A row that asks for nothing.
      if id == "D78" { continue }
      let words = command.split(separator: " ").prefix { !$0.hasPrefix("-") }.map(String.init)
      #expect(!words.isEmpty, "\(id) names no command")
      for word in words.prefix(2) where !Self.isArgument(word) {
        #expect(
          client.contains("commandName: \"\(word)\"") || client.contains("static let step = \"\(word)\""),
          "\(id): \(word)")
      }
      for option in command.split(separator: " ") where option.hasPrefix("--") {
        let name = option.dropFirst(2)
        let variable = name.split(separator: "-").enumerated().map { $0 == 0 ? String($1) : $1.capitalized }.joined()
        #expect(client.contains("var \(variable)") || client.contains("\"\(name)\""), "\(id): \(option)")
      }
      let parts = test.split(separator: ".").map(String.init)
      try #require(parts.count == 2, "\(id) names no test: \(test)")
      let suite = try #require(tests.range(of: "struct \(parts[0]) "), "\(id): \(test)")
      #expect(tests[suite.upperBound...].contains("func \(parts[1])("), "\(id): \(test)")
    }
    let all: [String] = (1...91).map { "D" + digits($0, 2) }
    #expect(seen == all)
  }

  /// What follows a command with one word: `report movement` is `report` and a name.
  private static func isArgument(_ word: String) -> Bool { Report.all.contains { $0.name == word } }

  @Test("every kind of request is explained in both languages")
  func explained() throws {
    for kind in RequestPages.kinds {
      let page = try RequestPages.explain(kind)
      #expect(page.grids[0].rows.count >= 4, "\(kind)")
      #expect(!page.notes.isEmpty, "\(kind)")
      #expect(page.text(.zh) != page.text(.en), "\(kind)")
    }
    #expect(throws: RelayError.self) { try RequestPages.explain("holiday") }
  }

  @Test("the roster and a member's own data are exported; a spreadsheet gets no formula")
  func exported() throws {
    let story = try Story()
    try story.b17a.edit("0401", "employer==1+1", at: "2017-10-02T08:00:00Z")
    let roster = try story.b17a.page(on: "2017-10-02") { (look) throws(RelayError) in
      try ExportPages.roster(look, unit: nil)
    }
    #expect(roster.grids[0].rows.count == 40)
    #expect(roster.csv.contains(",'=1+1,"))
    let own = try story.c.page(on: "2017-10-02") { (look) throws(RelayError) in
      try ExportPages.member(try Member.find("0401", in: look.db), look)
    }
    #expect(
      Set(own.grids.map(\.key)).isSuperset(of: [
        "member", "contact_point", "dues_plan", "dues_entry", "contact_attempt",
      ]))
  }

  @Test("points are charted by month with the gate, and only what the day knows")
  func charted() throws {
    let story = try Story()
    for (month, points) in [("03", 40), ("09", 25)] {
      try story.c.act(at: "2017-10-01T08:00:00Z") { (desk, db) throws(RelayError) in
        _ = try PointsDesk(desk).add(
          points, why: "study", to: try Member.find("0417", in: db), on: "2017-\(month)-10", in: db)
      }
    }
    try story.finish(.firstComesFirst, [story.c], at: "2017-10-01T09:00:00Z")
    let page = try story.b17a.page(on: "2017-10-02") { (look) throws(RelayError) in
      try PointsPages.chart(try Member.find("0417", in: look.db), look)
    }
    let lines = page.grids[0].lines
    #expect(lines.count == 12)
    #expect(lines[4] == "2017-03|40|40|" && lines[10] == "2017-09|25|65|open")
    #expect(page.text(.en).contains("█"))
    #expect(try !story.b17a.card("0417", on: "2017-08-31").gate.isOpen)
    #expect(try story.b17a.card("0417", on: "2017-10-02").gate.isOpen)
  }

  @Test("interests, modes, show-case work, plans, needs: small things that a desk writes and all read")
  func smallThings() throws {
    let story = try Story()
    try story.b17a.edit("0401", "interests+=chess", at: "2017-10-02T08:00:00Z")
    let walk = try story.b17a.plan(
      "#model walk", "visit", starts: "2017-10-03T06:00:00Z", place: "Gate", at: "2017-10-02T08:00:00Z")
    try story.b17a.attend(walk, ["0401"], at: "2017-10-03T06:00:00Z")
    let need = try story.b17a.act(at: "2017-10-03T08:00:00Z") { (desk, db) throws(RelayError) in
      var opening = RequestDesk.Opening("assistance")
      let member = try Member.find("0402", in: db)
      (opening.title, opening.need) = ("housing: " + member.title, "a flat")
      return try RequestDesk(desk).open(opening, about: member, in: db)
    }
    let admit = try story.b17a.act(at: "2017-10-03T08:10:00Z") { (desk, db) throws(RelayError) in
      var new = MemberEdit.Newcomer(name: "Young")
      new.grade = "probationary"
      let added = try MemberEdit.add(new, desk: desk, in: db)
      return try RequestDesk(desk).open(.init("admit"), about: try Member.find(added.id, in: db), in: db)
    }
    try story.sync([story.b17a, story.c], at: "2017-10-03T09:00:00Z")
    try story.c.act(at: "2017-10-04T08:00:00Z") { (desk, db) throws(RelayError) in
      _ = try RequestDesk(desk).take("approve", on: admit, in: db)
      _ = try DuesPlanDesk(desk).plan(
        try Member.find("0403", in: db), from: "2017-10", monthly: "50", base: "5000", basis: "declared", in: db)
    }
    try story.finish(.firstComesFirst, [story.c], at: "2017-10-04T09:00:00Z")
    #expect(try story.b17b.value("SELECT grade FROM member WHERE full_name = 'Young'") == "full")
    #expect(
      try story.b17b.rows("SELECT monthly_fen, base_fen FROM dues_plan WHERE id = 'm0403:2017-10'") == [[5000, .null]])
    #expect(try story.c.value("SELECT base_fen FROM dues_plan WHERE id = 'm0403:2017-10'") == 500_000)
    #expect(
      try #require(try story.c.report("R8", on: "2017-10-05").grid("flagged")).lines == ["#model walk|B017|2017-10-03"])
    #expect(try #require(try story.c.report("R6", on: "2017-10-05").grid("themes")).lines == ["chess|1"])
    #expect(try #require(try story.c.report("R12", on: "2017-10-05").grid("needs")).lines == ["housing|open|1"])
    #expect(try story.r1.value("SELECT need FROM request WHERE id = '\(need)'") == .null, "a region is not told")
  }

  @Test("who is silent, parked, retired or lives elsewhere is found by a question")
  func questions() throws {
    let story = try Story()
    try story.b17a.edit("0401", "area=North", at: "2017-10-02T08:00:00Z")
    try story.c.sql("UPDATE org_unit SET area = 'North' WHERE id = 'b42'", at: "2017-10-02T08:00:00Z")
    try story.b17a.act(at: "2017-10-02T08:00:00Z") { (desk, db) throws(RelayError) in
      var new = DeclarationDesk.New(topic: "retired", body: "retired")
      new.effectiveOn = "2017-05-01"
      _ = try DeclarationDesk(desk).declare(new, for: try Member.find("0402", in: db), in: db)
    }
    try story.finish(.firstComesFirst, [story.b17a, story.c], at: "2017-10-02T09:00:00Z")
    func found(_ by: String, on day: String) throws -> [String] {
      try story.c.page(on: day) { (look) throws(RelayError) in try TransferPages.suggest(look, by: by) }.grids[0].lines
    }
    #expect(try found("area", on: "2017-10-03") == ["0401|Member 0401|B017|North|B042"])
    #expect(try found("retired", on: "2017-10-03").map { String($0.prefix(4)) } == ["0402"])
    #expect(try found("parked", on: "2017-10-03").isEmpty)
    #expect(try found("parked", on: "2018-12-01").count >= 40)
    let silent = try story.b17a.page(on: "2018-01-15") { (look) throws(RelayError) in
      var filter = MemberFilter()
      filter.silentMonths = 3
      let members = try filter.members(in: look.db, on: look.day)
      var page = Page()
      page.tell("count", "count", "数", .number(members.count))
      return page
    }
    #expect(silent.fact("count") == .number(40))
  }
}
