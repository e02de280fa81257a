internal import ArgumentParser
internal import Organisation
internal import Relay

struct SayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "say", abstract: "What members say: problems, suggestions, nominations, offers and needs of help.",
    discussion: "`say TEXT --kind suggestion` writes it down; `say up` passes it one level up.",
    subcommands: [Say.self, Listing.self, Up.self, Answer.self, Close.self, Remove.self], defaultSubcommand: Say.self)

  struct Say: ActCommand {
    static let configuration = CommandConfiguration(commandName: "add", abstract: "Write down what was said.")
    @OptionGroup var common: ActArguments
    @Argument(help: "The words.") var text: String
    @Option(help: "problem, suggestion, nomination, offer or seek.") var kind = "problem"
    @Option(help: "Who said it; nobody, if it is to stay anonymous.") var member: String?

    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      let member = try member.map { (who) throws(RelayError) in try Member.find(who, in: db) }
      let id = try VoiceDesk(desk).say(text, kind: kind, member: member, in: db)
      return .saved(Phrase("written down", "已记录"), id: id, ["feedback"])
    }
  }

  struct Listing: LookCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "What was said.")
    @OptionGroup var common: LookArguments
    @Option(help: "Only of this kind.") var kind: String?
    @Option(help: "Only in this state: open, passed_up, answered or closed.") var state: String?
    @Option(help: "Only at this level: branch, regional or committee.") var level: String?
    func page(_ look: Look) throws(RelayError) -> Page {
      try VoicePages.list(
        look, kind: ["offer": "offer_help", "seek": "seek_help"][kind ?? ""] ?? kind, state: state, level: level)
    }
  }

  struct Up: ActCommand {
    static let configuration = CommandConfiguration(
      commandName: "up", abstract: "Pass it one level up; it stays there.")
    @OptionGroup var common: ActArguments
    @Argument(help: "Its id, or the start of it.") var id: String
    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      let passed = try VoiceDesk(desk).pass(id, in: db)
      return .saved(
        Phrase("passed up to the level \(passed.level)", "已上报至\(Words.of(passed.level, .zh))"), id: passed.id,
        ["level", "state"])
    }
  }

  struct Answer: ActCommand {
    static let configuration = CommandConfiguration(commandName: "answer", abstract: "Answer it (region, committee).")
    @OptionGroup var common: ActArguments
    @Argument(help: "Its id, or the start of it.") var id: String
    @Argument(help: "The answer.") var text: String
    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      .saved(Phrase("answered", "已答复"), id: try VoiceDesk(desk).answer(id, text, in: db), ["answer", "state"])
    }
  }

  struct Close: ActCommand {
    static let configuration = CommandConfiguration(commandName: "close", abstract: "It is settled.")
    @OptionGroup var common: ActArguments
    @Argument(help: "Its id, or the start of it.") var id: String
    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      .saved(Phrase("closed", "已办结"), id: try VoiceDesk(desk).close(id, in: db), ["state"])
    }
  }

  struct Remove: ActCommand {
    static let configuration = CommandConfiguration(
      commandName: "remove", abstract: "Take away an open one of your own unit.")
    @OptionGroup var common: ActArguments
    @Argument(help: "Its id, or the start of it.") var id: String
    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      .saved(Phrase("removed", "已删除"), id: try VoiceDesk(desk).remove(id, in: db), ["feedback"])
    }
  }
}
