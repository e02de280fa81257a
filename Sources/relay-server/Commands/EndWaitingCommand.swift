internal import ArgumentParser
internal import RelayHub
internal import RelayHubPostgres

struct EndWaitingCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "end-waiting",
    abstract: "Lets no work wait any longer for what a restored hub lost; works while the hub runs.",
    discussion: """
      After a restore, work on rows that the copy lacks waits on its device until another device has offered them again, 30 \
      days at most. Once all devices have synced that ever will ('device list' tells), and the office has run 'relay-client verify \
      --take-as-edits', this ends it at once: what still waits is refused with the next sync, is kept here and in the inbox \
      of its author, and can be written again from there. It holds until the hub is put back once more.
      """)

  @OptionGroup var data: DataOptions

  func run() throws { try data.place.writer().endWaiting() }
}
