internal import ArgumentParser
internal import RelayHub
internal import RelayHubPostgres
internal import RelayMerge
internal import RelayProtocol

struct RefusedCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "refused", abstract: "Work that was refused, or waits in quarantine; works while the hub runs.",
    discussion: """
      What is here changed nothing, and its author has it in the inbox. Work of a device in quarantine is let in by \
      'device admit' without --quarantine, and sent again from the device's inbox.
      """,
    subcommands: [List.self, Show.self])

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists refused work, the newest first.")

    @OptionGroup var data: DataOptions
    @Option(help: "Only of this device.") var device: String?
    @Option(help: "Only what this rule refused, such as not_writable.") var rule: String?
    @Flag(help: "Only work in quarantine.") var quarantined = false
    @Option(help: "Only what came before this seq.") var before: UInt64?
    @Option(help: "At most so many.") var limit = 50
    @Flag(help: "As JSON.") var json = false

    func validate() throws {
      guard (1...100_000).contains(limit) else { throw ValidationError("--limit is 1 to 100000") }
      guard rule == nil || !quarantined else { throw ValidationError("either --rule or --quarantined") }
      if let rule, RefusalRule(rawValue: rule) == nil { throw ValidationError("no rule '\(rule)'; see docs/errors.md") }
    }

    func run() throws {
      let rule = quarantined ? RefusalRule.quarantined : rule.flatMap { RefusalRule(rawValue: $0) }
      let list = try data.place.reader().refused(
        device: device, rule: rule, before: min(before ?? Limits.sequence, Limits.sequence), most: limit)
      if json { return print(JSONText.array(list.map { JSONText.object(RefusedText.fields($0)) })) }
      for work in list { print(RefusedText.line(work)) }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Shows what a refused transaction would have done.")

    @OptionGroup var data: DataOptions
    @Option(help: "Its seq.") var seq: UInt64
    @Flag(help: "As JSON.") var json = false

    func run() throws {
      guard let (work, transaction, schema) = try data.place.reader().refused(at: min(seq, Limits.sequence)) else {
        throw RelayError(.notFound, "nothing refused is kept at \(seq)", advice: "See 'refused list'.")
      }
      let operations = transaction.rows.flatMap { RefusedText.operations($0, schema) }
      if json {
        let list = JSONText.array(operations.map { JSONText.object($0) })
        return print(JSONText.object(RefusedText.fields(work) + [.init("operations", .raw(list))]))
      }
      for field in RefusedText.fields(work) {
        print("\(field.name): \(field.value.plain)")
      }
      for operation in operations { print(operation.map(\.value.plain).joined(separator: "\t")) }
    }
  }
}

/// How refused work is shown.
enum RefusedText {
  static func fields(_ work: RefusedWork) -> [JSONText.Field] {
    [
      .init("seq", .raw("\(work.verdict.seq)")), .init("transaction", .text("\(work.verdict.dot)")),
      .init("device", .text(work.device)), .init("author", .text(work.author)),
      .init("received", .time(work.received)), .init("bytes", .raw("\(work.bytes)")),
      .init("rule", .text(work.verdict.refusal?.rule.rawValue ?? "")),
      .init("message", .text(work.verdict.refusal?.message ?? "")),
    ]
  }

  /// One line, columns by tabs; control characters of others are escaped.
  static func line(_ work: RefusedWork) -> String {
    fields(work).filter { !["received", "bytes", "author"].contains($0.name) }.map(\.value.plain).joined(
      separator: "\t")
  }

  /// What is done to one row, an operation each: table, key, what, column, value.
  static func operations(_ change: RowChange, _ schema: SyncSchema) -> [[JSONText.Field]] {
    let table = schema.table(change.row.table)
    let key = (try? change.row.values())?.map(text).joined(separator: ", ") ?? ""
    func field(_ what: String, _ group: GroupID, _ values: [Value]) -> [JSONText.Field] {
      let columns =
        table?.group(group)?.columns.map { table?.columns[$0].name ?? "" } ?? (group == 0 ? [] : ["\(group)"])
      return [
        .init("table", .text(table?.name ?? "\(change.row.table)")), .init("key", .text(key)),
        .init("what", .text(what)),
        .init("column", .text(columns.joined(separator: ", "))),
        .init("value", .text(values.map(text).joined(separator: ", "))),
      ]
    }
    return change.operations.flatMap { operation -> [[JSONText.Field]] in
      switch operation.kind {
      case .insert(let groups): groups.map { field("insert", $0.group, $0.values) }
      case .set(let group, let values): [field("set", group, values)]
      case .increment(let group, let delta): [field("increment", group, [.integer(delta)])]
      case .add(let group, let value): [field("add", group, [value])]
      case .remove(let group, let value): [field("remove", group, [value])]
      case .delete: [field("delete", 0, [])]
      case .touch: [field("touch", 0, [])]
      }
    }
  }

  /// As SQL would write it.
  private static func text(_ value: Value) -> String {
    switch value {
    case .null: "NULL"
    case .integer(let x): "\(x)"
    case .real(let x): "\(x)"
    case .text(let x): "'\(x.replacing("'", with: "''"))'"
    case .malformedText(let x), .blob(let x): "x'\(x.prefix(64).hexadecimal)\(x.count > 64 ? "…" : "")'"
    }
  }
}
