internal import ArgumentParser
internal import Organisation
internal import Relay

struct DeviceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "device", abstract: "The devices of the organisation, and who works with this one.",
    subcommands: [Listing.self, HandOver.self], defaultSubcommand: Listing.self)

  struct Listing: LookCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "When each was last heard of, and what waits there.")
    @OptionGroup var common: LookArguments
    func page(_ look: Look) throws(RelayError) -> Page { try DeviceDesk.list(look) }
  }

  struct HandOver: ActCommand {
    static let configuration = CommandConfiguration(
      commandName: "handover", abstract: "Somebody else of the unit works with this device from now on; works offline.")
    @OptionGroup var common: ActArguments
    @Argument(help: "The officer who takes it: id or name.") var to: String
    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      let officer = try DeviceDesk.handOver(to: to, desk: desk, in: db)
      return .saved(
        Phrase("\(officer.name) works with this device from now on", "本设备自此由\(officer.name)使用"), id: officer.id,
        ["officer"])
    }
  }
}

/// Before the device leaves the hand: nobody writes until somebody says again who works here.
struct LockCommand: AsyncParsableCommand, TableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lock", abstract: "Forget who works here; refuses while something is unsent.",
    discussion: "`export FILE` keeps what is unsent; then --anyway locks all the same. Nothing is deleted.")

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions
  var speech: SpeechOptions { output.speech }
  @Flag(help: "Also with unsent work.") var anyway = false

  mutating func run() async throws {
    let replica = try place.organisation()
    let pending = try replica.status().pending
    guard pending == 0 || anyway else {
      throw RelayError(
        .usage, Language.say("\(pending) changes are not sent yet", "还有\(pending)项未发送"),
        advice: Language.say(
          "Nothing was changed. Sync first, or export them and say --anyway.", "未作更改。请先同步，或导出后加 --anyway。"))
    }
    try replica.write { (db) throws(RelayError) in try DeviceNotes.set("officer", nil, in: db) }
    var page = Page(Phrase("locked: --as says who works here next", "已锁定：下次请用 --as 说明使用人"))
    page.tell("unsent", "unsent", "未发送", .number(pending))
    try output.say(page, speech.language)
  }
}
