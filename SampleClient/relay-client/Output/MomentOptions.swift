internal import ArgumentParser
internal import Organisation
internal import Relay

/// The day that something is told for; today, where it is not given.
struct MomentOptions: ParsableArguments {
  @Option(help: ArgumentHelp("As of another day.", valueName: "YYYY-MM-DD"))
  var asOf: String?

  func validate() throws {
    if let asOf, Day(asOf) == nil { throw ValidationError("--as-of takes a day, YYYY-MM-DD") }
  }

  var day: Day { asOf.flatMap { Day($0) } ?? Instant(milliseconds: Environment.system.now()).dayParts }
}
