/// The members' quotas: lists, never probabilities, so that every count is exact.
struct Population {
  static let count = 4215

  struct Person {
    /// Full years on the day of the survey.
    var age: Int
    var seniority: Int
    /// Months unpaid.
    var arrears: Int
    var sex = ""
    var education = ""
  }

  /// Ascending by age, roughly.
  private(set) var people: [Person] = []
  /// Pairs of seniorities that had to change places so that nobody joined before 18.
  private(set) var swaps = 0

  init(_ source: inout SplitMix64) {
    let ages = Population.list(&source, [(1446, 22, 35), (2190, 36, 54), (414, 55, 60), (165, 61, 85)])
    let seniorities = Population.list(&source, [(266, 0, 5), (1425, 6, 10), (1746, 11, 20), (778, 21, 45)])
    let rankedAges = Population.ranked(ages, blur: 9, &source)
    let rankedSeniorities = Population.ranked(seniorities, blur: 7, &source)
    people = zip(rankedAges, rankedSeniorities).map { Person(age: $0, seniority: $1, arrears: 0) }
    repairSeniority(&source)
    dealArrears(&source)
    dealSexAndEducation(&source)
  }

  private static func list(_ source: inout SplitMix64, _ bands: [(count: Int, low: Int, high: Int)]) -> [Int] {
    var list: [Int] = []
    list.reserveCapacity(count)
    for band in bands { for _ in 0..<band.count { list.append(source.span(band.low, band.high)) } }
    return list
  }

  /// Sorted, with some disorder: old members are mostly, not always, the long-standing ones.
  private static func ranked(_ list: [Int], blur: Int, _ source: inout SplitMix64) -> [Int] {
    let keyed = list.enumerated().map { (key: $1 + source.below(blur), at: $0, value: $1) }
    return keyed.sorted { ($0.key, $0.at) < ($1.key, $1.at) }.map(\.value)
  }

  private mutating func repairSeniority(_ source: inout SplitMix64) {
    func legal(_ age: Int, _ seniority: Int) -> Bool { age - seniority >= 18 }
    for _ in 0..<50 {
      let violators = people.indices.filter { !legal(people[$0].age, people[$0].seniority) }
      if violators.isEmpty { return }
      for i in violators {
        for _ in 0..<2000 {
          let j = source.below(people.count)
          guard legal(people[i].age, people[j].seniority), legal(people[j].age, people[i].seniority) else { continue }
          (people[i].seniority, people[j].seniority) = (people[j].seniority, people[i].seniority)
          swaps += 1
          break
        }
      }
    }
  }

  private mutating func dealArrears(_ source: inout SplitMix64) {
    var arrears =
      Array(repeating: 0, count: 909)
      + Population.list(&source, [(1171, 1, 5), (647, 6, 11), (686, 12, 59), (802, 60, 180)])
    source.shuffle(&arrears)
    func legal(_ i: Int, _ months: Int) -> Bool { months <= 12 * people[i].seniority + 6 }
    for i in people.indices where !legal(i, arrears[i]) {
      for _ in 0..<5000 {
        let j = source.below(people.count)
        guard legal(i, arrears[j]), legal(j, arrears[i]) else { continue }
        arrears.swapAt(i, j)
        break
      }
    }
    for i in people.indices { people[i].arrears = arrears[i] }
  }

  private mutating func dealSexAndEducation(_ source: inout SplitMix64) {
    let sexes = Population.quota(&source, [("m", 2539), ("f", 1676)])
    let educations = Population.quota(
      &source, [("postgraduate", 1347), ("bachelor", 1704), ("junior_college", 671), ("below", 493)])
    for i in people.indices {
      people[i].sex = sexes[i]
      people[i].education = educations[i]
    }
  }

  static func quota(_ source: inout SplitMix64, _ counts: [(value: String, count: Int)]) -> [String] {
    var list = counts.flatMap { Array(repeating: $0.value, count: $0.count) }
    source.shuffle(&list)
    return list
  }
}
