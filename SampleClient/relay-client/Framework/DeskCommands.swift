internal import ArgumentParser
internal import Foundation
internal import Organisation
internal import Relay

/// What every command that reads takes.
struct LookArguments: ParsableArguments {
  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions
  var speech: SpeechOptions { output.speech }
  @OptionGroup var moment: MomentOptions

  /// Reads within one snapshot, and prints the page that comes of it.
  ///
  /// - Parameter export: what is given away with it; nil where it is for the screen.
  func show(_ export: String? = nil, _ body: (Look) throws(RelayError) -> Page) throws {
    let (page, replica) = try look(body)
    if let export { try replica.noteExport("\(export): \(page.contents)", at: moment.now) }
    try output.say(page, speech.language)
  }

  func page(_ body: (Look) throws(RelayError) -> Page) throws(RelayError) -> Page { try look(body).found }

  /// The same with what programs and people read each of its own form, and spreadsheets where the command has a table.
  func answer<T: Sendable>(
    _ body: (Look) throws(RelayError) -> T, json: (T) -> some Encodable, text: (T, Language) -> String,
    table: ((T) -> Page.Grid)? = nil
  ) throws {
    let (found, replica) = try look(body)
    if output.isCSV, !output.isJSON, let table {
      let page = Page.list(table(found))
      try replica.noteExport("csv: \(page.contents)", at: moment.now)
      return print(page.csv(speech.language), terminator: "")
    }
    if output.isJSON { try Output.json(json(found)) } else { print(text(found, speech.language)) }
  }

  private func look<T: Sendable>(
    _ body: (Look) throws(RelayError) -> T
  ) throws(RelayError) -> (found: T, replica: Replica) {
    let replica = try place.organisation()
    let rights = DeviceRights(try replica.status())
    let (day, now) = (moment.asOf.flatMap { Day($0) }, moment.now)
    let found = try replica.read { (db) throws(RelayError) in
      try body(try Look(db, rights, now: now, day: day))
    }
    return (found, replica)
  }
}

/// What every command that writes takes.
struct ActArguments: ParsableArguments {
  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions
  var speech: SpeechOptions { output.speech }
  @OptionGroup var who: DeskOptions

  /// Writes one transaction under the officer's name, and prints the acknowledgement: it is on disk.
  func act(_ body: (Desk, Database) throws(RelayError) -> Page) throws {
    let workplace = try place.workplace(who)
    let page = try workplace.write { (db) throws(RelayError) in try body(workplace.desk, db) }
    try output.say(page, speech.language)
  }

  /// The same with what programs and people read each of its own form.
  func answer<T: Sendable>(
    _ body: (Desk, Database) throws(RelayError) -> T, json: (T) -> some Encodable, text: (T, Language) -> String
  ) throws {
    let workplace = try place.workplace(who)
    let done = try workplace.write { (db) throws(RelayError) in try body(workplace.desk, db) }
    if output.isJSON { try Output.json(json(done)) } else { print(text(done, speech.language)) }
  }
}

/// A command that reads: its arguments, and the page that it shows.
protocol LookCommand: AsyncParsableCommand, TableCommand {
  var common: LookArguments { get }
  /// What the answer is given away as; nil for the screen alone.
  var export: String? { get }
  func page(_ look: Look) throws(RelayError) -> Page
}

extension LookCommand {
  var export: String? { common.output.isCSV ? "csv" : nil }

  mutating func run() async throws {
    let command = self
    try command.common.show(command.export) { (look) throws(RelayError) in try command.page(look) }
  }
}

/// A command that writes: its arguments, and what it does at the desk.
protocol ActCommand: AsyncParsableCommand, TableCommand {
  var common: ActArguments { get }
  func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page
}

extension ActCommand {
  mutating func run() async throws {
    let command = self
    try command.common.act { (desk, db) throws(RelayError) in try command.act(desk, db) }
  }
}

/// `column=value` texts as changes.
func assignments(_ texts: [String]) throws(RelayError) -> [Assignment] {
  var changes: [Assignment] = []
  for text in texts { changes.append(try Assignment(text)) }
  return changes
}
