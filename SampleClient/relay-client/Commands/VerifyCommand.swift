internal import ArgumentParser
internal import Foundation
internal import Relay
internal import RelayCurl

struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Sync, then compare every row with what the hub says this device should hold.",
    discussion: "Ends with 1 where something differs.")

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions

  mutating func run() async throws {
    let replica = try place.open()
    guard let hub = try ClientNotes.read([.hub], in: replica)[.hub] else {
      throw RelayError(.notEnrolled, "\(place.path): this replica belongs to no hub")
    }
    let result = try await replica.verify(with: try CurlTransport(hub: hub), options: .system)
    if output.isJSON {
      try Output.json(VerifyAnswer(result))
    } else if result.isEqual {
      print("\(result.rows) rows are as the hub has them at \(result.base)")
    } else {
      print(result.differences.map { "\($0.kind.rawValue)  \($0.table) \($0.key)" }.joined(separator: "\n"))
    }
    if !result.isEqual { throw ExitCode(ClientExit.failed.rawValue) }
  }
}

private struct VerifyAnswer: Codable {
  struct Difference: Codable {
    var table: String
    var key: String
    var kind: String
  }

  var equal: Bool
  var base: UInt64
  var rows: Int
  var differences: [Difference]

  init(_ result: Verification) {
    equal = result.isEqual
    base = result.base
    rows = result.rows
    differences = result.differences.map { Difference(table: $0.table, key: $0.key, kind: $0.kind.rawValue) }
  }
}
