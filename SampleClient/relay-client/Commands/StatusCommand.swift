internal import ArgumentParser
internal import Organisation
internal import Relay

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Is it sent, is it fresh, does anything wait, and for whom?")

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions
  @OptionGroup var speech: SpeechOptions

  mutating func run() async throws {
    let replica = try place.open()
    let notes = try ClientNotes.read([.errorCode, .errorMessage], in: replica)
    let lastError = notes[.errorCode].map { StatusAnswer.LastError(code: $0, message: notes[.errorMessage] ?? "") }
    let (status, rows) = (try replica.status(), try replica.rowCount())
    let now = Instant(milliseconds: Environment.system.now())
    let desk = try desk(replica, status, now)
    guard !output.isJSON else {
      return try Output.json(StatusAnswer(status, rows: rows, agenda: desk?.agenda, lastError: lastError))
    }
    let text = StatusText(
      status: status, rows: rows, agenda: desk?.agenda, lastError: lastError, now: now, zone: desk?.zone ?? .utc,
      lease: desk?.lease,
      rowWarning: desk?.rowWarning ?? .max, language: speech.language)
    print(text.text)
  }

  /// Of the organisation's own file; any other app's has none.
  private func desk(
    _ replica: Replica, _ status: ReplicaStatus, _ now: Instant
  ) throws(RelayError) -> (agenda: Agenda, zone: TimeZoneOffset, lease: Instant?, rowWarning: Int)? {
    guard try SyncSchema(json: Organisation.schema).name == replica.schema.name else { return nil }
    let rights = DeviceRights(status)
    return try replica.read { (db) throws(RelayError) in
      let look = try Look(db, rights, now: now)
      let agenda = try Agenda(look, unit: try DeviceDesk.unit(rights, in: db))
      return (agenda, look.zone, Lease(status, look.policy).end, look.policy.rowWarning)
    }
  }
}
