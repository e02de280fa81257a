/// Who is where: units, officers, members, what they plan. Made whole from the seed, in a fraction of a second; the rows
/// of one unit can then be written alone and are the same as in the full set.
struct Roster: Sendable {
  struct Unit {
    var id: String
    var code: String
    var name: String
    var level: String
    var kind: String?
    /// Position in `units`.
    var parent: Int?
    var officers: [Officer] = []
    var programme = Programme()
    /// Seeds what only this unit's rows need.
    var stream: UInt64
    /// Positions in `members`.
    var members: Range<Int> = 0..<0
  }

  struct Officer {
    var id: String
    var role: String
    var name: String
    var sex: String
    var born: Month
    var education: String
    var allowance = 0
    var from: Day
  }

  struct Member {
    var id: String
    var number: Int
    /// Position in `units`.
    var branch: Int
    var person: Population.Person
    var born: Month
    var joined: Month
    var came: Day
    /// Came with a transfer that was decided in the year of the survey.
    var isReceived = false
    var stream: UInt64

    var name: String { "Member " + digits(number, 4) }
    var arrival: Month { came.month }
  }

  /// Somebody who left in the year of the survey; counted as moved, not as a member.
  struct Leaver {
    var member: Member
    var left: Day
    var requestID: String
  }

  /// The committee, then the regions, then the branches by code.
  var units: [Unit] = []
  var members: [Member] = []
  var leavers: [Leaver] = []

  static let month = Month(2017, 10)
  static let day = Day(month, 31)

  var committee: Unit { units[0] }
  var regions: Range<Int> { 1..<7 }
  var branches: Range<Int> { 7..<units.count }

  init(seed: UInt64) {
    var source = SplitMix64(seed: seed)
    let population = Population(&source)
    var sizes = BranchSizes(&source)
    source.shuffle(&sizes.list)
    var people = population.people
    source.shuffle(&people)
    raiseUnits(sizes.list, &source)
    deal(people, sizes.list, &source)
    receive(&source)
    part(&source)
    appoint(&source)
    for i in units.indices { units[i].programme = Programme(units[i]) }
  }

  private mutating func raiseUnits(_ sizes: [BranchSizes.Branch], _ source: inout SplitMix64) {
    func unit(
      _ code: String, _ name: String, _ level: String, kind: String? = nil, parent: Int?, _ source: inout SplitMix64
    ) -> Unit {
      Unit(
        id: source.uuid(), code: code, name: name, level: level, kind: kind, parent: parent, stream: source.next())
    }
    units.append(unit("C", "Committee", "committee", parent: nil, &source))
    for n in 1...6 { units.append(unit("R\(n)", "Region \(n)", "regional", parent: 0, &source)) }
    for (at, size) in sizes.enumerated() {
      let number = digits(at + 1, 3)
      let region = min(at / 14, 5) + 1
      units.append(unit("B" + number, "Branch " + number, "branch", kind: size.kind, parent: region, &source))
    }
  }

  private mutating func deal(
    _ people: [Population.Person], _ sizes: [BranchSizes.Branch], _ source: inout SplitMix64
  ) {
    var at = 0
    for (branch, size) in zip(branches, sizes) {
      units[branch].members = at..<at + size.members
      for _ in 0..<size.members {
        let person = people[at]
        at += 1
        members.append(Roster.member(person, number: at, branch: branch, &source))
      }
    }
  }

  /// Months from full years, so that the years are exact on the day of the survey and nobody joined before 18.
  private static func member(
    _ person: Population.Person, number: Int, branch: Int, _ source: inout SplitMix64
  ) -> Member {
    let extra = source.span(max(0, person.arrears - 12 * person.seniority), 11)
    let joined = 12 * person.seniority + extra
    let born = 12 * person.age + (person.age - person.seniority == 18 ? source.span(extra, 11) : source.below(12))
    return Member(
      id: source.uuid(), number: number, branch: branch, person: person, born: month.advanced(by: -born),
      joined: month.advanced(by: -joined), came: day, stream: source.next())
  }

  /// 704 came in the survey's year by a transfer; the others earlier, but not before they joined and not after the
  /// first month that they owe.
  private mutating func receive(_ source: inout SplitMix64) {
    var candidates = members.indices.filter { members[$0].person.arrears <= 9 }
    source.shuffle(&candidates)
    for i in candidates.prefix(704) { members[i].isReceived = true }
    for i in members.indices {
      let arrears = members[i].person.arrears
      let longest = members[i].joined.distance(to: Roster.month)
      let back =
        if members[i].isReceived {
          source.span(arrears, min(9, longest))
        } else {
          source.span(longest < 10 ? arrears : max(arrears, 10), longest)
        }
      let month = Roster.month.advanced(by: -back)
      members[i].came = Day(month, source.span(1, 28))
    }
  }

  private mutating func part(_ source: inout SplitMix64) {
    for n in 1...348 {
      let age = source.span(24, 60)
      let person = Population.Person(
        age: age, seniority: source.span(0, age - 20), arrears: source.below(6), sex: source.pick(["m", "f"]),
        education: source.pick(["postgraduate", "bachelor", "junior_college", "below"]))
      let branch = source.span(branches.lowerBound, branches.upperBound - 1)
      var member = Roster.member(person, number: Population.count + n, branch: branch, &source)
      let longest = member.joined.distance(to: Roster.month)
      member.came = Day(Roster.month.advanced(by: -source.span(min(10, longest), longest)), source.span(1, 28))
      let earliest = max(Month(2017, 1), member.came.month)
      let left = Month(index: source.span(earliest.index, Roster.month.index))
      leavers.append(Leaver(member: member, left: Day(left, source.span(28, left.days)), requestID: source.uuid()))
    }
  }
}

/// How large each branch is, and of which kind.
struct BranchSizes {
  struct Branch {
    var kind: String
    var members: Int
  }

  var list: [Branch] = []

  init(_ source: inout SplitMix64) {
    for _ in 0..<22 { list.append(Branch(kind: "enterprise", members: 8 + source.below(25))) }
    let rest = Population.count - list.reduce(0) { $0 + $1.members }
    let weights = (0..<61).map { _ in 40 + source.below(45) }
    let sum = weights.reduce(0, +)
    var direct = weights.map { rest * $0 / sum }
    for i in 0..<rest - direct.reduce(0, +) { direct[i] += 1 }
    list += direct.map { Branch(kind: "direct", members: $0) }
  }
}
