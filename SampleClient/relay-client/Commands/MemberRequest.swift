internal import ArgumentParser
internal import Organisation
internal import Relay

struct AdmitCommand: MemberRequestCommand {
  static let kind = "admit"
  static let configuration = CommandConfiguration(
    commandName: "admit", abstract: "Ask the committee to admit a probationary member as a full one.")
  @OptionGroup var common: ActArguments
  @OptionGroup var arguments: MemberRequest
}

struct ResignCommand: MemberRequestCommand {
  static let kind = "resign"
  static let configuration = CommandConfiguration(commandName: "resign", abstract: "A member leaves of the own will.")
  @OptionGroup var common: ActArguments
  @OptionGroup var arguments: MemberRequest
}

struct MemberRequest: ParsableArguments {
  @Argument(help: "The member's number, id or name.") var member: String
  @Option(help: "Why.") var reason: String?
  @Option(help: ArgumentHelp("From when on.", valueName: "YYYY-MM-DD")) var from: String?
  @Option(help: ArgumentHelp("Until when.", valueName: "YYYY-MM-DD")) var until: String?
}

/// A request about a member with a term and a reason.
protocol MemberRequestCommand: ActCommand {
  static var kind: String { get }
  var arguments: MemberRequest { get }
}

extension MemberRequestCommand {
  func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
    let member = try Member.find(arguments.member, in: db)
    var opening = RequestDesk.Opening(Self.kind)
    (opening.reason, opening.effectiveOn, opening.untilOn) = (arguments.reason, arguments.from, arguments.until)
    let id = try RequestDesk(desk).open(opening, about: member, in: db)
    return .saved(
      Phrase(
        "\(member.title): \(Words.of(Self.kind, .en)) asked", "\(member.titleInChinese)：已申请\(Words.of(Self.kind, .zh))"),
      id: id,
      ["request"])
  }
}
