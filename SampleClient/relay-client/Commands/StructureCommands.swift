internal import ArgumentParser
internal import Organisation
internal import Relay

struct UnitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unit", abstract: "The committee, the regions, the branches.",
    subcommands: [Listing.self, Show.self, Add.self, Move.self, Edit.self, Close.self], defaultSubcommand: Listing.self)

  struct Listing: LookCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "All units, with their members and secretaries.")
    @OptionGroup var common: LookArguments
    @Option(help: "Only of this level: committee, regional or branch.") var level: String?
    @Option(help: "Only those under this unit.") var under: String?
    func page(_ look: Look) throws(RelayError) -> Page { try StructurePages.units(look, level: level, under: under) }
  }

  struct Show: LookCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "One unit and who works for it.")
    @OptionGroup var common: LookArguments
    @Argument(help: "Code, id or name.") var unit: String
    func page(_ look: Look) throws(RelayError) -> Page {
      try StructurePages.unit(try OrgUnit.find(unit, in: look.db), look)
    }
  }

  struct Add: ActCommand {
    static let configuration = CommandConfiguration(commandName: "add", abstract: "Found a unit (committee).")
    @OptionGroup var common: ActArguments
    @Argument(help: "The code, such as B084; it is printed on receipts.") var code: String
    @Argument(help: "The name.") var name: String
    @Option(help: "The unit above it.") var under: String?
    @Option(help: "branch or regional.") var level = "branch"
    @Option(help: "direct, enterprise or themed.") var kind: String?
    @Option(help: "Its area.") var area: String?
    @Option(help: "What a themed branch is about.") var theme: String?
    @Option(help: ArgumentHelp("Since when.", valueName: "YYYY-MM-DD")) var founded: String?

    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      var new = UnitDesk.New(code: code, name: name, level: level)
      (new.parent, new.kind, new.area, new.theme, new.founded) = (under, kind, area, theme, founded)
      let id = try UnitDesk(desk).add(new, in: db)
      return .saved(Phrase("\(code) founded", "\(code)已成立"), id: id, ["org_unit"])
    }
  }

  struct Move: ActCommand {
    static let configuration = CommandConfiguration(
      commandName: "move", abstract: "Put a branch under another region (committee).",
      discussion: "No row changes its scope. The hub's operator moves the grants of the two regions in the same hour.")
    @OptionGroup var common: ActArguments
    @Argument(help: "The branch.") var unit: String
    @Option(help: "The region.") var under: String

    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      let (unit, region) = (try OrgUnit.find(unit, in: db), try OrgUnit.find(under, in: db))
      try UnitDesk(desk).move(unit, under: region, in: db)
      return .saved(
        Phrase("\(unit.code) is under \(region.code)", "\(unit.code)归\(region.code)"), id: unit.id, ["parent_id"])
    }
  }

  struct Edit: ActCommand {
    static let configuration = CommandConfiguration(
      commandName: "edit", abstract: "Change name, area, theme, meeting_place or kind.")
    @OptionGroup var common: ActArguments
    @Argument(help: "The unit.") var unit: String
    @Argument(help: ArgumentHelp("What to change.", valueName: "column=value")) var changes: [String]

    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      let (unit, changes) = (try OrgUnit.find(unit, in: db), try assignments(changes))
      try UnitDesk(desk).change(unit, changes, in: db)
      return .saved(Phrase("\(unit.code) saved", "\(unit.code)已保存"), id: unit.id, changes.map(\.column))
    }
  }

  struct Close: ActCommand {
    static let configuration = CommandConfiguration(
      commandName: "close", abstract: "Close a unit to which nobody belongs (committee).")
    @OptionGroup var common: ActArguments
    @Argument(help: "The unit.") var unit: String
    @Option(help: ArgumentHelp("The day, if not today.", valueName: "YYYY-MM-DD")) var on: String?

    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      let unit = try OrgUnit.find(unit, in: db)
      try UnitDesk(desk).close(unit, on: on, in: db)
      return .saved(Phrase("\(unit.code) closed", "\(unit.code)已撤销"), id: unit.id, ["closed_on"])
    }
  }
}

struct OfficerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "officer", abstract: "Who works for which unit.",
    subcommands: [Listing.self, Add.self, Edit.self, Leave.self], defaultSubcommand: Listing.self)

  struct Listing: LookCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Officers in office.")
    @OptionGroup var common: LookArguments
    @Option(help: "Only of this unit.") var unit: String?
    @Option(help: "Only with this role, such as secretary.") var role: String?
    @Flag(help: "Also those who left.") var former = false

    func page(_ look: Look) throws(RelayError) -> Page {
      let unit = try unit.map { (which) throws(RelayError) in try OrgUnit.find(which, in: look.db) }
      return try StructurePages.officers(look, unit: unit, role: role, former: former)
    }
  }

  struct Add: ActCommand {
    static let configuration = CommandConfiguration(
      commandName: "add", abstract: "Appoint somebody (committee).",
      discussion: """
        Roles: secretary, deputy, branch_committee, regional_lead, committee_member, staff, adviser. A secretary's \
        allowance is the policy's.
        """)
    @OptionGroup var common: ActArguments
    @Argument(help: "The name.") var name: String
    @Argument(help: "The role.") var role: String
    @Argument(help: "The unit.") var unit: String
    @Option(help: "The member who it is: number, id or name.") var member: String?
    @Option(help: "m or f.") var sex: String?
    @Option(help: ArgumentHelp("Month of birth.", valueName: "YYYY-MM")) var born: String?
    @Option(help: "upper_secondary, secondary_vocational, junior_college, bachelor or master.") var education: String?
    @Option(help: "The work phone.") var phone: String?
    @Option(help: "A month, in yuan.") var allowance: String?
    @Option(help: ArgumentHelp("From when on.", valueName: "YYYY-MM-DD")) var from: String?

    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      var new = OfficerDesk.New(name: name, role: role, unit: unit)
      (new.member, new.sex, new.born, new.education) = (member, sex, born, education)
      (new.phone, new.allowance, new.from) = (phone, allowance, from)
      let id = try OfficerDesk(desk).add(new, in: db)
      return .saved(Phrase("\(name) appointed", "\(name)已任命"), id: id, ["officer"])
    }
  }

  struct Edit: ActCommand {
    static let configuration = CommandConfiguration(
      commandName: "edit", abstract: "Change display_name, work_phone and more.")
    @OptionGroup var common: ActArguments
    @Argument(help: "The officer: id or name.") var officer: String
    @Argument(help: ArgumentHelp("What to change.", valueName: "column=value")) var changes: [String]

    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      let (officer, changes) = (try Officer.find(officer, in: db), try assignments(changes))
      try OfficerDesk(desk).change(officer, changes, in: db)
      return .saved(Phrase("\(officer.name) saved", "\(officer.name)已保存"), id: officer.id, changes.map(\.column))
    }
  }

  struct Leave: ActCommand {
    static let configuration = CommandConfiguration(
      commandName: "leave", abstract: "Somebody's office ends (committee).")
    @OptionGroup var common: ActArguments
    @Argument(help: "The officer: id or name.") var officer: String
    @Option(help: ArgumentHelp("The first day without the office.", valueName: "YYYY-MM-DD")) var on: String?

    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      let officer = try Officer.find(officer, on: desk.today.text, in: db)
      try OfficerDesk(desk).leave(officer, on: on, in: db)
      return .saved(Phrase("\(officer.name) has left", "\(officer.name)已离任"), id: officer.id, ["until_on"])
    }
  }
}

struct PolicyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "policy", abstract: "The organisation's thresholds.", subcommands: [Listing.self, Set.self],
    defaultSubcommand: Listing.self)

  struct Listing: LookCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "Every key, its value and what it means.")
    @OptionGroup var common: LookArguments
    func page(_ look: Look) throws(RelayError) -> Page { try StructurePages.policies(look) }
  }

  struct Set: ActCommand {
    static let configuration = CommandConfiguration(
      commandName: "set", abstract: "Give a key another value (committee).")
    @OptionGroup var common: ActArguments
    @Argument(help: "The key.") var key: String
    @Argument(help: "The value.") var value: String
    @Option(help: "Why.") var note: String?

    func act(_ desk: Desk, _ db: Database) throws(RelayError) -> Page {
      try PolicyDesk(desk).set(key, value, note: note, in: db)
      return .saved(Phrase("\(key) = \(value)", "\(key) = \(value)"), id: key, ["value", "since_on"])
    }
  }
}

struct BranchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "branch", abstract: "Do the branches keep the rules?", subcommands: [Check.self, Size.self],
    defaultSubcommand: Check.self)

  struct Check: LookCommand {
    static let configuration = CommandConfiguration(
      commandName: "check", abstract: "Too few full members, too many members, no place, no secretary.")
    @OptionGroup var common: LookArguments
    func page(_ look: Look) throws(RelayError) -> Page { try BranchPages.check(look) }
  }

  struct Size: LookCommand {
    static let configuration = CommandConfiguration(commandName: "size", abstract: "Branches by size.")
    @OptionGroup var common: LookArguments
    func page(_ look: Look) throws(RelayError) -> Page { try BranchPages.size(look) }
  }
}
