internal import ArgumentParser
internal import Organisation
internal import Relay
internal import RelayCurl

struct HistoryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history", abstract: "Why a row is what it is: who wrote what and when, what is shown and why.",
    discussion: """
      Asks the hub. Where that cannot be reached, tells what this device alone knows and says so; only if that is \
      nothing, the command ends with 4.
      """)

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions

  @Argument(help: "The table.")
  var table: String

  @Argument(
    help:
      "The row's key; a value for every column of it, in its order. A member's number, the start of a request's id and an activity's title do too."
  )
  var key: [String]

  @Option(help: "The most transactions to tell, the newest first.")
  var most: Int = 200

  @Option(help: "Give the hub up after so many seconds.")
  var deadline: Double = 30

  func validate() throws {
    guard most > 0 else { throw ValidationError("--most takes a number above 0") }
    guard deadline > 0, deadline < 1e6 else {
      throw ValidationError("--deadline takes seconds, more than 0 and less than a million")
    }
  }

  mutating func run() async throws {
    let replica = try place.open()
    guard let schema = replica.schema.table(named: table) else {
      throw RelayError(.usage, "the sync schema has no table '\(table)'")
    }
    let key = try schema.key(try typed(replica))
    let (history, failure) = try await told(replica, key)
    if let failure {
      // Nobody could say anything: that is what went wrong.
      guard !history.isEmpty else { throw failure }
      Output.complain(
        Language.say("only what this device knows: ", "仅本机所知：") + Translation.said(failure.message))
    }
    if output.isJSON {
      try Output.json(HistoryAnswer(history))
    } else {
      print(
        history.isEmpty
          ? Language.say("nothing is known of \(table) \(history.key)", "没有关于\(table) \(history.key)的记录")
          : history.text(try LocalTime(replica))
      )
    }
  }

  /// The key, where people named the row by something better known.
  private func typed(_ replica: Replica) throws(RelayError) -> [String] {
    guard key.count == 1, let name = key.first,
      try SyncSchema(json: Organisation.schema).name == replica.schema.name
    else { return key }
    return [
      try replica.read { [table] (db) throws(RelayError) in try RowSubject.key(table, name, in: db) } ?? name
    ]
  }

  /// - Returns: the history, and why the hub had no part in it.
  private func told(_ replica: Replica, _ key: [Value]) async throws(RelayError) -> (RowHistory, RelayError?) {
    do throws(RelayError) {
      let transport = try HubLine.open(replica, at: place)
      var options = SyncOptions.system
      options.requestDeadline = .seconds(deadline)
      return (
        try await replica.history(table: table, key: key, most: most, with: transport, options: options), nil
      )
    } catch {
      let isAway = error.code.isUnreachable || [.notEnrolled, .hubOverloaded, .deadline].contains(error.code)
      guard isAway else { throw error }
      return (try replica.history(table: table, key: key), error)
    }
  }
}
