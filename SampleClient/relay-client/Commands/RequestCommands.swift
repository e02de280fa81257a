internal import ArgumentParser
internal import Organisation
internal import Relay

/// What waits for whom, of every kind, in one place.
struct RequestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "request", abstract: "Requests of every kind: what waits for whom.",
    subcommands: [
      Listing.self, Show.self, Explain.self, Approve.self, Refuse.self, Withdraw.self, Reopen.self, Complete.self,
      Accept.self, Release.self, Comment.self,
    ], defaultSubcommand: Listing.self)

  struct Listing: LookCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "Requests that are open, oldest first.")
    @OptionGroup var common: LookArguments
    @Option(name: .customLong("kind"), help: "Only of this kind, such as transfer_out; may be repeated.") var kinds:
      [String] = []
    @Option(help: "Only in this state, such as accepted.") var state: String?
    @Option(help: "Only of this unit.") var unit: String?
    @Option(help: "Only about this member.") var member: String?
    @Option(help: "Only of this year.") var year: String?
    @Flag(help: "Also those that are decided or stopped.") var all = false

    func page(_ look: Look) throws(RelayError) -> Page {
      var filter = RequestPages.Filter()
      (filter.kinds, filter.state, filter.unit, filter.member) = (kinds, state, unit, member)
      (filter.year, filter.all) = (year, all || year != nil || state != nil)
      return try RequestPages.list(filter, look)
    }
  }

  struct Show: LookCommand {
    static let configuration = CommandConfiguration(
      commandName: "show", abstract: "One request with every step and its reason.")
    @OptionGroup var common: LookArguments
    @Argument(help: "The request's id, or the start of it.") var request: String
    func page(_ look: Look) throws(RelayError) -> Page { try RequestPages.show(request, look) }
  }

  struct Explain: LookCommand {
    static let configuration = CommandConfiguration(
      commandName: "explain", abstract: "The service guide: which steps a kind of request needs, and what follows.")
    @OptionGroup var common: LookArguments
    @Argument(help: "The kind, such as transfer_internal, keep_membership or budget_activity.") var kind: String
    func page(_ look: Look) throws(RelayError) -> Page { try RequestPages.explain(kind) }
  }

  struct Approve: RequestStepCommand {
    static let step = "approve"
    static let configuration = CommandConfiguration(
      commandName: step, abstract: "The committee approves; of a budget, the lines as it sees them.")
    @OptionGroup var common: ActArguments
    @OptionGroup var arguments: StepTarget
  }

  struct Refuse: ActCommand {
    static let configuration = CommandConfiguration(commandName: "refuse", abstract: "Stop it, and say why.")
    @OptionGroup var common: ActArguments
    @OptionGroup var arguments: StepTarget
    @Option(help: "The reason that all sides read.") var why: String

    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      let note = arguments.note.map { "\(why): \($0)" } ?? why
      return try arguments.take("refuse", note: note, desk, db)
    }
  }

  struct Withdraw: RequestStepCommand {
    static let step = "withdraw"
    static let configuration = CommandConfiguration(commandName: step, abstract: "Take your own request back.")
    @OptionGroup var common: ActArguments
    @OptionGroup var arguments: StepTarget
  }

  struct Reopen: RequestStepCommand {
    static let step = "reopen"
    static let configuration = CommandConfiguration(commandName: step, abstract: "Go on with one that was stopped.")
    @OptionGroup var common: ActArguments
    @OptionGroup var arguments: StepTarget
  }

  struct Complete: RequestStepCommand {
    static let step = "complete"
    static let configuration = CommandConfiguration(
      commandName: step, abstract: "The other organisation's receipt of somebody who left is here.")
    @OptionGroup var common: ActArguments
    @OptionGroup var arguments: StepTarget
  }

  struct Accept: RequestStepCommand {
    static let step = "accept"
    static let configuration = CommandConfiguration(commandName: step, abstract: "The in-branch takes the member.")
    @OptionGroup var common: ActArguments
    @OptionGroup var arguments: StepTarget
  }

  struct Release: RequestStepCommand {
    static let step = "release"
    static let configuration = CommandConfiguration(commandName: step, abstract: "The out-branch lets the member go.")
    @OptionGroup var common: ActArguments
    @OptionGroup var arguments: StepTarget
  }

  struct Comment: RequestStepCommand {
    static let step = "comment"
    static let configuration = CommandConfiguration(
      commandName: step, abstract: "A remark that all sides read; --note says it.")
    @OptionGroup var common: ActArguments
    @OptionGroup var arguments: StepTarget
  }
}

struct StepTarget: ParsableArguments {
  @Argument(help: "The request's id, or the start of it.") var request: String
  @Option(help: "A remark that all sides read.") var note: String?

  func take(_ step: String, note: String?, _ desk: Desk, _ db: Database) throws(RelayError) -> Page {
    let isNew = try RequestDesk(desk).take(step, on: request, note: note, in: db)
    let title =
      isNew
      ? Phrase("\(step) saved; it goes out with the next sync", "\(Words.of(step, in: "step", .zh))：已保存，下次同步时发送")
      : Phrase("you have said so already", "您已办理过")
    return .saved(title, id: try Request.find(request, in: db).id, isNew ? [step] : [])
  }
}

/// A step that takes a request and a remark.
protocol RequestStepCommand: ActCommand {
  static var step: String { get }
  var arguments: StepTarget { get }
}

extension RequestStepCommand {
  func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
    guard Self.step != "comment" || arguments.note != nil else { throw RelayError(.usage, "a comment needs --note") }
    return try arguments.take(Self.step, note: arguments.note, desk, db)
  }
}

// The kinds of requests about a member that have a word of their own.

struct AbroadCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "abroad", abstract: "Going abroad: keep or suspend membership, and come back.",
    subcommands: [Keep.self, Suspend.self, Return.self, Listing.self], defaultSubcommand: Listing.self)

  struct Keep: MemberRequestCommand {
    static let kind = "keep_membership"
    static let configuration = CommandConfiguration(
      commandName: "keep", abstract: "Ask to keep membership while abroad.")
    @OptionGroup var common: ActArguments
    @OptionGroup var arguments: MemberRequest
  }

  struct Suspend: MemberRequestCommand {
    static let kind = "suspend_membership"
    static let configuration = CommandConfiguration(
      commandName: "suspend", abstract: "Ask to suspend membership of who settles abroad.")
    @OptionGroup var common: ActArguments
    @OptionGroup var arguments: MemberRequest
  }

  struct Return: ActCommand {
    static let configuration = CommandConfiguration(
      commandName: "return", abstract: "The member says to be back; it opens the request to restore.")
    @OptionGroup var common: ActArguments
    @Argument(help: "The member's number, id or name.") var member: String
    @Option(help: ArgumentHelp("Since when.", valueName: "YYYY-MM-DD")) var from: String?
    @Option(help: "What was said.") var reason = "returned"

    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      let member = try Member.find(member, in: db)
      var new = DeclarationDesk.New(topic: "returned", body: reason)
      new.effectiveOn = from
      let id = try DeclarationDesk(desk).declare(new, for: member, in: db)
      return .saved(
        Phrase(
          "\(member.title): the return is declared; the office opens the request", "\(member.title)：已申报归来，由办公室提出恢复申请"),
        id: id, ["declaration"])
    }
  }

  struct Listing: LookCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "Stays abroad and what is asked about them.")
    @OptionGroup var common: LookArguments
    @Flag(help: "Also those that are decided.") var all = false

    func page(_ look: Look) throws(RelayError) -> Page {
      var filter = RequestPages.Filter()
      filter.kinds = ["keep_membership", "suspend_membership", "restore_membership"]
      filter.all = all
      return try RequestPages.list(filter, look)
    }
  }
}

struct AdmitCommand: MemberRequestCommand {
  static let kind = "admit"
  static let configuration = CommandConfiguration(
    commandName: "admit", abstract: "Ask the committee to admit a probationary member as a full one.")
  @OptionGroup var common: ActArguments
  @OptionGroup var arguments: MemberRequest
}

struct ResignCommand: MemberRequestCommand {
  static let kind = "resign"
  static let configuration = CommandConfiguration(commandName: "resign", abstract: "A member leaves of the own will.")
  @OptionGroup var common: ActArguments
  @OptionGroup var arguments: MemberRequest
}

struct MemberRequest: ParsableArguments {
  @Argument(help: "The member's number, id or name.") var member: String
  @Option(help: "Why.") var reason: String?
  @Option(help: ArgumentHelp("From when on.", valueName: "YYYY-MM-DD")) var from: String?
  @Option(help: ArgumentHelp("Until when.", valueName: "YYYY-MM-DD")) var until: String?
}

/// A request about a member with a term and a reason.
protocol MemberRequestCommand: ActCommand {
  static var kind: String { get }
  var arguments: MemberRequest { get }
}

extension MemberRequestCommand {
  func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
    let member = try Member.find(arguments.member, in: db)
    var opening = RequestDesk.Opening(Self.kind)
    (opening.reason, opening.effectiveOn, opening.untilOn) = (arguments.reason, arguments.from, arguments.until)
    let id = try RequestDesk(desk).open(opening, about: member, in: db)
    return .saved(
      Phrase("\(member.title): \(Words.of(Self.kind, .en)) asked", "\(member.title)：已申请\(Words.of(Self.kind, .zh))"),
      id: id,
      ["request"])
  }
}

/// `help ask`: what a member needs.
struct AssistanceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "assistance", abstract: "What a member needs: ask for help (also written `help ask`).",
    subcommands: [Ask.self, Listing.self], defaultSubcommand: Listing.self)

  struct Ask: ActCommand {
    static let configuration = CommandConfiguration(
      commandName: "ask", abstract: "Ask the committee for help with a member's need.")
    @OptionGroup var common: ActArguments
    @Argument(help: "The member's number, id or name.") var member: String
    @Option(help: "visit, advice, job, housing, medical or other.") var type = "other"
    @Option(help: "What the person needs; seen by the branch and the committee.") var need: String

    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      guard ["visit", "advice", "job", "housing", "medical", "other"].contains(type) else {
        throw RelayError(
          .valueNotAllowed, "'\(type)' is no type", advice: "It is visit, advice, job, housing, medical or other.")
      }
      let member = try Member.find(member, in: db)
      var opening = RequestDesk.Opening("assistance")
      (opening.title, opening.need) = ("\(type): \(member.title)", need)
      let id = try RequestDesk(desk).open(opening, about: member, in: db)
      return .saved(Phrase("\(member.title): help asked for", "\(member.title)：已申请帮扶"), id: id, ["request"])
    }
  }

  struct Listing: LookCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Needs that are open.")
    @OptionGroup var common: LookArguments
    @Flag(help: "Also those that are decided.") var all = false

    func page(_ look: Look) throws(RelayError) -> Page {
      var filter = RequestPages.Filter()
      (filter.kinds, filter.all) = (["assistance"], all)
      return try RequestPages.list(filter, look)
    }
  }
}

struct BudgetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "budget", abstract: "Money for training and activities: ask, line by line.",
    subcommands: [New.self, Line.self, Change.self, Remove.self, Show.self, Listing.self],
    defaultSubcommand: Listing.self)

  struct New: ActCommand {
    static let configuration = CommandConfiguration(commandName: "new", abstract: "Ask for a budget.")
    @OptionGroup var common: ActArguments
    @Argument(help: "What it is for.") var title: String
    @Flag(help: "For training.") var training = false
    @Flag(help: "For an activity.") var activity = false
    @Option(name: .customLong("line"), help: "item:quantity:price; may be repeated.") var lines: [String] = []
    @Option(help: "Why.") var reason: String?

    func validate() throws {
      guard training != activity else { throw ValidationError("--training or --activity") }
    }

    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      var opening = RequestDesk.Opening(training ? "budget_training" : "budget_activity")
      (opening.title, opening.reason) = (title, reason)
      let id = try RequestDesk(desk).open(opening, about: nil, in: db)
      for line in lines {
        let parts = line.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let quantity = Int(parts[1]) else {
          throw RelayError(
            .valueNotAllowed, "'\(line)' is no line", advice: "Nothing was changed. Write item:quantity:price.")
        }
        _ = try RequestDesk(desk).addLine(
          to: id, item: parts[0], quantity: quantity, price: parts[2], note: nil, in: db)
      }
      return .saved(Phrase("\(title): asked for", "\(title)：已申请"), id: id, ["request"])
    }
  }

  struct Line: ActCommand {
    static let configuration = CommandConfiguration(commandName: "line", abstract: "Add a line.")
    @OptionGroup var common: ActArguments
    @Argument(help: "The budget's id, or the start of it.") var budget: String
    @Argument(help: "What.") var item: String
    @Argument(help: "How many.") var quantity: Int
    @Argument(help: "The price of one.") var price: String
    @Option(help: "A remark.") var note: String?

    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      let id = try RequestDesk(desk).addLine(
        to: budget, item: item, quantity: quantity, price: price, note: note, in: db)
      return .saved(Phrase("\(item) added", "\(item)已添加"), id: id, ["request_line"])
    }
  }

  struct Change: ActCommand {
    static let configuration = CommandConfiguration(
      commandName: "change", abstract: "Change a line: item, quantity, unit_fen, note.")
    @OptionGroup var common: ActArguments
    @Argument(help: "The line's id, as `budget show` lists it.") var line: String
    @Argument(help: ArgumentHelp("What to change.", valueName: "column=value")) var changes: [String]

    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      let changes = try assignments(changes)
      try RequestDesk(desk).changeLine(line, changes, in: db)
      return .saved(Phrase("line saved", "明细已保存"), id: line, changes.map(\.column))
    }
  }

  struct Remove: ActCommand {
    static let configuration = CommandConfiguration(
      commandName: "remove", abstract: "Take a line out while nothing is decided.")
    @OptionGroup var common: ActArguments
    @Argument(help: "The line's id.") var line: String

    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      try RequestDesk(desk).removeLine(line, in: db)
      return .saved(Phrase("line removed", "明细已删除"), id: line, ["request_line"])
    }
  }

  struct Show: LookCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "One budget: lines, sums, steps.")
    @OptionGroup var common: LookArguments
    @Argument(help: "The budget's id, or the start of it.") var budget: String
    func page(_ look: Look) throws(RelayError) -> Page { try RequestPages.show(budget, look) }
  }

  struct Listing: LookCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Budgets, the decided ones too.")
    @OptionGroup var common: LookArguments
    @Option(help: "Only of this unit.") var unit: String?

    func page(_ look: Look) throws(RelayError) -> Page {
      var filter = RequestPages.Filter()
      (filter.kinds, filter.all, filter.unit) = (["budget_training", "budget_activity"], true, unit)
      return try RequestPages.list(filter, look)
    }
  }
}
