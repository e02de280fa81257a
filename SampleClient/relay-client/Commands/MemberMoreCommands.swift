internal import ArgumentParser
internal import Organisation
internal import Relay

struct MemberLeaveCommand: ActCommand {
  static let configuration = CommandConfiguration(
    commandName: "leave", abstract: "Somebody died or was removed: a dated fact of the committee's.",
    discussion: "Who leaves by the own will does so by `resign`, who moves away by `transfer out`.")
  @OptionGroup var common: ActArguments
  @Argument(help: "The member's number, id or name.") var member: String
  @Argument(help: "deceased or removed.") var status: String
  @Option(help: ArgumentHelp("The day, if not today.", valueName: "YYYY-MM-DD")) var on: String?

  func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
    let member = try Member.find(member, in: db)
    try DeclarationDesk(desk).leave(member, status: status, on: on, in: db)
    return .saved(
      Phrase("\(member.title): \(Words.of(status, .en))", "\(member.titleInChinese)：\(Words.of(status, .zh))"),
      id: member.id,
      ["status", "unit_id", "declaration"])
  }
}

struct MemberInterestsCommand: ActCommand {
  static let configuration = CommandConfiguration(
    commandName: "interests", abstract: "Add interests and take some out: +films -chess; --remove films does too.")
  @OptionGroup var common: ActArguments
  @Argument(help: "The member's number, id or name.") var member: String
  @Argument(help: "+interest adds one.") var add: [String] = []
  @Option(name: .customLong("remove"), help: "An interest to take out; may be repeated.") var remove: [String] = []

  func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
    let member = try Member.find(member, in: db)
    let changes =
      try assignments(add.map { "interests+=" + ($0.hasPrefix("+") ? String($0.dropFirst()) : $0) })
      + assignments(remove.map { "interests-=" + $0 })
    guard !changes.isEmpty else { throw RelayError(.usage, "no interest is named") }
    try MemberEdit.write(changes, to: member, in: db)
    return .saved(Phrase("\(member.title): saved", "\(member.titleInChinese)：已保存"), id: member.id, ["interests"])
  }
}
