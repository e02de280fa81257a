internal import ArgumentParser
internal import Organisation
internal import Relay

struct MemberCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "member", abstract: "The roster: who belongs to us, and everything that this device knows of one.",
    subcommands: [
      MemberListCommand.self, MemberShowCommand.self, MemberEditCommand.self, MemberAddCommand.self,
      MemberContactCommand.self, MemberLeaveCommand.self, MemberInterestsCommand.self,
    ], defaultSubcommand: MemberListCommand.self)
}

struct MemberListCommand: AsyncParsableCommand, TableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "Members by number.")

  @OptionGroup var common: LookArguments

  @Option(help: "Only of this unit: code, id or name; of a region its branches'.")
  var unit: String?

  @Option(help: "Only with this status, such as active or kept_abroad.")
  var status: String?

  @Option(help: "Only with this reach: ok, at_risk, lost or unknown.")
  var reach: String?

  @Option(help: "A part of the number, the name, the employer, or a number or address to reach them by.")
  var search: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Only those not reached for so many months.", valueName: "months"))
  var silent: Int?

  @Option(help: "Only with this interest.")
  var interest: String?

  @Flag(help: "Only those whose tie is parked here: no contact, no dues, no attendance for a year.")
  var parked = false

  mutating func run() async throws {
    var filter = MemberFilter()
    (filter.unit, filter.status, filter.reach) = (unit, status, reach)
    (filter.search, filter.silentMonths, filter.interest) = (search, silent, interest)
    filter.isParked = parked
    let (common, language) = (common, common.speech.language)
    try common.answer { [filter] (look) throws(RelayError) in
      try look.unitHere(filter.unit)
      let members = try filter.members(in: look.db, on: look.day)
      let units = try OrgUnit.all(in: look.db)
      return (
        answers: members.map { MemberAnswer($0, unit: units[$0.unitID]?.code ?? "?") },
        text: try MemberList.text(members, in: look.db, language),
        grid: MemberList.grid(members, units)
      )
    } json: {
      $0.answers
    } text: { found, _ in
      found.text
    } table: {
      $0.grid
    }
  }
}

struct MemberShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "One member: contacts, dues, last contact, points, conflicts, requests.")

  @OptionGroup var common: LookArguments

  @Argument(help: "The member's number, id or name.")
  var member: String

  mutating func run() async throws {
    let (common, who) = (common, member)
    try common.answer { (look) throws(RelayError) in
      try MemberCard(try Member.find(who, in: look.db), on: look.day, role: look.rights.role, in: look.db)
    } json: {
      CardAnswer($0)
    } text: {
      $0.text($1)
    }
  }
}

struct MemberEditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "edit", abstract: "Change a member's columns.",
    discussion: """
      Columns: \(MemberEdit.columns.joined(separator: ", ")). Nothing after the = empties a column; \
      interests+=films and interests-=films put in and take out.
      """)

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions
  @OptionGroup var who: DeskOptions

  @Argument(help: "The member's number, id or name.")
  var member: String

  @Argument(help: ArgumentHelp("What to change.", valueName: "column=value"))
  var changes: [String]

  mutating func run() async throws {
    let (text, member) = (changes, member)
    let changed = try place.workplace(who).write { (db) throws(RelayError) in
      let found = try Member.find(member, in: db)
      var assignments: [Assignment] = []
      for change in text { assignments.append(try Assignment(change)) }
      try MemberEdit.write(assignments, to: found, in: db)
      return (found.id, found.title, assignments.map(\.column))
    }
    if output.isJSON {
      try Output.json(WrittenAnswer(id: changed.0, written: changed.2))
    } else {
      print(changed.1 + Language.say(": ", "：") + Saved.text(changed.2))
    }
  }
}

struct MemberAddCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Register a newcomer at your unit; the office gives out the number.")

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions
  @OptionGroup var who: DeskOptions

  @Argument(help: "The name.")
  var name: String

  @Option(help: "m or f.")
  var sex: String?

  @Option(help: ArgumentHelp("The month of birth.", valueName: "YYYY-MM"))
  var born: String?

  @Option(help: "below, junior_college, bachelor or postgraduate.")
  var education: String?

  @Option(help: ArgumentHelp("Member since when (committee).", valueName: "YYYY-MM"))
  var joined: String?

  @Option(help: "full or probationary.")
  var grade: String?

  @Option(help: ArgumentHelp("The day of coming, if not today.", valueName: "YYYY-MM-DD"))
  var came: String?

  @Option(help: "Where from (committee).")
  var from: String?

  mutating func run() async throws {
    var new = MemberEdit.Newcomer(name: name, sex: sex, born: born, education: education)
    (new.joined, new.grade, new.came, new.cameFrom) = (joined, grade, came, from)
    let workplace = try place.workplace(who)
    let (added, like) = try workplace.write { [new] (db) throws(RelayError) in
      let added = try MemberEdit.add(new, desk: workplace.desk, in: db)
      return (added, try Duplicates.like(added.id, in: db))
    }
    if output.isJSON {
      try Output.json(NewcomerAnswer(id: added.id, number: added.number, like: like.map(\.number)))
    } else {
      print(Language.say("\(name) saved as \(added.number)", "\(name)：已登记，临时编号\(added.number)") + "   [\(added.id)]")
      for other in like {
        print(
          Language.say(
            "Of the same name: \(other.title). If it is one person, tell the committee: `office merge` makes them one.",
            "同名：\(other.titleInChinese)。如为同一人，请告知党委，由 `office merge` 合并。"))
      }
    }
  }
}

private struct NewcomerAnswer: Codable {
  var id: String
  var number: String
  /// Numbers of members who may be the same person.
  var like: [String]
}

/// What was written, for people.
enum Saved {
  static func text(_ columns: [String]) -> String {
    let list = columns.joined(separator: ", ")
    return Language.say("\(list) saved", "\(list)已保存")
  }
}

/// What a write acknowledges: it is on disk.
struct WrittenAnswer: Codable {
  var id: String
  /// What was written; empty where it was there already.
  var written: [String]
}
