internal import Organisation
internal import Relay

extension Year {
  /// Units, officers, policy, members and what they pay, by the commands that set them up.
  func setUp() throws {
    try structure()
    try devicesOfAll()
    try register()
    for phone in secretaries { try phone.sync(at: Year.founding) }
    _ = try settle(at: Year.founding)
    try planDues(book.order, from: "2017-01", at: Year.founding)
    _ = try settle(at: Year.founding)
    for phone in phones + regions { try phone.sync(at: Year.founding) }
  }

  private func structure() throws {
    let plan = plan
    let branchRegions = (0..<plan.branches).map { "R\(region(of: $0) + 1)" }
    let codes = (0..<plan.branches).map(code)
    try committee.act(at: Year.founding) { (desk, db) throws(RelayError) in
      for (key, value) in [
        ("time_zone", Year.zone.text), ("points_meeting", "5"), ("points_lecture", "10"), ("points_online_min", "30"),
        ("lost_min_attempts", "3"),
      ] { try PolicyDesk(desk).set(key, value, note: nil, in: db) }
      for region in 1...plan.regions {
        var unit = UnitDesk.New(code: "R\(region)", name: "Region \(region)", level: "regional")
        (unit.parent, unit.founded) = ("C", "2016-01-01")
        _ = try UnitDesk(desk).add(unit, in: db)
        var lead = OfficerDesk.New(name: "Lead R\(region)", role: "regional_lead", unit: "R\(region)")
        lead.from = "2016-01-01"
        _ = try OfficerDesk(desk).add(lead, in: db)
      }
      for (at, code) in codes.enumerated() {
        var unit = UnitDesk.New(code: code, name: "Branch \(code)")
        (unit.parent, unit.kind, unit.founded) = (
          branchRegions[at], at % 4 == 3 ? "enterprise" : "direct", "2016-01-01"
        )
        _ = try UnitDesk(desk).add(unit, in: db)
        var officer = OfficerDesk.New(name: "Secretary \(code)", role: "secretary", unit: code)
        (officer.from, officer.sex, officer.born, officer.education) = ("2016-01-01", "m", "1970-01", "bachelor")
        _ = try OfficerDesk(desk).add(officer, in: db)
        guard at < plan.deputies else { continue }
        var deputy = OfficerDesk.New(name: "Deputy \(code)", role: "deputy", unit: code)
        deputy.from = "2016-01-01"
        _ = try OfficerDesk(desk).add(deputy, in: db)
      }
    }
    try committee.sync(at: Year.founding)
  }

  private func devicesOfAll() throws {
    let ids = try Dictionary(
      committee.rows("SELECT code, id FROM org_unit").map { ($0[0].text ?? "", $0[1].text ?? "") }
    ) { first, _ in first }
    for region in 0..<plan.regions {
      let branches = (0..<plan.branches).filter { self.region(of: $0) == region }.compactMap { ids[code($0)] }
      let role = Station.Role.region(ids["R\(region + 1)"] ?? "", branches: branches, committee: "c")
      regions.append(
        try Station(
          "R\(region + 1)", role, officer: "Lead R\(region + 1)", number: "1", hub: hub, now: Year.founding))
    }
    for branch in 0..<plan.branches {
      let role = Station.Role.branch(
        ids[code(branch)] ?? "", region: ids["R\(region(of: branch) + 1)"] ?? "", committee: "c")
      secretaries.append(
        try Station(
          code(branch) + "-1", role, officer: "Secretary " + code(branch), number: "1", hub: hub, now: Year.founding))
      guard branch < plan.deputies else { continue }
      deputies.append(
        try Station(
          code(branch) + "-2", role, officer: "Deputy " + code(branch), number: "2", hub: hub, now: Year.founding))
    }
    changing = Set((0..<plan.branches).filter { $0 % 10 == 4 }.map(code))
  }

  private func register() throws {
    let educations = ["below", "junior_college", "bachelor", "postgraduate"]
    for (at, phone) in secretaries.enumerated() {
      let size = plan.members * (at + 1) / plan.branches - plan.members * at / plan.branches
      var people: [YearBook.Person] = []
      for number in 0..<size {
        let born = dice.span(1940 * 12, 1998 * 12)
        people.append(
          YearBook.Person(
            id: "", name: "Member \(phone.unit) \(digits(number + 1, 3))", branch: phone.unit, cameOn: "2016-06-01",
            born: born, sex: dice.chance(percent: 60) ? "m" : "f", education: dice.pick(educations),
            isQuiet: number % 17 == 5, employer: number % 5 == 0 ? "Firm \(dice.below(8))" : nil,
            interest: number % 7 == 0 ? dice.pick(["chess", "films", "walks"]) : nil))
      }
      let newcomers = people
      let ids = try phone.act(at: Year.founding) { (desk, db) throws(RelayError) -> [String] in
        var ids: [String] = []
        for (number, person) in newcomers.enumerated() {
          let born = digits(person.born / 12, 4) + "-" + digits(person.born % 12 + 1, 2)
          var new = MemberEdit.Newcomer(name: person.name, sex: person.sex, born: born, education: person.education)
          (new.came, new.grade) = (person.cameOn, number == 1 ? "probationary" : "full")
          let member = try MemberEdit.add(new, desk: desk, in: db)
          ids.append(member.id)
          var changes: [Assignment] = []
          if let employer = person.employer { changes.append(try Assignment("employer=" + employer)) }
          if let interest = person.interest { changes.append(try Assignment("interests+=" + interest)) }
          if !changes.isEmpty { try MemberEdit.write(changes, to: try Member.find(member.id, in: db), in: db) }
        }
        return ids
      }
      for (person, id) in zip(newcomers, ids) {
        var person = person
        person.id = id
        book.people[id] = person
        book.order.append(id)
        count()
      }
    }
  }

  /// The committee says what each pays from a month on.
  func planDues(_ members: [String], from month: String, at now: Instant) throws {
    try committee.act(at: now) { (desk, db) throws(RelayError) in
      for id in members {
        _ = try DuesPlanDesk(desk).plan(
          try Member.find(id, in: db), from: month, monthly: "20", base: nil, basis: "default", in: db)
      }
    }
    for id in members {
      book.change(id) { $0.planned = YearBook.month(month) }
      count()
    }
  }
}
