internal import ArgumentParser
internal import Organisation
internal import Relay

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Is it sent, is it fresh, does anything wait?")

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions

  mutating func run() async throws {
    let replica = try place.open()
    let notes = try ClientNotes.read([.errorCode, .errorMessage], in: replica)
    let lastError = notes[.errorCode].map { StatusAnswer.LastError(code: $0, message: notes[.errorMessage] ?? "") }
    let answer = StatusAnswer(
      try replica.status(), rows: try replica.rowCount(), agenda: try agenda(replica), lastError: lastError)
    if output.isJSON { try Output.json(answer) } else { print(answer.text) }
  }

  /// Of the organisation's own file; any other app's has none.
  private func agenda(_ replica: Replica) throws(RelayError) -> Agenda? {
    guard try SyncSchema(json: Organisation.schema).name == replica.schema.name else { return nil }
    let today = Instant(milliseconds: Environment.system.now()).dayParts
    return try replica.read { (db) throws(RelayError) in
      let unit = try DeviceNotes.value("officer", in: db).flatMap { (officer) throws(RelayError) in
        try db.first("SELECT unit_id FROM officer WHERE id = ?", [.text(officer)])?[0].text
      }
      return try Agenda(db, unit: unit, on: today)
    }
  }
}
