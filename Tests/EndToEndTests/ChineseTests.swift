import Foundation
import Testing

/// `--lang zh` covers what is printed, help and errors too.
@Suite struct ChineseTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// Every sentence of the help, in the order of the commands.
  private func sentences(_ command: [String: Any]) -> [String] {
    let own = ["abstract", "discussion"].compactMap { command[$0] as? String }
    let arguments = (command["arguments"] as? [[String: Any]] ?? []).filter { $0["shouldDisplay"] as? Bool == true }
      .compactMap { $0["abstract"] as? String }
    return own + arguments + (command["subcommands"] as? [[String: Any]] ?? []).flatMap(sentences)
  }

  @Test("every sentence of the help stands in the table, with a Chinese one beside it")
  func help() async throws {
    let folder = try Folder()
    let dump = try await Tool.built("relay-client").run(["--experimental-dump-help"], in: folder).object()
    let told = sentences(try #require(dump["command"] as? [String: Any]))
    #expect(told.count > 500)
    let table = try String(
      contentsOf: Self.root.appending(path: "SampleClient/Organisation/Resources/zh.tsv"), encoding: .utf8)
    let lines = table.split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }
    #expect(lines.allSatisfy { $0.count == 2 })
    let known = Set(lines.compactMap { $0.first?.replacing("\\n", with: "\n") })
    #expect(Set(told).subtracting(known).filter { !$0.isEmpty }.sorted() == [])
  }

  /// Commands whose help does not tell the option, with their path.
  private func without(_ option: String, _ command: [String: Any], _ path: String = "") -> [String] {
    let name = path + " " + (command["commandName"] as? String ?? "?")
    let options = (command["arguments"] as? [[String: Any]] ?? []).flatMap { $0["names"] as? [[String: Any]] ?? [] }
    let subcommands = command["subcommands"] as? [[String: Any]] ?? []
    let isLeaf = subcommands.isEmpty && command["commandName"] as? String != "help"
    let isMissing = (isLeaf || path.isEmpty) && !options.contains { $0["name"] as? String == option }
    return (isMissing ? [name] : []) + subcommands.flatMap { without(option, $0, name) }
  }

  @Test("the help of every command tells of the language, and so does the main help")
  func language() async throws {
    let dump = try await Tool.built("relay-client").run(["--experimental-dump-help"], in: try Folder()).object()
    #expect(without("lang", try #require(dump["command"] as? [String: Any])) == [])
  }

  @Test("help, a misuse, a failure and an answer in Chinese, wherever the language is said")
  func spoken() async throws {
    let (client, folder) = (try Tool.built("relay-client"), try Folder())
    func run(_ arguments: String...) async throws -> Tool.Outcome {
      try await client.run(["--replica", folder.path("o.db")] + arguments, in: folder)
    }
    #expect(try await run("organisation", "generate", "--unit", "C", "--lang", "zh").output.contains("个单位的"))
    #expect(try await run("organisation", "generate", "--unit", "B001").status == 0)
    let help = try await run("dues", "pay", "--help", "--lang", "zh")
    #expect(help.status == 0 && help.output.contains("用法：") && !help.output.contains("OPTIONS"))
    let misuse = try await run("member", "list", "--lang=zh", "--unti", "B001")
    #expect(misuse.status == 2 && misuse.complaint.contains("未知选项“--unti”"))
    let failure = try await run("dues", "pay", "0002", "--amount", "x", "--as", "Secretary B001", "--lang", "zh")
    #expect(failure.status == 1 && failure.complaint.contains("“x”不是金额"))
    #expect(failure.complaint.contains("value_not_allowed"), "the code stays for whoever looks it up")
    let saved = try await run(
      "member", "edit", "0002", "employer=Harbour", "--as", "Secretary B001", "--lang", "zh")
    #expect(saved.status == 0 && saved.output.contains("已保存"))
    #expect(try await run("status", "--lang", "zh").output.contains("待办"))
  }
}
