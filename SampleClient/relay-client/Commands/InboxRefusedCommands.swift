internal import ArgumentParser
internal import Organisation
internal import Relay

struct InboxResubmitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resubmit",
    abstract: "Write a refused transaction again, put right, with everything that was refused with it.",
    discussion: """
      Corrections concern the row that the refusal names. Rows that name it as their parent follow its new key.
      """)

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions

  @Argument(help: "The refusal's id, as `inbox` lists it.")
  var id: String

  @Option(
    name: .customLong("set"), parsing: .unconditionalSingleValue,
    help: "COLUMN=VALUE; COLUMN= alone gives an empty text, COLUMN nothing (NULL). May be repeated.")
  var sets: [String] = []

  @Option(
    name: .customLong("key"), parsing: .unconditionalSingleValue,
    help: "Another key for the row; once for every column of the key, in its order.")
  var key: [String] = []

  @Option(help: "Who writes; the author of the refused transaction if nobody is named.")
  var author: String = ""

  mutating func run() async throws {
    let replica = try place.open()
    guard let item = try replica.inbox().first(where: { $0.id == id && $0.kind == .refused }),
      let table = replica.schema.table(item.row.table)
    else { throw RelayError(.entryUnknown, "the inbox holds no refused transaction '\(id)'") }
    var correction = RowCorrection(row: item.row, key: key.isEmpty ? nil : try table.key(key))
    for text in sets {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard let column = table.column(named: parts[0]) else {
        throw RelayError(.valueNotAllowed, "\(table.name) has no column '\(parts[0])'")
      }
      correction.values[column.name] = parts.count == 1 ? .null : try column.value(parts[1])
    }
    let isCorrected = correction.key != nil || !correction.values.isEmpty
    try replica.resubmit(id, author: author, corrections: isCorrected ? [correction] : [])
    if output.isJSON {
      try Output.json(["resubmitted": [id] + item.dependents])
    } else {
      let all = ([id] + item.dependents).joined(separator: ", ")
      print(Language.say("resubmitted \(all); it goes out with the next sync", "已重新提交\(all)；下次同步时发送"))
    }
  }
}

struct InboxDiscardCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "discard",
    abstract: "Forget a refused transaction here, with everything that was refused with it. The hub keeps it.")

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions

  @Argument(help: "The refusal's id, as `inbox` lists it.")
  var id: String

  mutating func run() async throws {
    let gone = try place.open().discard(id)
    if output.isJSON {
      try Output.json(["discarded": gone])
    } else {
      print(Language.say("discarded ", "已放弃") + gone.joined(separator: ", "))
    }
  }
}

struct InboxDismissCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dismiss", abstract: "Take a notice that was read out of the inbox.")

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions

  @Argument(help: "The notice's id or its number in the list, which may stand for several; `all` for every notice.")
  var id: String

  mutating func run() async throws {
    let replica = try place.open()
    let items = try replica.inbox()
    let ids = try InboxPage.ids(id, .notice, among: items)
    let what = try InboxPage.summary(items.filter { ids.contains($0.id) }, in: replica)
    for id in ids { try replica.dismiss(id) }
    if output.isJSON {
      try Output.json(["dismissed": ids.joined(separator: " ")])
    } else {
      print(Language.say("dismissed: ", "已移出：") + what)
    }
  }
}
