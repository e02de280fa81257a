internal import ArgumentParser
internal import Organisation
internal import Relay

struct DuesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dues", abstract: "Dues: take them, take an entry back, see who owes.",
    subcommands: [
      DuesPayCommand.self, DuesReverseCommand.self, DuesShowCommand.self, DuesArrearsCommand.self, DuesGateCommand.self,
      DuesPlanCommand.self, DuesWaiveCommand.self, DuesHandoverCommand.self,
    ])
}

struct DuesPayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pay", abstract: "Enter a payment; it stays in the ledger for ever.",
    discussion: """
      Without months it is the first month that nothing covers; without an amount it is what the plan asks. A branch \
      takes cash and transfers; `counter` and `online` are the committee's to enter.
      """)

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions
  @OptionGroup var speech: SpeechOptions
  @OptionGroup var who: DeskOptions

  @Argument(help: "The member's number, id or name.")
  var member: String

  @Option(parsing: .unconditional, help: "The sum, such as 60 or 60.50.")
  var amount: String?

  @Option(help: ArgumentHelp("The first month.", valueName: "YYYY-MM"))
  var from: String?

  @Option(help: ArgumentHelp("The last month.", valueName: "YYYY-MM"))
  var to: String?

  @Option(help: "How many months.")
  var months: Int?

  @Option(help: "cash, transfer, counter or online.")
  var channel: String?

  @Option(help: ArgumentHelp("The day on which it was taken, if not today.", valueName: "YYYY-MM-DD"))
  var on: String?

  @Option(help: "A short remark.")
  var note: String?

  @Flag(help: "The committee lets the member pay online with too few points.")
  var waivePoints = false

  @Flag(help: "It is another payment than the one like it that is there.")
  var again = false

  mutating func run() async throws {
    var payment = DuesDesk.Payment()
    (payment.amount, payment.from, payment.to, payment.months) = (amount, from, to, months)
    (payment.channel, payment.takenOn, payment.note) = (channel, on, note)
    (payment.isGateWaived, payment.isAgain) = (waivePoints, again)
    let (workplace, who) = (try place.workplace(who), member)
    let (receipt, title) = try workplace.write { [payment] (db) throws(RelayError) in
      let member = try Member.find(who, in: db)
      return (try DuesDesk(workplace.desk).pay(payment, for: member, in: db), member.title)
    }
    if output.isJSON {
      try Output.json(ReceiptAnswer(receipt))
    } else {
      let zh = speech.language == .zh
      print(
        zh
          ? "收据 \(receipt.number)：\(title)，\(receipt.from) 至 \(receipt.to)，\(Money.text(receipt.amountFen))元"
          : "receipt \(receipt.number): \(title), \(receipt.from) to \(receipt.to), \(Money.text(receipt.amountFen))")
      if let expected = receipt.expectedFen {
        let sum = Money.text(expected)
        print(zh ? "注意：按计划应交 \(sum) 元" : "note: the plan asks \(sum) for these months")
      }
    }
  }
}

private struct ReceiptAnswer: Codable {
  var id: String
  var receipt: String
  var amountFen: Int
  var from: String
  var to: String
  var channel: String
  /// What the plan asks, where it is another sum.
  var expectedFen: Int?

  init(_ receipt: DuesDesk.Receipt) {
    (id, self.receipt, amountFen) = (receipt.id, receipt.number, receipt.amountFen)
    (from, to, channel, expectedFen) = (receipt.from, receipt.to, receipt.channel, receipt.expectedFen)
  }
}

struct DuesReverseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reverse", abstract: "Take a ledger entry back, by a row that points at it.")

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions
  @OptionGroup var who: DeskOptions

  @Argument(help: "The entry's id or receipt number.")
  var entry: String

  @Option(help: "Why.")
  var note: String?

  mutating func run() async throws {
    let (workplace, entry, note) = (try place.workplace(who), entry, note)
    let reversal = try workplace.write { (db) throws(RelayError) in
      try DuesDesk(workplace.desk).reverse(entry, note: note, in: db)
    }
    if output.isJSON {
      try Output.json(["id": reversal.id, "reverses": reversal.of])
    } else {
      print(Language.say("reversed \(entry)", "已冲销\(entry)") + "   [\(reversal.id)]")
    }
  }
}

struct DuesShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "show", abstract: "A member's ledger on this device.")

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions
  @OptionGroup var speech: SpeechOptions
  @OptionGroup var moment: MomentOptions

  @Argument(help: "The member's number, id or name.")
  var member: String

  mutating func run() async throws {
    let (who, moment) = (member, moment)
    let replica = try place.organisation()
    let rights = DeviceRights(try replica.status())
    let sheet = try replica.read { (db) throws(RelayError) in
      try LedgerSheet(try Member.find(who, in: db), on: try moment.day(in: db), rights: rights, in: db)
    }
    if output.isJSON { try Output.json(LedgerAnswer(sheet)) } else { print(sheet.text(speech.language)) }
  }
}

private struct LedgerAnswer: Codable {
  struct Entry: Codable {
    var id: String
    var kind: String
    var amountFen: Int
    var from: String?
    var to: String?
    var channel: String
    var receipt: String?
    var takenOn: String
    var reversed: Bool
    var possibleDuplicate: Bool
    var held: Bool
  }

  var member: String
  var paidThrough: String?
  var monthsUnpaid: Int?
  /// Entries that a branch is not shown, because they are too old.
  var older: Int
  var entries: [Entry]

  init(_ sheet: LedgerSheet) {
    member = sheet.member.id
    paidThrough = sheet.paidThrough
    monthsUnpaid = sheet.unpaid
    older = sheet.older
    entries = sheet.lines.map {
      Entry(
        id: $0.entry.id, kind: $0.entry.kind, amountFen: $0.entry.amountFen, from: $0.entry.from?.text,
        to: $0.entry.to?.text, channel: $0.entry.channel, receipt: $0.entry.receipt, takenOn: $0.entry.takenOn,
        reversed: $0.isReversed, possibleDuplicate: $0.isPossibleDuplicate, held: $0.isHeld)
    }
  }
}

struct DuesArrearsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "arrears", abstract: "Who owes for how long: bars by band, and the list.")

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions
  @OptionGroup var speech: SpeechOptions
  @OptionGroup var moment: MomentOptions

  @Option(help: "Only of this unit: code, id or name; of a region its branches'.")
  var unit: String?

  @Flag(help: "Also everybody who owes, the longest first.")
  var list = false

  mutating func run() async throws {
    let (moment, unit) = (moment, unit)
    let report = try place.organisation().read { (db) throws(RelayError) in
      try ArrearsReport(db, on: try moment.day(in: db), unit: unit)
    }
    if output.isJSON {
      try Output.json(ArrearsAnswer(report))
    } else {
      print(report.text(speech.language, listing: list))
    }
  }
}

private struct ArrearsAnswer: Codable {
  struct Debtor: Codable {
    var number: String
    var name: String
    var unit: String
    var months: Int
    var paidThrough: String?
  }

  var asOf: String
  var bands: [String: Int]
  var members: Int
  var debtors: [Debtor]

  init(_ report: ArrearsReport) {
    asOf = report.day.text
    bands = Dictionary(report.bands.bands.map { ($0.key, $0.count) }) { first, _ in first }
    members = report.bands.total
    debtors = report.debtors.map {
      Debtor(number: $0.number, name: $0.name, unit: $0.unit, months: $0.months, paidThrough: $0.paidThrough)
    }
  }
}

struct DuesGateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gate", abstract: "May a member pay online? What this device knows of the points.")

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions
  @OptionGroup var speech: SpeechOptions
  @OptionGroup var moment: MomentOptions

  @Argument(help: "The member's number, id or name.")
  var member: String

  mutating func run() async throws {
    let (who, moment) = (member, moment)
    let gate = try place.organisation().read { (db) throws(RelayError) in
      try PointsGate(try Member.find(who, in: db), on: try moment.day(in: db), in: db)
    }
    if output.isJSON {
      try Output.json(
        CardAnswer.Points(
          awarded: gate.awarded, expected: gate.expected, needed: gate.needed, mayPayOnline: gate.isOpen))
    } else {
      print(gate.text(speech.language))
    }
  }
}
