internal import ArgumentParser
internal import Organisation
internal import Relay

struct ContactCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "contact", abstract: "Attempts to reach a member.",
    subcommands: [
      ContactLogCommand.self, ContactListCommand.self, ContactCorrectCommand.self, ContactWithdrawCommand.self,
    ])
}

struct ContactLogCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log", abstract: "Enter an attempt and what came of it.",
    discussion: """
      Outcomes: reached, left_message, no_answer, wrong_number, moved, said_abroad, refused. What others say about a \
      member is kept as hearsay and changes no status. A wrong number is marked as one that does not work.
      """)

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions
  var speech: SpeechOptions { output.speech }
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

  @Option(help: "The number or address that was used, or its id.")
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

struct ContactListCommand: LookCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "What was tried and what came of it, the newest first.")
  @OptionGroup var common: LookArguments
  @Argument(help: "The member's number, id or name; the newest of everybody's without one.") var member: String?

  func page(_ look: Look) throws(RelayError) -> Page { try ContactPages.list(member, look) }
}

struct ContactCorrectCommand: ActCommand {
  static let configuration = CommandConfiguration(
    commandName: "correct", abstract: "Put an own entry right: its outcome, its note.",
    discussion: "The last contact and who is reached follow it. The first entry stays in the history.")
  @OptionGroup var common: ActArguments
  @Argument(help: "The contact's id or its start, as `contact list` tells it.") var id: String
  @Argument(help: "What came of it.") var outcome: String?
  @Option(help: "The result in a few words, not the talk.") var note: String?

  func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
    let member = try ContactLog(desk).correct(id, outcome: outcome, note: note, in: db)
    let card = try MemberCard(try Member.find(member.id, in: db), on: desk.today, in: db)
    return .saved(
      Phrase(
        "corrected for \(card.member.title): last contact \(card.lastContact ?? "-")",
        "已更正\(card.member.titleInChinese)：最近联系\(card.lastContact ?? "-")"), id: id, ["contact_attempt"])
  }
}

struct ContactWithdrawCommand: ActCommand {
  static let configuration = CommandConfiguration(
    commandName: "withdraw", abstract: "Take back an own entry that was a mistake.")
  @OptionGroup var common: ActArguments
  @Argument(help: "The contact's id or its start, as `contact list` tells it.") var id: String

  func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
    let member = try ContactLog(desk).withdraw(id, in: db)
    let card = try MemberCard(try Member.find(member.id, in: db), on: desk.today, in: db)
    return .saved(
      Phrase(
        "withdrawn for \(card.member.title): last contact \(card.lastContact ?? "-")",
        "已撤回\(card.member.titleInChinese)的联系记录：最近联系\(card.lastContact ?? "-")"), id: id, ["contact_attempt"])
  }
}

private struct LoggedAnswer: Codable {
  var id: String
  var lastContact: String?
  var reach: String
  /// What the office is expected to say.
  var expectedReach: String
}
