package import Relay

/// Whoever looks: at which rows, on which day, with whose eyes.
package struct Look {
  package let db: Database
  package let day: Day
  package let now: Instant
  package let zone: TimeZoneOffset
  package let rights: DeviceRights
  package let policy: Policy

  /// - Parameter day: today in the organisation's time of day, where it is nil.
  package init(_ db: Database, _ rights: DeviceRights, now: Instant, day: Day? = nil) throws(RelayError) {
    self.db = db
    self.now = now
    policy = try Policy(in: db)
    zone = policy.zone
    self.day = day ?? policy.zone.day(now)
    self.rights = rights
  }

  /// The id of a unit that somebody asks for; nil where nobody asks for one.
  ///
  /// - Throws: `not_found` as for `unit(here:)`.
  @discardableResult
  package func unitHere(_ which: String?) throws(RelayError) -> String? {
    try which.map { (which) throws(RelayError) in try unit(here: which).id }
  }

  /// A unit that somebody asks for, by code, id or name.
  ///
  /// - Throws: `not_found` for a unit that there is not, and for one whose rows this device does not hold.
  package func unit(here which: String) throws(RelayError) -> OrgUnit {
    let unit = try OrgUnit.find(which, in: db)
    guard rights.holds(unit, among: try OrgUnit.all(in: db)) else {
      throw RelayError(
        .notFound, "the members and the work of \(unit.code) are not on this device",
        advice: "Its own devices and the committee's hold them.")
    }
    return unit
  }

  /// How many branches there are on the day, and how many of them have their rows on this device.
  func branches() throws(RelayError) -> (all: Int, here: Int) {
    let units = try OrgUnit.all(in: db)
    let open = try rows(
      """
      SELECT id FROM org_unit WHERE level = 'branch' AND (closed_on IS NULL OR closed_on > ?1)
        AND coalesce(founded_on, '') <= ?1
      """, [.text(day.text)])
    return (open.count, open.count { units[$0[0].text ?? ""].map { rights.holds($0, among: units) } ?? false })
  }

  /// Does the role get this table's rows at all? What it does not see is no zero.
  package func sees(_ tables: String...) throws(RelayError) -> Bool {
    guard let role = rights.role else { return true }
    let schema = try Organisation.syncSchema.get()
    return tables.allSatisfy { schema.table(named: $0)?.access(role).reads ?? false }
  }

  package func sees(_ column: String, of table: String) throws(RelayError) -> Bool {
    guard let role = rights.role else { return true }
    guard let found = try Organisation.syncSchema.get().table(named: table), let id = found.column(named: column)?.id
    else { return false }
    return found.access(role).reads && !found.access(role).hidden.contains(id)
  }

  /// All rows of a question.
  func rows(_ sql: String, _ values: [Value] = []) throws(RelayError) -> [[Value]] {
    try db.query(sql, values) { (row) throws(RelayError) in row.values }
  }

  /// The first number of the first row; 0 where there is none.
  func count(_ sql: String, _ values: [Value] = []) throws(RelayError) -> Int {
    Int(try db.first(sql, values)?[0].integer ?? 0)
  }
}

extension Value {
  /// For answers: text, number or nothing.
  var cell: Cell { text.map { .text($0) } ?? integer.map { .number(Int($0)) } ?? .none }
  var int: Int { Int(integer ?? 0) }
}
