internal import ArgumentParser
internal import Organisation
internal import Relay

struct OfficeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "office", abstract: "The committee's own work, on a replica of the committee.",
    subcommands: [
      OfficeSettleCommand.self, OfficeReviewCommand.self, OfficeReleaseCommand.self, OfficeMergeCommand.self,
      OfficeCaseCommand.self, OfficeTrailCommand.self,
    ], defaultSubcommand: OfficeSettleCommand.self)
}

struct OfficeSettleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "settle", abstract: "Decide on this device what the rows of all branches add up to.",
    discussion: """
      Moves members whose transfer has all it needs, sets late facts aside, awards points, folds ledgers, judges who is \
      reached. Settling again, or on another machine of the committee, adds nothing. It syncs nothing: `sync` before it fetches what \
      the branches wrote, `sync` after it sends what was decided.
      """)

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions
  var speech: SpeechOptions { output.speech }
  @OptionGroup var who: DeskOptions

  @Flag(name: .customLong("list"), help: "Name the members whom the rule proposes as lost.")
  var isListing = false

  mutating func run() async throws {
    let replica = try place.organisation(environment: who.environment)
    let settlement = try Office(replica, now: try time(replica)).settle()
    if output.isJSON {
      var answer = SettlementAnswer(settlement)
      answer.unsent = try replica.status().pending
      return try Output.json(answer)
    }
    print(settlement.text(speech.language, isListing: isListing))
  }

  /// The hub's time of the last sync, unless a time was given.
  private func time(_ replica: Replica) throws(RelayError) -> Instant {
    guard who.now == nil else { return who.instant }
    let clock = OfficeClock(try replica.status(), machine: who.instant)
    let zone = try replica.read { (db) throws(RelayError) in try Policy(in: db).zone }
    if let remark = clock.remark(zone, speech.language) { Output.complain(remark) }
    return clock.now
  }
}

private struct SettlementAnswer: Codable {
  var written: Int
  /// Changes of this device that wait for a sync.
  var unsent = 0
  var moved: [String]
  var requests: Int
  var statuses: Int
  var remarks: Int
  var held: Int
  var points: Int
  var paidThrough: Int
  var reach: Int
  var numbers: Int
  var frozen: Int
  /// What waits for a person at the committee.
  var review: [HeldAnswer]
  var lostProposals: [String]
  var possiblySame: [[String]]
  var possiblyPaidTwice: [[String]]
  var questions: [String]

  init(_ done: Settlement) {
    (written, moved, requests, statuses) = (done.written, done.moved, done.requests, done.statuses)
    (remarks, held, points, paidThrough) = (done.remarks, done.held, done.points, done.paid)
    (reach, numbers, frozen) = (done.reach, done.numbers, done.frozen)
    review = done.review.map(HeldAnswer.init)
    (lostProposals, possiblySame) = (done.lostProposals, done.possibleDuplicates)
    (possiblyPaidTwice, questions) = (done.possibleDoublePayments, done.questions)
  }
}

struct OfficeReviewCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "review", abstract: "What was set aside and does not count until somebody has looked at it.")

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions

  mutating func run() async throws {
    let items = try place.organisation().read { (db) throws(RelayError) in try Review.open(in: db).items }
    if output.isJSON {
      try Output.json(items.map(HeldAnswer.init))
    } else {
      print(
        items.isEmpty
          ? Language.say("nothing is held", "没有转入审核的内容")
          : items.map { "\($0.note)   [\($0.id)]" }.joined(separator: "\n"))
    }
  }
}

struct OfficeReleaseCommand: ActCommand {
  static let configuration = CommandConfiguration(
    commandName: "release", abstract: "Let something count that was set aside.")
  @OptionGroup var common: ActArguments
  @Argument(help: "The id that `office review` lists, or the row's.") var id: String
  @Option(help: "Why.") var note: String?

  func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
    try Review.release(id, note: note, desk: desk, in: db)
    return .saved(Phrase("released \(id)", "\(id)已计入"), id: id, ["request_step"])
  }
}

struct OfficeMergeCommand: ActCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge", abstract: "Say that two rows are one person. Payments and attendance keep their ids.")
  @OptionGroup var common: ActArguments
  @Argument(help: "The row that gives way: number, id or name.") var other: String
  @Argument(help: "The row that stays.") var member: String

  func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
    let (other, member) = (try Member.find(other, in: db), try Member.find(member, in: db))
    try Duplicates.merge(other, into: member, desk: desk, in: db)
    return .saved(
      Phrase("\(other.title) is \(member.title)", "\(other.titleInChinese)即\(member.titleInChinese)"), id: member.id,
      ["merged_into"])
  }
}
