internal import ArgumentParser
internal import Organisation
internal import Relay

struct ActivityCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "activity", abstract: "What was planned and held, who was there.",
    subcommands: [
      ActivityListCommand.self, ActivityShowCommand.self, ActivityAddCommand.self, ActivityAttendCommand.self,
      ActivityEditCommand.self, ActivityCancelCommand.self, ActivityRateCommand.self, ActivityQuorumCommand.self,
      ActivityShareCommand.self, ActivityBooksCommand.self,
    ], defaultSubcommand: ActivityListCommand.self)
}

/// An activity in JSON.
private struct ActivityAnswer: Codable {
  var id: String
  var unit: String
  var kind: String
  var mode: String
  var title: String
  var startsAt: String?
  var endsAt: String?
  var place: String?
  var points: Int
  var state: String
  var guests: Int
  var books: Int
  /// mark → count.
  var marks: [String: Int]
  /// Of `show`: who has which mark; absent where this role does not see it.
  var attendees: [Attendee]?
  /// Marks of members whose rows are on other devices.
  var attendeesElsewhere: Int?

  struct Attendee: Codable {
    var mark: String
    var number: String
    var name: String
    var unit: String
  }

  init(_ activity: Activity, _ who: Attendees, in db: Database) throws(RelayError) {
    try self.init(activity, in: db)
    guard !who.isUnseen else { return }
    attendees = who.people.map { Attendee(mark: $0.mark, number: $0.number, name: $0.name, unit: $0.unit) }
    attendeesElsewhere = who.elsewhere
  }

  init(_ activity: Activity, in db: Database) throws(RelayError) {
    (id, kind, mode, title) = (activity.id, activity.kind, activity.mode, activity.title)
    unit = activity.unitID
    (startsAt, endsAt, place) = (activity.startsAt, activity.endsAt, activity.place)
    (points, state, guests, books) = (activity.points, activity.state, activity.guests, activity.books)
    marks = try activity.marks(in: db)
  }
}

struct ActivityListCommand: AsyncParsableCommand, TableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "Activities by time.")

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions
  var speech: SpeechOptions { output.speech }

  @Option(help: "Only of this unit: code, id or name.")
  var unit: String?

  @Option(help: ArgumentHelp("Only from this day on.", valueName: "YYYY-MM-DD"))
  var from: String?

  @Option(help: "Only of this mode: onsite, online or mixed.")
  var mode: String?

  mutating func run() async throws {
    let (unit, from, mode, language) = (unit, from, mode, speech.language)
    let replica = try place.organisation()
    let rights = DeviceRights(try replica.status())
    let found = try replica.read { (db) throws(RelayError) in
      try Look(db, rights, now: Instant(milliseconds: Environment.system.now())).unitHere(unit)
      let list = try Activity.list(unit: unit, from: from, in: db).filter { mode == nil || $0.mode == mode }
      var answers: [ActivityAnswer] = []
      for activity in list { answers.append(try ActivityAnswer(activity, in: db)) }
      let grid = try ActivityView.grid(list, in: db)
      return (answers, text: try ActivityView.text(list, in: db, language), table: Page.list(grid))
    }
    if output.isJSON {
      try Output.json(found.0)
    } else if output.isCSV {
      try output.say(found.table, language)
    } else {
      print(found.text)
    }
  }
}

struct ActivityShowCommand: AsyncParsableCommand, TableCommand {
  static let configuration = CommandConfiguration(commandName: "show", abstract: "One activity, and who was there.")

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions
  var speech: SpeechOptions { output.speech }

  @Argument(help: "The activity's id, the start of it, or its title.")
  var activity: String

  mutating func run() async throws {
    let (which, language) = (activity, speech.language)
    let replica = try place.organisation()
    let rights = DeviceRights(try replica.status())
    let found = try replica.read { (db) throws(RelayError) in
      let look = try Look(db, rights, now: Instant(milliseconds: Environment.system.now()))
      let activity = try Activity.find(which, in: db)
      let who = try Attendees(of: activity, look)
      let lines = [try ActivityView.text(activity, in: db, language), who.text(language)]
      return (
        try ActivityAnswer(activity, who, in: db), text: lines.filter { !$0.isEmpty }.joined(separator: "\n"),
        table: Page.list(who.grid)
      )
    }
    if output.isJSON {
      try Output.json(found.0)
    } else if output.isCSV {
      try output.say(found.table, language)
    } else {
      print(found.text)
    }
  }
}

struct ActivityAddCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "add", abstract: "Plan an activity of your unit.")

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions
  @OptionGroup var who: DeskOptions

  @Argument(help: "What to call it.")
  var title: String

  @Option(
    help: "meeting, lecture, course, film, visit, themed_day, organisation_life, online_study, volunteer or other.")
  var kind = "meeting"

  @Option(help: "onsite, online or mixed.")
  var mode: String?

  @Option(help: ArgumentHelp("When it starts.", valueName: "YYYY-MM-DD HH:MM"))
  var starts: String?

  @Option(help: ArgumentHelp("When it ends.", valueName: "YYYY-MM-DD HH:MM"))
  var ends: String?

  @Option(help: "Where.")
  var at: String?

  @Option(name: .customLong("host"), help: "A unit that holds it with yours; may be repeated.")
  var hosts: [String] = []

  mutating func run() async throws {
    var plan = ActivityDesk.Plan(title: title, kind: kind)
    (plan.mode, plan.startsAt, plan.endsAt, plan.place, plan.hosts) = (mode, starts, ends, at, hosts)
    let workplace = try place.workplace(who)
    if let starts { plan.startsAt = try workplace.desk.instant(starts) }
    if let ends { plan.endsAt = try workplace.desk.instant(ends) }
    let id = try workplace.write { [plan] (db) throws(RelayError) in
      try ActivityDesk(workplace.desk).add(plan, in: db)
    }
    if output.isJSON {
      try Output.json(["id": id])
    } else {
      print(Language.say("\(title) saved", "\(title)：已保存") + "   [\(id)]")
    }
  }
}

struct ActivityAttendCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attend", abstract: "Mark who was there; count guests and books of this door.",
    discussion: """
      Who stands at another door does the same: of two marks of one member the greater counts, guests and books add up. \
      To correct a mark that you see, mark again.
      """)

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions
  @OptionGroup var who: DeskOptions

  @Argument(help: "The activity's id, the start of it, or its title.")
  var activity: String

  @Argument(help: "Members by number, id or name.")
  var members: [String] = []

  @Option(help: "present, online, excused or absent.")
  var mark = "present"

  @Option(help: "The mark of all others of your unit who have none yet.")
  var others: String?

  @Option(parsing: .unconditional, help: "Guests at this door; fewer with a minus.")
  var guests = 0

  @Option(parsing: .unconditional, help: "Books handed out here.")
  var books = 0

  @Option(help: "Why a mark was corrected.")
  var remark: String?

  mutating func run() async throws {
    var door = ActivityDesk.Attendance()
    (door.members, door.mark, door.others, door.remark) = (members, mark, others, remark)
    (door.guests, door.books) = (guests, books)
    let (workplace, which) = (try place.workplace(who), activity)
    let marked = try workplace.write { [door] (db) throws(RelayError) in
      try ActivityDesk(workplace.desk).attend(door, at: try Activity.find(which, in: db), in: db)
    }
    if output.isJSON {
      try Output.json(
        MarkedAnswer(
          marked: marked.marked, others: marked.others, guests: marked.guests, books: marked.books, state: marked.state)
      )
    } else {
      print(
        Language.say(
          "\(marked.marked) \(mark), \(marked.others) others; \(marked.guests) guests, \(marked.books) books so far",
          "\(Words.of(mark, .zh))\(marked.marked)人，其他\(marked.others)人；目前来宾\(marked.guests)人，书籍\(marked.books)本"))
    }
  }
}

private struct MarkedAnswer: Codable {
  var marked: Int
  var others: Int
  var guests: Int
  var books: Int
  var state: String
}

struct ActivityEditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "edit", abstract: "Move or rename it: starts_at, ends_at, place, mode, title, kind, minutes, hosts.")

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions
  @OptionGroup var who: DeskOptions

  @Argument(help: "The activity's id, the start of it, or its title.")
  var activity: String

  @Argument(help: ArgumentHelp("What to change.", valueName: "column=value"))
  var changes: [String]

  mutating func run() async throws {
    let (workplace, which, text) = (try place.workplace(who), activity, changes)
    let written = try workplace.write { (db) throws(RelayError) in
      let activity = try Activity.find(which, in: db)
      var assignments: [Assignment] = []
      for change in text { assignments.append(try Assignment(change)) }
      try ActivityDesk(workplace.desk).change(activity, assignments, in: db)
      return WrittenAnswer(id: activity.id, written: assignments.map(\.column))
    }
    if output.isJSON { try Output.json(written) } else { print(Saved.text(written.written)) }
  }
}

struct ActivityCancelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel", abstract: "Cancel it; who has held it meanwhile is right.")

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions
  @OptionGroup var who: DeskOptions

  @Argument(help: "The activity's id, the start of it, or its title.")
  var activity: String

  mutating func run() async throws {
    let (workplace, which) = (try place.workplace(who), activity)
    let id = try workplace.write { (db) throws(RelayError) in
      let activity = try Activity.find(which, in: db)
      try ActivityDesk(workplace.desk).cancel(activity, in: db)
      return activity.id
    }
    if output.isJSON {
      try Output.json(WrittenAnswer(id: id, written: ["state"]))
    } else {
      print(Language.say("cancelled", "已取消") + "   [\(id)]")
    }
  }
}
