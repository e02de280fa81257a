internal import ArgumentParser
internal import Organisation
internal import Relay

/// The day that something is told for; today in the organisation's time of day, where it is not given.
struct MomentOptions: ParsableArguments {
  @Option(help: ArgumentHelp("As of another day.", valueName: "YYYY-MM-DD"))
  var asOf: String?

  func validate() throws {
    if let asOf, Day(asOf) == nil { throw ValidationError("--as-of takes a day, YYYY-MM-DD") }
  }

  var now: Instant { Instant(milliseconds: Environment.system.now()) }

  func day(in db: Database) throws(RelayError) -> Day {
    if let day = asOf.flatMap({ Day($0) }) { return day }
    return try Policy(in: db).zone.day(now)
  }
}
