/// How large the organisation of a year is.
package struct YearPlan: Sendable {
  package var seed: UInt64 = 2017
  package var regions: Int
  package var branches: Int
  package var members: Int
  /// Branches with a second phone.
  package var deputies: Int

  /// The organisation as its survey tells it: 120 devices.
  package static let whole = YearPlan(regions: 6, branches: 83, members: 4215, deputies: 30)
  /// The same year in a corner of it.
  package static let short = YearPlan(regions: 2, branches: 5, members: 60, deputies: 2)

  package init(regions: Int, branches: Int, members: Int, deputies: Int) {
    (self.regions, self.branches, self.members, self.deputies) = (regions, branches, members, deputies)
  }
}
