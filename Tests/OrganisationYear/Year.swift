internal import Organisation
internal import Relay

/// A year of an organisation: its branches live 2017 with the app's own desks, which the commands hand their words to, on
/// devices that are offline for weeks. What was done is written down beside; at the end every replica is held against the
/// committee's, and every report against what was written down.
///
/// The desks run in this process, and the hub at the year's time: some sixty thousand commands would spend an hour in
/// starting processes, and a server would take its own clock's time.
package final class Year {
  let plan: YearPlan
  let hub: YearHub
  var dice: SplitMix64
  var book = YearBook()
  let committee: Station
  var regions: [Station] = []
  var secretaries: [Station] = []
  var deputies: [Station] = []
  /// Codes of branches whose secretary changes in this year.
  var changing: Set<String> = []
  var moves: [Move] = []
  var matters: [Matter] = []
  /// Meetings of this month, by the branch's code.
  var meetings: [String: String] = [:]
  var lectures: [String: String] = [:]
  var sweep: String?
  package private(set) var acts = 0

  /// A transfer between branches on its way.
  struct Move {
    var request: String
    var member: String
    var from: String
    var to: String
    var isAccepted = false
    var isApproved = false
  }

  /// A request that waits for the committee.
  struct Matter {
    var request: String
    var kind: String
    var member: String?
    var unit: String
    var name: String?
    var isDecided = false
    var isRefused = false
  }

  var phones: [Station] { secretaries + deputies }
  package var devices: Int { phones.count + regions.count + 1 }
  package var requests: Int { hub.requests }
  package var members: Int { book.present.count }

  /// The day on which the organisation is set up, and the year's last.
  static let founding = Instant("2016-12-01T08:00:00Z") ?? Instant(milliseconds: 0)
  static let lastDay = "2017-12-28"
  /// Work is done in the small hours, when it is still the day before in UTC: a day that follows the wrong clock is seen.
  static let zone = TimeZoneOffset("+08:00") ?? .utc

  package init(_ plan: YearPlan, in folder: String) throws {
    self.plan = plan
    dice = SplitMix64(seed: plan.seed)
    hub = try YearHub(folder)
    let chair = "chair"
    committee = try Station(
      "C", .committee, officer: chair, number: "1", hub: hub, now: Year.founding
    ) { (db) throws(RelayError) in
      try db.execute("INSERT INTO org_unit (id, level, code, name) VALUES ('c', 'committee', 'C', 'Committee')")
      try db.execute(
        """
        INSERT INTO officer (id, unit_id, display_name, role, from_on)
        VALUES (?, 'c', 'Chair', 'committee_member', '2015-01-01')
        """, [.text(chair)])
    }
    try setUp()
  }

  func code(_ branch: Int) -> String { "B" + digits(branch + 1, 3) }
  func region(of branch: Int) -> Int { branch * plan.regions / plan.branches }

  /// Runs the whole of it.
  ///
  /// - Parameter told: hears of every month.
  package func live(_ told: (String) -> Void = { _ in }) throws {
    for week in 0..<52 {
      let now = Instant(milliseconds: 1_483_378_200_000 + Int64(week) * 7 * 86_400_000)
      let day = Year.zone.day(now).text
      guard day <= Year.lastDay else { break }
      let number = Int(day.suffix(2)) ?? 1
      try work(Week(number: week, ofMonth: (number - 1) / 7, now: now, day: day, month: String(day.prefix(7))))
      if (number - 1) / 7 == 3 {
        told("\(day.prefix(7)): \(acts) commands, \(hub.requests) round trips, \(members) members")
      }
    }
    try close()
  }

  struct Week {
    let number: Int
    /// From 0.
    let ofMonth: Int
    let now: Instant
    let day: String
    let month: String

    func later(_ hours: Int) -> Instant { Instant(milliseconds: now.milliseconds + Int64(hours) * 3_600_000) }
  }

  private func work(_ week: Week) throws {
    for phone in phones + regions { try phone.handOver(at: week.now) }
    if week.ofMonth == 0 { try beginMonth(week) }
    for phone in secretaries { try field(phone, week) }
    for phone in deputies { try second(phone, week) }
    try regional(week)
    try move(week)
    try syncSome(week)
    try desk(week)
  }

  /// A fifth of the devices stays away for one to three weeks at a time.
  private func syncSome(_ week: Week) throws {
    var order = phones + regions
    dice.shuffle(&order)
    for device in order {
      if device.away == 0, dice.chance(percent: 12) { device.away = dice.span(2, 4) }
      // Whoever comes back syncs before the next trip.
      device.away = max(0, device.away - 1)
      if device.away == 0 { try device.sync(at: week.later(3)) }
    }
  }

  func settle(at now: Instant) throws -> Settlement {
    try committee.sync(at: now)
    let clock = OfficeClock(try committee.replica.status(), machine: now)
    let done = try Office(committee.replica, now: clock.now).settle()
    try committee.sync(at: now)
    return done
  }

  /// Everybody comes home and syncs until nobody has anything to say.
  private func close() throws {
    guard let end = Instant(Year.lastDay + "T12:00:00Z") else { return }
    for device in phones + regions {
      device.away = 0
      try device.sync(at: end)
    }
    last = try settle(at: end)
    for device in phones + regions { try device.sync(at: end) }
    again = try settle(at: end)
  }

  /// What the office did on the last day, and when it settled once more.
  var last = Settlement()
  var again = Settlement()

  func count() { acts += 1 }
}
