internal import ArgumentParser
internal import Organisation
internal import Relay

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Is it sent, is it fresh, does anything wait, and for whom?")

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions
  var speech: SpeechOptions { output.speech }

  mutating func run() async throws {
    let replica = try place.open()
    let notes = try ClientNotes.read([.errorCode, .errorMessage, .line], in: replica)
    let lastError = notes[.errorCode].map { StatusAnswer.LastError(code: $0, message: notes[.errorMessage] ?? "") }
    let (status, rows) = (try replica.status(), try replica.rowCount())
    let now = Instant(milliseconds: Environment.system.now())
    let desk = try desk(replica, status, now)
    guard !output.isJSON else {
      return try Output.json(StatusAnswer(status, rows: rows, agenda: desk?.agenda, lastError: lastError))
    }
    let text = StatusText(
      status: status, rows: rows, bytes: Size.bytes(ofDatabase: place.path), line: notes[.line], agenda: desk?.agenda,
      lastError: lastError,
      now: now, zone: desk?.zone ?? .utc,
      lease: desk?.lease,
      rowWarning: desk?.rowWarning ?? .max, language: speech.language, units: desk?.units ?? [:])
    print(text.text)
  }

  /// Of the organisation's own file; any other app's has none.
  private func desk(
    _ replica: Replica, _ status: ReplicaStatus, _ now: Instant
  ) throws(RelayError) -> Here? {
    guard try SyncSchema(json: Organisation.schema).name == replica.schema.name else { return nil }
    let rights = DeviceRights(status)
    return try replica.read { (db) throws(RelayError) in
      let look = try Look(db, rights, now: now)
      let agenda = try Agenda(look, unit: try DeviceDesk.unit(rights, in: db))
      return Here(
        agenda: agenda, zone: look.zone, lease: Lease(status, look.policy).end, rowWarning: look.policy.rowWarning,
        units: try OrgUnit.all(in: db).mapValues(\.code))
    }
  }

  private struct Here: Sendable {
    var agenda: Agenda
    var zone: TimeZoneOffset
    var lease: Instant?
    var rowWarning: Int
    var units: [String: String]
  }
}
