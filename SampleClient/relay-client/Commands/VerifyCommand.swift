internal import ArgumentParser
internal import Foundation
internal import Organisation
internal import Relay
internal import RelayCurl

struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Sync, then compare every row with what the hub says this device should hold.",
    discussion: """
      Ends with 1 where something differs. Rows differ when a tool rebuilt a table and wrote to it while nothing was \
      captured; --take-as-edits sends what they show to the hub, --revert brings the hub's rows back. Rows that point \
      to rows which this device does not hold are told too; that is no difference.
      """)

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions

  @Flag(help: "What this file shows of rows that differ goes to the hub as edits.")
  var takeAsEdits = false

  @Flag(help: "Rows that differ become what the hub has; unsent edits stay.")
  var revert = false

  func validate() throws {
    if takeAsEdits && revert { throw ValidationError("--take-as-edits or --revert, not both") }
  }

  mutating func run() async throws {
    let replica = try place.open()
    let transport = try HubLine.open(replica, at: place)
    let repair: Repair? = takeAsEdits ? .takeAsEdits : revert ? .revert : nil
    let result: Verification
    if let repair {
      result = try await replica.repair(repair, with: transport, options: .system)
    } else {
      result = try await replica.verify(with: transport, options: .system)
    }
    let dangling = try replica.danglingReferences()
    if output.isJSON {
      try Output.json(VerifyAnswer(result, dangling, repair: repair))
    } else if result.isEqual {
      print(
        Language.say(
          "\(result.rows) rows are as the hub has them at \(result.base)", "\(result.rows)行与中心（\(result.base)）一致"))
    } else {
      print(result.differences.map { "\($0.kind.rawValue)  \($0.table) \($0.key)" }.joined(separator: "\n"))
    }
    if !output.isJSON {
      for one in dangling {
        print(
          Language.say(
            "\(one.table).\(one.columns): \(one.rows) point to no row of \(one.target) here, like ",
            "\(one.table).\(one.columns)：\(one.rows)行指向本机没有的\(one.target)，如") + one.examples.joined(separator: ", "))
      }
    }
    if repair != nil, !result.isEqual, !output.isJSON {
      print(
        takeAsEdits
          ? Language.say("taken as edits; they go out with the next sync", "已作为修改，下次同步时发送")
          : Language.say("reverted to what the hub has", "已恢复为中心的内容"))
    }
    if !result.isEqual, repair == nil { throw ExitCode(ClientExit.failed.rawValue) }
  }
}

private struct VerifyAnswer: Codable {
  struct Difference: Codable {
    var table: String
    var key: String
    var kind: String
  }

  struct Reference: Codable {
    var table: String
    var columns: String
    var target: String
    var rows: Int
    var examples: [String]
  }

  var equal: Bool
  var base: UInt64
  var rows: Int
  var differences: [Difference]
  /// What became of the differences.
  var repaired: String?
  /// References that end nowhere on this device.
  var dangling: [Reference]

  init(_ result: Verification, _ dangling: [DanglingReference], repair: Repair?) {
    self.dangling = dangling.map {
      Reference(table: $0.table, columns: $0.columns, target: $0.target, rows: $0.rows, examples: $0.examples)
    }
    equal = result.isEqual
    base = result.base
    rows = result.rows
    repaired = repair.map { $0 == .revert ? "reverted" : "taken as edits" }
    differences = result.differences.map { Difference(table: $0.table, key: $0.key, kind: $0.kind.rawValue) }
  }
}
