internal import ArgumentParser
internal import Organisation
internal import Relay

struct TransferOutCommand: ActCommand {
  static let configuration = CommandConfiguration(
    commandName: "out", abstract: "A member goes to another organisation; your branch releases at once.")
  @OptionGroup var common: ActArguments
  @Argument(help: "The member's number, id or name.") var member: String
  @Argument(help: "The other organisation.") var organisation: String
  @Option(help: "Why.") var reason: String?

  func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
    let member = try Member.find(member, in: db)
    var opening = RequestDesk.Opening("transfer_out")
    (opening.outside, opening.reason, opening.steps) = (organisation, reason, ["open", "release"])
    let id = try RequestDesk(desk).open(opening, about: member, in: db)
    return .saved(
      Phrase("\(member.title): transfer out asked for", "\(member.titleInChinese)：已申请转出"), id: id, ["request"])
  }
}

struct TransferInCommand: ActCommand {
  static let configuration = CommandConfiguration(
    commandName: "in", abstract: "Somebody comes from another organisation; your branch accepts at once.")
  @OptionGroup var common: ActArguments
  @Argument(help: "The name.") var name: String
  @Argument(help: "The other organisation.") var organisation: String
  @Option(help: "Why.") var reason: String?

  func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
    guard desk.unit.level == .branch else { throw RelayError(.roleForbids, "the branch that receives asks for it") }
    var opening = RequestDesk.Opening("transfer_in")
    (opening.outside, opening.reason, opening.claim, opening.title) = (organisation, reason, name, name)
    opening.steps = ["open", "accept"]
    let id = try RequestDesk(desk).open(opening, about: nil, in: db)
    return .saved(Phrase("\(name): transfer in asked for", "\(name)：已申请转入"), id: id, ["request"])
  }
}

struct TransferListCommand: LookCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Transfers of every kind, also of a year.")
  @OptionGroup var common: LookArguments
  @Option(help: "Only of this year, the decided ones too.") var year: String?
  @Option(help: "Only of this unit.") var unit: String?
  @Flag(help: "Also those that are decided or stopped.") var all = false

  func page(_ look: Look) throws(RelayError) -> Page {
    var filter = RequestPages.Filter()
    filter.kinds = ["transfer_in", "transfer_out", "transfer_internal"]
    (filter.year, filter.unit, filter.all) = (year, unit, all || year != nil)
    return try RequestPages.list(filter, look)
  }
}

struct TransferStaleCommand: LookCommand {
  static let configuration = CommandConfiguration(
    commandName: "stale", abstract: "Ties in the pocket: released, and accepted by nobody for too long.")
  @OptionGroup var common: LookArguments
  func page(_ look: Look) throws(RelayError) -> Page { try TransferPages.stale(look) }
}

struct TransferSuggestCommand: LookCommand {
  static let configuration = CommandConfiguration(
    commandName: "suggest", abstract: "Who might belong elsewhere: by area, retired, or parked here.")
  @OptionGroup var common: LookArguments
  @Option(help: "area, retired or parked.") var by = "area"
  func page(_ look: Look) throws(RelayError) -> Page { try TransferPages.suggest(look, by: by) }
}
