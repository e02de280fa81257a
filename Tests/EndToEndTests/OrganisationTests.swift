import Foundation
import Testing

/// The reference app's commands, as people and scripts call them, with a real hub between the committee and two branches.
@Suite(.timeLimit(.minutes(5)))
struct OrganisationTests {
  let folder: Folder
  let hub: HubProcess
  let committee: Desk
  let one: Desk
  let two: Desk

  /// A file of the organisation and the commands on it.
  struct Desk {
    let folder: Folder
    let client: Tool
    let file: String

    init(_ name: String, in folder: Folder) throws {
      self.folder = folder
      client = try Tool.built("relay-client")
      file = folder.path("\(name).db")
    }

    func callAsFunction(_ arguments: String...) async throws -> Tool.Outcome {
      try await client.run(["--replica", file] + arguments, in: folder)
    }

    /// The answer of a command that must go well.
    func json(_ arguments: String...) async throws -> [String: Any] {
      let outcome = try await client.run(["--replica", file] + arguments + ["--json"], in: folder)
      try #require(outcome.status == 0, "\(arguments): \(outcome.complaint)")
      return try outcome.object()
    }

    func sync() async throws { _ = try await json("sync", "--deadline", "300") }
  }

  init() async throws {
    folder = try Folder()
    hub = try await HubProcess(in: folder, .organisation)
    try await hub.serve()
    committee = try Desk("committee", in: folder)
    one = try Desk("B001", in: folder)
    two = try Desk("B002", in: folder)
    // Before it knows a hub; what is there is pushed later.
    for unit in ["C", "B001", "B002"] {
      _ = try await committee.json("organisation", "generate", "--unit", unit, "--share", "office")
    }
    try await enrol(committee, "committee", "committee", ["*"])
    for (desk, code) in [(one, "B001"), (two, "B002")] {
      let unit = try await committee.client.shellValue(committee.file, "SELECT id FROM org_unit WHERE code = '\(code)'")
      let top = try await committee.client.shellValue(committee.file, "SELECT id FROM org_unit WHERE code = 'C'")
      try await enrol(desk, code, "branch", ["unit/\(unit)", "below/\(top):r", "everyone:r"])
    }
  }

  private func enrol(_ desk: Desk, _ name: String, _ role: String, _ scopes: [String]) async throws {
    let code = try await hub.addDevice(name, role: role, scopes: scopes)
    _ = try await desk.json("enroll", "--hub", hub.address, "--code", code)
    try await desk.sync()
  }

  @Test("a member moves from one branch to another by commands alone, and everybody sees how far it is")
  func transfer() async throws {
    let request = try #require(
      try await one.json("transfer", "open", "0001", "--to", "B002", "--release", "--as", "Secretary B001")["id"]
        as? String)
    try await one.sync()
    try await two.sync()
    let shown = try await two("transfer", "show", request)
    #expect(shown.output.contains("B001 → B002"))
    #expect(shown.output.contains("[x] released"))
    #expect(shown.output.contains("next   B002"))

    // Who has not said who they are is asked; it is remembered then.
    #expect(try await two("transfer", "accept", request).status == 2)
    _ = try await two.json("transfer", "accept", request, "--as", "Secretary B002")
    let again = try await two.json("transfer", "accept", request)
    #expect(again["written"] as? [String] == [])
    let forbidden = try await two("transfer", "approve", request, "--json")
    #expect(forbidden.status == 1)
    #expect(try forbidden.errorCode() == "role_forbids")
    try await two.sync()
    try await committee.sync()
    _ = try await committee.json("transfer", "approve", request, "--as", "Committee member 1")
    let settled = try await committee.json("office", "settle")
    #expect((settled["moved"] as? [String])?.count == 1)
    #expect(try await committee.json("office", "settle")["written"] as? Int == 0)
    for desk in [committee, one, two] { try await desk.sync() }

    #expect(try await two.json("member", "show", "0001")["member"] != nil)
    let gone = try await one("member", "show", "0001", "--json")
    #expect(gone.status == 1)
    #expect(try gone.errorCode() == "not_found")
    #expect(gone.complaint.contains("moved to Branch 002"))
    #expect(try await one("office", "settle", "--json").errorCode() == "role_forbids")
  }

  @Test("demo offline: sync ends with 4, work goes on and status says why; online again everything goes out")
  func withoutNetwork() async throws {
    _ = try await one.json("demo", "offline")
    _ = try await one.json("member", "edit", "0002", "employer=Harbour", "--as", "Secretary B001")
    let away = try await one("sync", "--json")
    #expect(away.status == 4)
    #expect(try away.errorCode() == "hub_unreachable")
    let status = try await one("status").output
    #expect(status.contains("pretends that there is no network") && status.contains("not confirmed yet"))
    _ = try await one.json("demo", "online")
    try await one.sync()
    #expect(try await one.json("status")["pending"] as? Int == 0)
    #expect(try await one("member", "find", "0002").complaint.contains("There are: list, show, edit"))
    #expect(try await one("history", "member", "0002").output.contains("Harbour"))
  }

  @Test("dues, activities and calls: bars and tables for people, objects for scripts, codes for mistakes")
  func desk() async throws {
    let receipt = try await one.json(
      "dues", "pay", "0002", "--months", "3", "--amount", "60", "--as", "Secretary B001", "--device", "7",
      "--now", "2017-11-02T08:00:00Z")
    #expect(receipt["receipt"] as? String == "B001-7-000001")
    let next = try await one.json("dues", "pay", "0002", "--amount", "20", "--now", "2017-11-02T08:01:00Z")
    #expect(next["receipt"] as? String == "B001-7-000002")
    let ledger = try await one("dues", "show", "0002", "--lang", "zh", "--as-of", "2017-11-02")
    #expect(ledger.output.contains("B001-7-000001"))
    #expect(ledger.output.contains("现金"))
    let arrears = try await one("dues", "arrears", "--as-of", "2017-10-31")
    #expect(arrears.output.contains("60 and over"))
    #expect(arrears.output.contains("█"))
    for (wrong, code) in [
      (["dues", "pay", "0002", "--amount", "-1"], "value_not_allowed"),
      (["dues", "pay", "0002", "--from", "2017-13"], "value_not_allowed"),
      (["dues", "pay", "9999", "--amount", "1"], "not_found"),
      (["dues", "pay", "0002", "--channel", "online"], "role_forbids"),
      (["activity", "attend", "nothing", "0002"], "not_found"),
      (["member", "edit", "0002", "status=removed"], "value_not_allowed"),
      (["transfer", "show", "nothing"], "not_found"),
    ] {
      let outcome = try await one.client.run(["--replica", one.file] + wrong + ["--json"], in: folder)
      #expect(outcome.status == 1, "\(wrong)")
      #expect(try outcome.errorCode() == code, "\(wrong)")
    }

    let activity = try #require(
      try await one.json("activity", "add", "Autumn walk", "--kind", "visit", "--starts", "2017-11-04T06:00:00Z")["id"]
        as? String)
    let marked = try await one.json(
      "activity", "attend", activity, "0002", "0003", "--guests", "5", "--books", "2", "--others", "absent")
    #expect(marked["marked"] as? Int == 2)
    #expect(marked["guests"] as? Int == 5)
    #expect(try await one.json("activity", "attend", activity, "--guests", "-1")["guests"] as? Int == 4)
    #expect(try await one("activity", "show", activity).output.contains("guests 4"))
    #expect(try await one("activity", "show", activity).output.contains("present: 0002 "))
    #expect(try await one("activity", "show", activity, "--csv").output.contains("\npresent,0002,"))
    // What is no table refuses to be one, and what is not here is no zero.
    for words in [["status"], ["member", "show", "0002"]] {
      #expect(
        try await one.client.run(["--replica", one.file] + words + ["--csv"], in: folder).status == 2, "\(words)")
    }
    #expect(try await one("member", "list", "--csv").output.hasPrefix("number,name,unit,"))
    #expect(try await one("dues", "show", "0002", "--csv", "--as-of", "2017-11-02").output.contains("B001-7-000001"))
    #expect(try await one("dues", "arrears", "--list", "--csv").output.hasPrefix("number,name,unit,months,"))
    #expect(try await one("activity", "list", "--csv", "--lang", "zh").output.hasPrefix("时间,"))
    for words in [["dues", "arrears"], ["member", "list"], ["activity", "list"]] {
      let away = try await one.client.run(["--replica", one.file] + words + ["--unit", "B002", "--json"], in: folder)
      #expect(try away.errorCode() == "not_found", "\(words)")
    }
    #expect(try await one("help", "dues", "--lang", "zh").output.contains("arrears"))
    let called = try await one.json("contact", "log", "0003", "mobile", "reached", "--at", "2017-11-05T08:00:00Z")
    #expect(called["lastContact"] as? String == "2017-11-05")
    _ = try await one.json("member", "edit", "0003", "employer=Harbour", "interests+=chess")
    let card = try await one("member", "show", "0003")
    #expect(card.output.contains("Harbour"))
    let found = try await one("member", "list", "--search", "harbour", "--json")
    #expect(found.output.contains("\"number\":\"0003\""))
    let status = try await one.json("status")
    #expect((status["agenda"] as? [String: Any])?["transfers"] as? Int == 0)
    #expect(status["pending"] as? Int == 7)
    try await one.sync()
    #expect(try await one.json("status")["refused"] as? Int == 0)
  }
}

extension Tool {
  /// The one value that the `sqlite3` shell answers.
  fileprivate func shellValue(_ file: String, _ sql: String) async throws -> String {
    let outcome = try await Tool.shell.run([file, sql], in: try Folder())
    return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
