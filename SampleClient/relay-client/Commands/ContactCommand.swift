internal import ArgumentParser
internal import Organisation
internal import Relay

struct ContactCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "contact", abstract: "Attempts to reach a member.", subcommands: [ContactLogCommand.self])
}

struct ContactLogCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log", abstract: "Enter an attempt and what came of it.",
    discussion: """
      Outcomes: reached, left_message, no_answer, wrong_number, moved, said_abroad, refused. What others say about a \
      member is kept as hearsay and changes no status.
      """)

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions
  @OptionGroup var speech: SpeechOptions
  @OptionGroup var who: DeskOptions

  @Argument(help: "The member's number, id or name.")
  var member: String

  @Argument(help: "mobile, phone, chat, email, visit, through_person or counter.")
  var channel: String

  @Argument(help: "What came of it.")
  var outcome: String

  @Option(help: "sweep, notice, dues, assistance, transfer or other.")
  var purpose = "other"

  @Option(help: ArgumentHelp("When, if not now.", valueName: "YYYY-MM-DD HH:MM"))
  var at: String?

  @Option(help: "The contact point that was used.")
  var point: String?

  @Option(help: "The sweep that it belongs to: its id or title; `open` means the open one.")
  var sweep: String?

  @Option(help: "The result in a few words, not the talk.")
  var note: String?

  mutating func run() async throws {
    var attempt = ContactLog.Attempt(channel: channel, outcome: outcome, purpose: purpose)
    (attempt.at, attempt.contactPoint, attempt.sweep, attempt.note) = (at, point, sweep, note)
    let (workplace, who, sweep, at) = (try place.workplace(who), member, sweep, at)
    let (id, card) = try workplace.write { [attempt] (db) throws(RelayError) in
      let member = try Member.find(who, in: db)
      var attempt = attempt
      if let sweep { attempt.sweep = try Sweep.find(sweep == "open" ? nil : sweep, in: db).id }
      if let at { attempt.at = try workplace.desk.instant(at) }
      let id = try ContactLog(workplace.desk).log(attempt, of: member, in: db)
      return (id, try MemberCard(try Member.find(member.id, in: db), on: workplace.desk.today, in: db))
    }
    let expected = card.reach.reach
    if output.isJSON {
      try Output.json(
        LoggedAnswer(id: id, lastContact: card.lastContact, reach: card.member.reach, expectedReach: expected))
    } else if speech.language == .zh {
      print("已记录 \(card.member.titleInChinese)：最近联系 \(card.lastContact ?? "-")，\(Words.of(expected, .zh))   [\(id)]")
    } else {
      print(
        "saved for \(card.member.title): last contact \(card.lastContact ?? "-"), \(Words.of(expected, .en))   [\(id)]")
    }
  }
}

private struct LoggedAnswer: Codable {
  var id: String
  var lastContact: String?
  var reach: String
  /// What the office is expected to say.
  var expectedReach: String
}
