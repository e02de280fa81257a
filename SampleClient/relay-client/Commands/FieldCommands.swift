internal import ArgumentParser
internal import Organisation
internal import Relay

struct SweepCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep", abstract: "Reach everybody, one by one, and write down what is missing.",
    subcommands: [Start.self, Next.self, Progress.self, Form.self, Listing.self, Close.self],
    defaultSubcommand: Progress.self)

  struct Start: ActCommand {
    static let configuration = CommandConfiguration(commandName: "start", abstract: "Open a sweep of your unit.")
    @OptionGroup var common: ActArguments
    @Argument(help: "What to call it.") var title: String
    @Option(help: ArgumentHelp("Until when.", valueName: "YYYY-MM-DD")) var to: String?
    @Option(help: "all, lost, at_risk or silent (region and committee).") var target = "all"
    @Option(
      name: .customLong("field"), help: "What to ask for, such as employer; may be repeated (region and committee).")
    var fields: [String] = []

    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      let id = try SweepDesk(desk).start(title, to: to, target: target, fields: fields, in: db)
      return .saved(Phrase("\(title) is open", "\(title)已开始"), id: id, ["sweep"])
    }
  }

  struct Next: LookCommand {
    static let configuration = CommandConfiguration(
      commandName: "next", abstract: "Whom to try next, with a number to reach them by.",
      discussion: "`contact log NUMBER CHANNEL OUTCOME --sweep` enters what came of it.")
    @OptionGroup var common: LookArguments
    @Argument(help: "The sweep's id or title; the open one, if it is not given.") var sweep: String?
    @Option(help: "How many.") var count = 5
    func page(_ look: Look) throws(RelayError) -> Page {
      try SweepPages.next(try Sweep.find(sweep, in: look.db), count: max(1, min(count, 10_000)), look)
    }
  }

  struct Progress: LookCommand {
    static let configuration = CommandConfiguration(
      commandName: "progress", abstract: "How many are reached, and how the others stand.")
    @OptionGroup var common: LookArguments
    @Argument(help: "The sweep's id or title; the open one, if it is not given.") var sweep: String?
    func page(_ look: Look) throws(RelayError) -> Page {
      try SweepPages.progress(try Sweep.find(sweep, in: look.db), look)
    }
  }

  struct Form: LookCommand {
    static let configuration = CommandConfiguration(
      commandName: "form", abstract: "A sheet to take along: who, and what is wanted.")
    @OptionGroup var common: LookArguments
    @Argument(help: "The sweep's id or title; the open one, if it is not given.") var sweep: String?
    func page(_ look: Look) throws(RelayError) -> Page { try SweepPages.form(try Sweep.find(sweep, in: look.db), look) }
  }

  struct Listing: LookCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Sweeps of all levels.")
    @OptionGroup var common: LookArguments
    func page(_ look: Look) throws(RelayError) -> Page { try SweepPages.list(look) }
  }

  struct Close: ActCommand {
    static let configuration = CommandConfiguration(commandName: "close", abstract: "Close a sweep.")
    @OptionGroup var common: ActArguments
    @Argument(help: "The sweep's id or title; the open one, if it is not given.") var sweep: String?
    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      let sweep = try Sweep.find(sweep, in: db)
      try SweepDesk(desk).close(sweep, in: db)
      return .saved(Phrase("\(sweep.title) is closed", "\(sweep.title)已结束"), id: sweep.id, ["state"])
    }
  }
}

struct NoticeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "notice", abstract: "What is announced, and who was told.",
    subcommands: [Listing.self, Show.self, Post.self, Told.self, Export.self], defaultSubcommand: Listing.self)

  struct Listing: LookCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Notices that hold.")
    @OptionGroup var common: LookArguments
    @Flag(help: "Also those that have expired.") var all = false
    func page(_ look: Look) throws(RelayError) -> Page { try NoticePages.list(look, all: all) }
  }

  struct Show: LookCommand {
    static let configuration = CommandConfiguration(
      commandName: "show", abstract: "One notice, and who was not told yet.")
    @OptionGroup var common: LookArguments
    @Argument(help: "The notice's id, the start of it, or its title.") var notice: String
    func page(_ look: Look) throws(RelayError) -> Page { try NoticePages.show(notice, look) }
  }

  struct Post: ActCommand {
    static let configuration = CommandConfiguration(
      commandName: "post", abstract: "Announce something to your unit and those below it.")
    @OptionGroup var common: ActArguments
    @Argument(help: "The title.") var title: String
    @Argument(help: "The text.") var body: String
    @Option(name: .customLong("for"), help: "branch, below or secretaries.") var audience: String?
    @Option(help: ArgumentHelp("Until when it holds.", valueName: "YYYY-MM-DD")) var until: String?
    @Flag(help: "Ask members to confirm it.") var receipt = false

    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      let id = try NoticeDesk(desk).post(
        title, body: body, audience: audience, expires: until, needsReceipt: receipt, in: db)
      return .saved(Phrase("\(title) is announced", "\(title)已发布"), id: id, ["notice"])
    }
  }

  struct Told: ActCommand {
    static let configuration = CommandConfiguration(
      commandName: "told", abstract: "Write down who was told.",
      discussion: "The channel `self` means that the member confirmed it; that is a contact.")
    @OptionGroup var common: ActArguments
    @Argument(help: "The notice's id, the start of it, or its title.") var notice: String
    @Argument(help: "Members by number, id or name.") var members: [String] = []
    @Flag(help: "Every active member of your branch.") var all = false
    @Option(help: "self, mobile, phone, chat, email, visit, meeting or post.") var by = "chat"

    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      let count = try NoticeDesk(desk).tell(notice, to: members, everybody: all, channel: by, in: db)
      return .saved(
        Phrase("\(count) told for the first time", "新传达\(count)人"), id: try NoticePages.find(notice, in: db),
        count == 0 ? [] : ["notice_receipt"],
        [Page.Fact(key: "told", name: Phrase("told", "传达"), value: .number(count))])
    }
  }

  struct Export: LookCommand {
    static let configuration = CommandConfiguration(commandName: "export", abstract: "The text to paste into a chat.")
    @OptionGroup var common: LookArguments
    @Argument(help: "The notice's id, the start of it, or its title.") var notice: String
    func page(_ look: Look) throws(RelayError) -> Page { try NoticePages.export(notice, look) }
  }
}

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

struct DeclareCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "declare", abstract: "What a member says of residence, work, income, going abroad.",
    subcommands: [Add.self, Listing.self], defaultSubcommand: Add.self)

  struct Add: ActCommand {
    static let configuration = CommandConfiguration(
      commandName: "add", abstract: "Write down what was declared.",
      discussion: """
        Topics: residence, employment, contact, income_base, going_abroad, returned, retired, data_request, other. The \
        member's own word outranks an officer's, and what others say never outranks either.
        """)
    @OptionGroup var common: ActArguments
    @Argument(help: "The member's number, id or name.") var member: String
    @Argument(help: "The topic.") var topic: String
    @Argument(help: "What was said.") var body: String
    @Option(help: "Whose word: self, officer or third_party.") var by = "self"
    @Option(help: ArgumentHelp("From when on.", valueName: "YYYY-MM-DD")) var from: String?
    @Option(help: ArgumentHelp("Until when.", valueName: "YYYY-MM-DD")) var until: String?
    @Option(help: "The declaration that it corrects.") var corrects: String?
    @Option(help: ArgumentHelp("The day on which it was said, if not today.", valueName: "YYYY-MM-DD")) var on: String?

    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      let member = try Member.find(member, in: db)
      var new = DeclarationDesk.New(topic: topic, body: body)
      (new.by, new.effectiveOn, new.untilOn, new.supersedes, new.madeOn) = (by, from, until, corrects, on)
      let id = try DeclarationDesk(desk).declare(new, for: member, in: db)
      return .saved(Phrase("\(member.title): declared", "\(member.title)：已申报"), id: id, ["declaration"])
    }
  }

  struct Listing: LookCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "What a member declared, and what holds.")
    @OptionGroup var common: LookArguments
    @Argument(help: "The member's number, id or name.") var member: String
    func page(_ look: Look) throws(RelayError) -> Page {
      try DeclarationDesk.page(try Member.find(member, in: look.db), look)
    }
  }
}

struct PointsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "points", abstract: "Points: what they come from, and the way to paying online.",
    subcommands: [Check.self, Chart.self, Add.self])

  struct Check: LookCommand {
    static let configuration = CommandConfiguration(commandName: "check", abstract: "One member's points of the year.")
    @OptionGroup var common: LookArguments
    @Argument(help: "The member's number, id or name.") var member: String
    func page(_ look: Look) throws(RelayError) -> Page {
      try PointsPages.check(try Member.find(member, in: look.db), look)
    }
  }

  struct Chart: LookCommand {
    static let configuration = CommandConfiguration(
      commandName: "chart", abstract: "Twelve months as bars, with the gate.")
    @OptionGroup var common: LookArguments
    @Argument(help: "The member's number, id or name; everybody here, if nobody is named.") var member: String?
    func page(_ look: Look) throws(RelayError) -> Page {
      try PointsPages.chart(try member.map { (who) throws(RelayError) in try Member.find(who, in: look.db) }, look)
    }
  }

  struct Add: ActCommand {
    static let configuration = CommandConfiguration(
      commandName: "add", abstract: "Points for study or service (region, committee).")
    @OptionGroup var common: ActArguments
    @Argument(help: "The member's number, id or name.") var member: String
    @Argument(help: "How many.") var points: Int
    @Option(help: "study, service or adjustment.") var why = "study"
    @Option(help: ArgumentHelp("The day, if not today.", valueName: "YYYY-MM-DD")) var on: String?
    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      let member = try Member.find(member, in: db)
      let id = try PointsDesk(desk).add(points, why: why, to: member, on: on, in: db)
      return .saved(Phrase("\(member.title): \(points) points", "\(member.title)：\(points)分"), id: id, ["points_entry"])
    }
  }
}

struct AppraiseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "appraise", abstract: "The yearly appraisal: own, peers, branch, committee.",
    subcommands: [Enter.self, Listing.self], defaultSubcommand: Listing.self)

  struct Enter: ActCommand {
    static let configuration = CommandConfiguration(
      commandName: "enter", abstract: "Enter one stage of a member's appraisal.",
      discussion: """
        Stages: self, peer, branch_proposal, committee_result. A peer's ballot goes up and leaves this device; who gave it \
        is never told.
        """)
    @OptionGroup var common: ActArguments
    @Argument(help: "The member's number, id or name.") var member: String
    @Argument(help: "The stage.") var stage: String
    @Argument(help: "excellent, good, fair or poor.") var grade: String?
    @Option(help: "The round: a year; this one, if it is not given.") var round: String?
    @Option(help: "Of a peer's ballot: who gives it.") var voter: String?
    @Option(help: "Words beside the grade.") var text: String?

    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      let member = try Member.find(member, in: db)
      let voter = try voter.map { (who) throws(RelayError) in try Member.find(who, in: db) }
      let id = try AppraisalDesk(desk).enter(
        round ?? String(desk.today.text.prefix(4)), stage, grade, for: member, voter: voter, text: text, in: db)
      return .saved(Phrase("\(member.title): entered", "\(member.title)：已记录"), id: id, ["appraisal_entry"])
    }
  }

  struct Listing: LookCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "A round: how far every member is.")
    @OptionGroup var common: LookArguments
    @Option(help: "The round: a year; this one, if it is not given.") var round: String?
    @Option(help: "Only of this unit.") var unit: String?
    func page(_ look: Look) throws(RelayError) -> Page {
      try AppraisalPages.round(round ?? String(look.day.text.prefix(4)), unit: unit, look)
    }
  }
}

struct LedgerCommand: LookCommand {
  static let configuration = CommandConfiguration(
    commandName: "ledger", abstract: "The work ledger: what was done, by day.")
  @OptionGroup var common: LookArguments
  @Option(help: "Only of this unit.") var unit: String?
  @Option(help: ArgumentHelp("From this day on; this month, if it is not given.", valueName: "YYYY-MM-DD")) var from:
    String?
  @Option(help: "The most entries, the newest.") var most = 500
  func page(_ look: Look) throws(RelayError) -> Page {
    try ActivityPages.ledger(look, unit: unit, from: from, most: max(1, min(most, 100_000)))
  }
}
