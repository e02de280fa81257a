internal import ArgumentParser
internal import Organisation
internal import Relay

struct SurveyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "survey", abstract: "The survey's tables as of a day, counted from the rows.")

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions

  @Option(help: "The day, YYYY-MM-DD.")
  var asOf: String = Generator.asOf

  @Flag(help: "Also tell each figure that the survey states differently.")
  var compareSeed = false

  var speech: SpeechOptions { output.speech }

  mutating func run() async throws {
    let replica = try place.open()
    let day = asOf
    let report = try replica.read { (db) throws(RelayError) in try SurveyReport(db, asOf: day) }
    if output.isJSON {
      try Output.json(SurveyAnswer(report, comparingSeed: compareSeed))
    } else {
      print(report.text(speech.language, comparingSeed: compareSeed), terminator: "")
    }
  }
}

private struct SurveyAnswer: Codable {
  struct Difference: Codable {
    var table: String
    var band: String
    var computed: String
    var stated: String
  }

  var asOf: String
  var members: Int
  var received: Int
  var left: Int
  /// table → band → count.
  var tables: [String: [String: Int]]
  var headcounts: [String: Int]
  /// Where the survey states another figure; absent unless it was asked for.
  var differences: [Difference]?

  init(_ report: SurveyReport, comparingSeed: Bool) {
    asOf = report.asOf
    members = report.members
    received = report.received
    left = report.left
    tables = Dictionary(
      uniqueKeysWithValues: report.tables.map { table in
        (table.name, Dictionary(uniqueKeysWithValues: table.bands.map { ($0.key, $0.count) }))
      })
    headcounts = Dictionary(uniqueKeysWithValues: report.headcounts.map { ($0.day, $0.members) })
    if comparingSeed {
      differences = report.differencesFromSeed.map {
        Difference(table: $0.table, band: $0.band, computed: $0.computed, stated: $0.stated)
      }
    }
  }
}
