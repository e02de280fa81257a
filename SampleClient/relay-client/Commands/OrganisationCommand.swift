internal import ArgumentParser
internal import Foundation
internal import Organisation
internal import Relay

struct OrganisationCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "organisation", abstract: "The sample organisation.", subcommands: [GenerateCommand.self])

  @OptionGroup var place: ReplicaPlace
}

struct GenerateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Write the sample organisation: the survey's figures exactly, and a year's work around them.",
    discussion: """
      The same seed gives the same rows on every machine. On a file without a hub everything is written; enrolling \
      later pushes it. Where a hub judges, the committee writes its share first and every unit adds the rest.
      """)

  enum Part: String, ExpressibleByArgument, CaseIterable {
    case whole, office, field

    var share: Generator.Share {
      switch self {
      case .whole: .whole
      case .office: .office
      case .field: .field
      }
    }
  }

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions

  @Option(help: "Another organisation of the same figures.")
  var seed: UInt64 = Generator.standardSeed

  @Option(help: "Only one unit's rows: C, R1 to R6, B001 to B083; of a region its branches' too.")
  var unit: String?

  @Flag(help: "Of a region, not its branches.")
  var alone = false

  @Option(help: "The part of the rows that this writer may give: whole, office or field.")
  var share: Part = .whole

  mutating func run() async throws {
    let replica = try place.openOrCreate()
    var batches = try Generator(seed: seed).batches(unit.map { .unit($0) } ?? .everything, share: share.share)
    if alone { batches = batches.filter { $0.unit == unit } }
    let before = try replica.rowCount()
    for (at, batch) in batches.enumerated() {
      try replica.write(author: "generator") { (db) throws(RelayError) in try batch.write(to: db) }
      Progress.show("writing", at + 1, of: batches.count, batch.unit)
    }
    Progress.end()
    let answer = GenerateAnswer(units: batches.count, rows: try replica.rowCount() - before)
    if output.isJSON {
      try Output.json(answer)
    } else {
      print(
        Language.say(
          "\(answer.rows) rows of \(answer.units) units written to \(place.path)",
          "\(answer.units)个单位的\(answer.rows)行已写入\(place.path)"))
    }
  }
}

private struct GenerateAnswer: Codable {
  var units: Int
  var rows: Int
}
