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
    subcommands: [Show.self, Set.self, Prune.self, Age.self], defaultSubcommand: Show.self)

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Prints the days, and a line for each table whose rows leave by age: table, column, months.")
    @OptionGroup var data: DataOptions

    func run() throws {
      let reader = try data.place.reader()
      print(try reader.retentionDays())
      for rule in try reader.ageingRules() {
        print([rule.table, rule.column, "\(rule.months)"].map(JSONText.escaped).joined(separator: "\t"))
      }
    }
  }

  struct Set: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Sets the days. What was forgotten does not come back.")
    @OptionGroup var data: DataOptions
    @Option(help: "1 to 36500, and no fewer than the grace.") var days: Int64

    func run() throws { try data.place.writer().setRetention(days: days) }
  }

  struct Age: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lets rows of a table leave their scopes by age.",
      discussion: """
        A row leaves all of its scopes, with the rows that follow it, once the month in the column is so many months ago; \
        who is granted everything keeps it. A hub that is served carries it out within the hour. With --never the rows \
        come again.
        """)
    @OptionGroup var data: DataOptions
    @Option(help: "The table.") var table: String
    @Option(help: "A column of texts that begin with year and month, such as 2017-10-31.") var column: String?
    @Option(help: "After how many months, 1 to 1200.") var months: Int64?
    @Flag(help: "Takes the rule back.") var never = false

    func validate() throws {
      guard never ? column == nil && months == nil : column != nil && months != nil else {
        throw ValidationError("either --column and --months, or --never")
      }
    }

    func run() throws { try data.place.writer().setAgeing(table: table, column: column, months: months) }
  }

  struct Prune: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Does now what the hub would within the hour: rows leave by age, and what is old is forgotten.")
    @OptionGroup var data: DataOptions

    func run() throws {
      let writer = try data.place.writer(newName: { SystemEdge.random128().low })
      while try writer.age(now: SystemEdge.now()) != nil {}
      var (sum, cursor) = (PruneStep(), PruneCursor?.none)
      repeat {
        let step = try writer.prune(now: SystemEdge.now(), from: cursor)
        sum.add(step)
        cursor = step.next
      } while cursor != nil
      print(
        "forgot \(sum.rows) deleted rows, \(sum.exits) exits, \(sum.bodies) bodies of transactions, "
          + "\(sum.told) ended conflicts and things that devices were told")
    }
  }
}
