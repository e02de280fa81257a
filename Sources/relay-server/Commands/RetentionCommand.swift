internal import ArgumentParser
internal import RelayHub
internal import RelayHubPostgres
internal import RelayProtocol

struct RetentionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retention", abstract: "How long the hub keeps what is gone; works while the hub runs.",
    discussion: """
      Deleted rows, rows that left a scope, refused work, and the transactions that a backup covers are forgotten when they \
      are older. A device that was away longer pushes its work first and is then brought everything anew; a change of a row \
      that was forgotten comes back to its author as 'update_of_purged'. A hub that is served forgets by itself, once an hour.
      """,
    subcommands: [Show.self, Set.self, Prune.self], defaultSubcommand: Show.self)

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Prints the days.")
    @OptionGroup var data: DataOptions

    func run() throws { print(try data.place.reader().retentionDays()) }
  }

  struct Set: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Sets the days. What was forgotten does not come back.")
    @OptionGroup var data: DataOptions
    @Option(help: "1 to 36500, and no fewer than the grace.") var days: Int64

    func run() throws { try data.place.writer().setRetention(days: days) }
  }

  struct Prune: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Forgets now what the hub would within the hour.")
    @OptionGroup var data: DataOptions

    func run() throws {
      let writer = try data.place.writer()
      var (sum, cursor) = (PruneStep(), PruneCursor?.none)
      repeat {
        let step = try writer.prune(now: SystemEdge.now(), from: cursor)
        sum.add(step)
        cursor = step.next
      } while cursor != nil
      print("forgot \(sum.rows) deleted rows, \(sum.exits) exits, \(sum.bodies) bodies of transactions")
    }
  }
}
