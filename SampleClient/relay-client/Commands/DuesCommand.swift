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
      Without months it is the first month that nothing covers; without an amount it is what the plan asks and \
      nobody has paid yet. A branch takes cash and transfers; `counter` and `online` are the committee's to enter.
      """)

  @OptionGroup var common: ActArguments

  @Argument(help: "The member's number, id or name.")
  var member: String

  @Option(parsing: .unconditional, help: "The sum, such as 60 or 60.50.")
  var amount: String?

  @Option(help: ArgumentHelp("The first month.", valueName: "YYYY-MM"))
  var from: String?

  @Option(help: ArgumentHelp("The last month.", valueName: "YYYY-MM"))
  var to: String?

  @Option(parsing: .unconditional, help: "How many months.")
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

  @Flag(help: "The sum is right, though it is far more than what the plan asks.")
  var more = false

  mutating func run() async throws {
    var payment = DuesDesk.Payment()
    (payment.amount, payment.from, payment.to, payment.months) = (amount, from, to, months)
    (payment.channel, payment.takenOn, payment.note) = (channel, on, note)
    (payment.isGateWaived, payment.isAgain, payment.isMore) = (waivePoints, again, more)
    let (common, who) = (common, member)
    try common.answer { [payment] (desk, db) throws(RelayError) in
      let member = try Member.find(who, in: db)
      return (receipt: try DuesDesk(desk).pay(payment, for: member, in: db), member: member)
    } json: {
      ReceiptAnswer($0.receipt)
    } text: { paid, language in
      let (receipt, sum) = (paid.receipt, Money.text(paid.receipt.amountFen))
      return language.choose(
        "receipt \(receipt.number): \(paid.member.title), \(receipt.from) to \(receipt.to), \(sum)",
        "收据 \(receipt.number)：\(paid.member.titleInChinese)，\(receipt.from) 至 \(receipt.to)，\(sum)元")
        + receipt.notes(language)
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
  /// What had been paid of these months before, and what stays unpaid of them.
  var beforeFen: Int
  var leftFen: Int

  init(_ receipt: DuesDesk.Receipt) {
    (id, self.receipt, amountFen) = (receipt.id, receipt.number, receipt.amountFen)
    (from, to, channel, expectedFen) = (receipt.from, receipt.to, receipt.channel, receipt.expectedFen)
    (beforeFen, leftFen) = (receipt.beforeFen, receipt.leftFen)
  }
}

struct DuesReverseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reverse", abstract: "Take a ledger entry back, by a row that points at it.")
  @OptionGroup var common: ActArguments
  @Argument(help: "The entry's id or receipt number.") var entry: String
  @Option(help: "Why.") var note: String?

  mutating func run() async throws {
    let (common, entry, note) = (common, entry, note)
    try common.answer { (desk, db) throws(RelayError) in
      try DuesDesk(desk).reverse(entry, note: note, in: db)
    } json: { reversal in
      ["id": reversal.id, "reverses": reversal.of]
    } text: { reversal, language in
      language.choose("reversed \(entry)", "已冲销\(entry)") + "   [\(reversal.id)]"
    }
  }
}

struct DuesShowCommand: AsyncParsableCommand, TableCommand {
  static let configuration = CommandConfiguration(commandName: "show", abstract: "A member's ledger on this device.")

  @OptionGroup var common: LookArguments

  @Argument(help: "The member's number, id or name.")
  var member: String

  mutating func run() async throws {
    let (common, who) = (common, member)
    try common.answer { (look) throws(RelayError) in
      try LedgerSheet(try Member.find(who, in: look.db), on: look.day, rights: look.rights, in: look.db)
    } json: {
      LedgerAnswer($0)
    } text: {
      $0.text($1)
    } table: {
      $0.grid
    }
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

struct DuesArrearsCommand: AsyncParsableCommand, TableCommand {
  static let configuration = CommandConfiguration(
    commandName: "arrears", abstract: "Who owes for how long: bars by band, and the list.")

  @OptionGroup var common: LookArguments

  @Option(help: "Only of this unit: code, id or name; of a region its branches'.")
  var unit: String?

  @Flag(help: "Also everybody who owes, the longest first.")
  var list = false

  mutating func run() async throws {
    let (common, unit, list) = (common, unit, list)
    try common.answer { (look) throws(RelayError) in
      try ArrearsReport(look.db, on: look.day, unit: try look.unitHere(unit))
    } json: {
      ArrearsAnswer($0)
    } text: {
      $0.text($1, listing: list)
    } table: {
      list ? $0.debtorGrid : $0.bandGrid
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

  @OptionGroup var common: LookArguments

  @Argument(help: "The member's number, id or name.")
  var member: String

  mutating func run() async throws {
    let (common, who) = (common, member)
    try common.answer { (look) throws(RelayError) in
      try PointsGate(try Member.find(who, in: look.db), on: look.day, in: look.db)
    } json: { gate in
      CardAnswer.Points(
        awarded: gate.awarded, expected: gate.expected, needed: gate.needed, mayPayOnline: gate.isOpen)
    } text: {
      $0.text($1)
    }
  }
}
