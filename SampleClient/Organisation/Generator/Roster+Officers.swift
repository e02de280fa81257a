extension Roster {
  /// One secretary a branch by shuffled quotas; the others beside them are not in the survey's figures.
  mutating func appoint(_ source: inout SplitMix64) {
    let sexes = Population.quota(&source, [("m", 57), ("f", 26)])
    let educations = Population.quota(
      &source,
      [("upper_secondary", 4), ("secondary_vocational", 2), ("junior_college", 21), ("bachelor", 39), ("master", 17)])
    var ages =
      (0..<32).map { _ in source.span(51, 65) } + (0..<22).map { _ in source.span(40, 50) }
      + (0..<29).map { _ in source.span(25, 39) }
    source.shuffle(&ages)
    for (at, branch) in branches.enumerated() {
      var officer = Roster.officer("secretary", "Secretary " + units[branch].code, age: ages[at], &source)
      officer.sex = sexes[at]
      officer.education = educations[at]
      officer.allowance = 20_000
      units[branch].officers.append(officer)
    }
    var deputed = Array(branches)
    source.shuffle(&deputed)
    for branch in deputed.prefix(30).sorted() {
      units[branch].officers.append(Roster.officer("deputy", "Deputy " + units[branch].code, &source))
    }
    for region in regions {
      units[region].officers.append(Roster.officer("regional_lead", "Lead " + units[region].code, &source))
    }
    for n in 1...7 { units[0].officers.append(Roster.officer("committee_member", "Committee member \(n)", &source)) }
    for n in 1...6 { units[0].officers.append(Roster.officer("staff", "Staff \(n)", &source)) }
  }

  private static func officer(
    _ role: String, _ name: String, age: Int? = nil, _ source: inout SplitMix64
  ) -> Officer {
    let age = age ?? source.span(28, 59)
    return Officer(
      id: source.uuid(), role: role, name: name, sex: source.pick(["m", "f"]),
      born: month.advanced(by: -12 * age - source.below(12)),
      education: source.pick(["junior_college", "bachelor", "master"]),
      from: Day(Month(source.span(2014, 2016), source.span(1, 12)), 1))
  }
}
