import Foundation
import Testing

/// What people type, as they type it: what is wrong is named, and nothing of it is remembered.
@Suite(.timeLimit(.minutes(5)))
struct TypedWordTests {
  let folder: Folder
  let client: Tool

  init() async throws {
    (folder, client) = (try Folder(), try Tool.built("relay-client"))
    for unit in ["C", "B001", "B002"] {
      let made = try await run("organisation", "generate", "--unit", unit)
      try #require(made.status == 0, "\(made.complaint)")
    }
  }

  private func run(_ arguments: String...) async throws -> Tool.Outcome {
    try await client.run(["--replica", folder.path("o.db")] + arguments, in: folder)
  }

  @Test("a number below zero is named as what it is, and a sum that is too large says the bound")
  func numbers() async throws {
    let asked = try await run("budget", "new", "Books", "--training", "--as", "Secretary B001", "--json")
    let budget = try #require(try asked.object()["id"] as? String)
    let line = try await run("budget", "line", budget, "x", "1", "-500")
    #expect(line.status == 1 && line.complaint.contains("is no amount"), "\(line.complaint)")
    let silent = try await run("member", "list", "--silent", "-1")
    #expect(silent.status == 1 && silent.complaint.contains("-1 is no number of months"), "\(silent.complaint)")
    let months = try await run("dues", "pay", "0002", "--months", "-3")
    #expect(months.status == 1 && months.complaint.contains("no span of months"), "\(months.complaint)")
    let much = try await run("dues", "pay", "0002", "--amount", "6000000")
    #expect(much.status == 1 && much.complaint.contains("below 1000000"), "\(much.complaint)")
    let books = try await run("activity", "books", "none", "-3")
    #expect(books.complaint.contains("none"), "the number is one: \(books.complaint)")
    let points = try await run("points", "add", "0002", "-5", "--why", "adjustment")
    #expect(points.complaint.contains("points come from"), "\(points.complaint)")
  }

  @Test("whoever was named with a command that failed is not remembered")
  func officer() async throws {
    #expect(try await run("member", "edit", "0002", "sex=x", "--as", "Secretary B002", "--device", "9").status == 1)
    let nobody = try await run("member", "edit", "0002", "employer=Harbour")
    #expect(nobody.complaint.contains("nobody has said who writes"))
    #expect(try await run("member", "edit", "0002", "employer=Harbour", "--as", "Secretary B001").status == 0)
    #expect(try await run("member", "edit", "0002", "sex=x", "--as", "Secretary B002").status == 1)
    #expect(try await run("status").output.contains("Secretary B001"))
  }

  @Test("a number without its zeros, and a report that is a command, lead to what was meant")
  func meant() async throws {
    #expect(try await run("member", "show", "2").output.hasPrefix("0002"))
    #expect(try await run("member", "show", "99999").status == 1)
    #expect(try await run("report", "arrears").complaint.contains("`dues arrears` tells it"))
    #expect(try await run("report", "points").complaint.contains("`points chart` tells it"))
  }

  @Test("the office says that it settled here, and how many are lost in one line")
  func office() async throws {
    let settled = try await run("office", "settle", "--as", "Committee member 1")
    try #require(settled.status == 0, "\(settled.complaint)")
    #expect(settled.output.hasSuffix("settled on this device; `sync` sends it\n"), "\(settled.output)")
    let lines = settled.output.split(separator: "\n").filter { $0.hasPrefix("lost?") }
    #expect(lines.count <= 1)
    let again = try await run("office", "settle", "--list")
    #expect(again.output.hasPrefix("nothing to settle") && !again.output.contains("`sync` sends it"))
    let named = again.output.split(separator: "\n").filter { $0.hasPrefix("lost?") }
    #expect(lines.isEmpty || lines[0].contains("\(named.count) member"), "\(lines)")
  }
}
