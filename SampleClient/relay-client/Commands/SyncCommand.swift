internal import ArgumentParser
internal import Organisation
internal import Relay
internal import RelayCurl

struct SyncCommand: AsyncParsableCommand, TableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sync", abstract: "Send what is unsent and fetch what is new.")

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions

  @Option(parsing: .unconditional, help: "Give up after so many seconds; what is finished by then is kept.")
  var deadline: Double?

  @Flag(help: "Say what would be sent, and send nothing.")
  var dryRun = false

  @Option(parsing: .unconditional, help: "Pretend that the line carries no more than so many kilobits a second.")
  var limitKbps: Int?

  func validate() throws {
    if let limitKbps, !DemoLine.speeds.contains(limitKbps) {
      throw ValidationError("--limit-kbps takes a number above 0")
    }
    if let deadline, !(deadline > 0 && deadline < 1e6) {
      throw ValidationError("--deadline takes seconds, more than 0 and less than a million")
    }
  }

  mutating func run() async throws {
    let replica = try place.open()
    if dryRun {
      return try output.say(UnsentPage.page(try replica.exportPending(), try LocalTime(replica)), Language.spoken)
    }
    do throws(RelayError) {
      try DeviceWord.tell(replica)
      let (before, began) = (try RosterChange.people(replica), ContinuousClock.now)
      let report = try await sync(replica)
      let change = try RosterChange(since: before, in: replica)
      try ClientNotes.write([(.errorCode, nil), (.errorMessage, nil)], in: replica)
      let answer = SyncAnswer(report, change, took: ContinuousClock.now - began)
      if output.isJSON { try Output.json(answer) } else { print(answer.text) }
    } catch {
      // `status` tells of it later. What failed is thrown whether the note could be kept or not.
      try? ClientNotes.write([(.errorCode, error.code.rawValue), (.errorMessage, error.message)], in: replica)
      throw error
    }
  }

  private func sync(_ replica: Replica) async throws(RelayError) -> SyncReport {
    let transport = try HubLine.open(replica, at: place, kilobits: limitKbps)
    defer { Progress.end() }
    var options = SyncOptions.system
    options.requestDeadline = deadline.map { .seconds($0) }
    return try await within(deadline.map { .seconds($0) }) { [options] () async throws(RelayError) in
      try await replica.sync(with: transport, options: options, progress: Self.tell)
    }
  }

  /// For a person who watches; a first pull knows how many rows are to come.
  @Sendable private static func tell(_ so: SyncReport) {
    let (up, down) = (Size.text(so.bytesUp), Size.text(so.bytesDown))
    let rows = "\(so.rows)" + (so.rowsInAll.map { "/\($0)" } ?? "")
    Progress.tell(
      Language.say(
        "syncing: \(so.pushed)/\(so.toPush) sent (\(up)), \(rows) rows received (\(down))",
        "同步中：已发送\(so.pushed)/\(so.toPush)（\(up)），已接收\(rows)行（\(down)）"))
  }
}
