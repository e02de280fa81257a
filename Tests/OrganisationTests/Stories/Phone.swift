import Relay
import Synchronization
import Testing

@testable import Organisation

/// A device of the story and the officer who works with it. Verbs take the time that the device shows.
final class Phone {
  enum Role {
    case branch(String, region: String)
    case region(String, branches: [String])
    case committee
  }

  let name: String
  let replica: Replica
  let officer: String
  private let hub: Headquarters
  private let clock: Watch
  private let ids = Watch()
  /// The device's receipts carry it.
  private let number: String

  init(_ name: String, _ role: Role, officer: String, _ hub: Headquarters) throws {
    self.name = name
    self.officer = officer
    self.hub = hub
    number = name.hasSuffix("b") || name.hasSuffix("2") ? "2" : "1"
    let clock = Watch()
    clock.set(Phone.milliseconds("2017-10-01T00:00:00Z"))
    self.clock = clock
    let time: @Sendable () -> Int64 = { clock.value }
    switch role {
    case .branch(let unit, let region):
      replica = try hub.device(name, role: "branch", units: [unit], above: [region, "c"], clock: time)
    case .region(let unit, let branches):
      replica = try hub.device(name, role: "regional", units: [unit] + branches, above: [unit, "c"], clock: time)
    case .committee: replica = try hub.device(name, role: "committee", clock: time)
    }
  }

  static func milliseconds(_ text: String) -> Int64 { Instant(text)?.milliseconds ?? 0 }

  func sync(at time: String, isReplayed: Bool = false) throws {
    try hub.sync(replica, name, at: Phone.milliseconds(time), isReplayed: isReplayed)
  }

  /// One transaction of the officer at a time.
  @discardableResult
  func act<T: Sendable>(
    at time: String, _ body: (Desk, Database) throws(RelayError) -> T
  ) throws -> T {
    let desk = try desk(at: time)
    return try replica.write(author: desk.author) { (db) throws(RelayError) in try body(desk, db) }
  }

  private func desk(at time: String) throws -> Desk {
    let now = try #require(Instant(time))
    clock.set(now.milliseconds)
    let (who, count, prefix) = (officer, ids, name)
    let (officer, unit) = try replica.read { (db) throws(RelayError) in
      let officer = try Officer.find(who, in: db)
      return (officer, try OrgUnit.find(officer.unitID, in: db))
    }
    return Desk(
      officer: officer, unit: unit, now: now, device: number, newID: { "\(prefix)-\(count.next())" })
  }

  // What people do.

  @discardableResult
  func pay(
    _ member: String, _ amount: String?, _ from: String, _ to: String, by channel: String? = nil, on day: String? = nil,
    at time: String
  ) throws -> DuesDesk.Receipt {
    var payment = DuesDesk.Payment()
    (payment.amount, payment.from, payment.to, payment.channel, payment.takenOn) = (amount, from, to, channel, day)
    return try act(at: time) { [payment] (desk, db) throws(RelayError) in
      try DuesDesk(desk).pay(payment, for: try Member.find(member, in: db), in: db)
    }
  }

  func reverse(_ entry: String, at time: String) throws {
    try act(at: time) { (desk, db) throws(RelayError) in _ = try DuesDesk(desk).reverse(entry, note: nil, in: db) }
  }

  func edit(_ member: String, _ change: String, at time: String) throws {
    try act(at: time) { (_, db) throws(RelayError) in
      try MemberEdit.write([try Assignment(change)], to: try Member.find(member, in: db), in: db)
    }
  }

  func correct(_ point: String, _ change: String, at time: String) throws {
    try act(at: time) { (_, db) throws(RelayError) in
      try ContactBook.change(point, [try Assignment(change)], in: db)
    }
  }

  @discardableResult
  func call(
    _ member: String, _ channel: String, _ outcome: String, at time: String
  ) throws -> String {
    try act(at: time) { (desk, db) throws(RelayError) in
      try ContactLog(desk).log(
        ContactLog.Attempt(channel: channel, outcome: outcome), of: try Member.find(member, in: db), in: db)
    }
  }

  func open(_ member: String, to unit: String, reason: String? = nil, at time: String) throws -> String {
    try act(at: time) { (desk, db) throws(RelayError) in
      try TransferDesk(desk).open(
        try Member.find(member, in: db), TransferDesk.Opening(to: unit, reason: reason), in: db)
    }
  }

  func claim(_ told: String, at time: String) throws -> String {
    try act(at: time) { (desk, db) throws(RelayError) in
      try TransferDesk(desk).claim(told, TransferDesk.Opening(), in: db)
    }
  }

  func take(_ step: String, on request: String, at time: String) throws {
    try act(at: time) { (desk, db) throws(RelayError) in _ = try TransferDesk(desk).take(step, on: request, in: db) }
  }

  func plan(_ title: String, _ kind: String, starts: String, place: String, at time: String) throws -> String {
    var plan = ActivityDesk.Plan(title: title, kind: kind)
    (plan.startsAt, plan.place) = (starts, place)
    return try act(at: time) { [plan] (desk, db) throws(RelayError) in try ActivityDesk(desk).add(plan, in: db) }
  }

  func attend(
    _ activity: String, _ members: [String] = [], mark: String = "present", others: String? = nil, guests: Int = 0,
    books: Int = 0, at time: String
  ) throws {
    var door = ActivityDesk.Attendance()
    (door.members, door.mark, door.others, door.guests, door.books) = (members, mark, others, guests, books)
    try act(at: time) { [door] (desk, db) throws(RelayError) in
      _ = try ActivityDesk(desk).attend(door, at: try Activity.find(activity, in: db), in: db)
    }
  }

  func sql(_ sql: String, _ values: [Value] = [], at time: String) throws {
    try act(at: time) { (_, db) throws(RelayError) in try db.execute(sql, values) }
  }

  func settle(at time: String) throws -> Settlement {
    let now = try #require(Instant(time))
    clock.set(now.milliseconds)
    return try Office(replica, now: now).settle()
  }

  // What people see.

  func card(_ member: String, on day: String) throws -> MemberCard {
    let day = try #require(Day(day))
    return try replica.read { (db) throws(RelayError) in
      try MemberCard(try Member.find(member, in: db), on: day, in: db)
    }
  }

  func ledger(_ member: String, on day: String) throws -> LedgerSheet {
    let day = try #require(Day(day))
    return try replica.read { (db) throws(RelayError) in
      try LedgerSheet(try Member.find(member, in: db), on: day, in: db)
    }
  }

  func transfers() throws -> [TransferView] {
    try replica.read { (db) throws(RelayError) in try TransferView.list(nil, includingClosed: true, in: db) }
  }

  func agenda(on day: String) throws -> Agenda {
    let (day, who, rights) = (try #require(Day(day)), officer, DeviceRights(try replica.status()))
    return try replica.read { (db) throws(RelayError) in
      let look = try Look(db, rights, now: Instant(milliseconds: 0), day: day)
      return try Agenda(look, unit: try Officer.find(who, in: db).unitID)
    }
  }

  /// The day of the last contact that counts.
  func lastSuccess(_ id: String) throws -> String? {
    try replica.read { (db) throws(RelayError) in try ReachRule.facts(of: id, in: db)[id]?.lastSuccess }
  }

  func rows(_ sql: String) throws -> [[Value]] {
    try replica.read { (db) throws(RelayError) in
      try db.query(sql) { (row) throws(RelayError) in row.values }
    }
  }

  /// The first value.
  func value(_ sql: String) throws -> Value? { try rows(sql).first?.first }

  func conflicts() throws -> [InboxItem] { try replica.inbox().filter { $0.kind == .conflict } }
  func notices() throws -> [InboxItem] { try replica.inbox().filter { $0.kind == .notice } }
}

/// A number that a device reads and a story sets.
final class Watch: Sendable {
  private let number = Mutex<Int64>(0)

  var value: Int64 { number.withLock { $0 } }
  func set(_ value: Int64) { number.withLock { $0 = value } }

  func next() -> Int64 {
    number.withLock { number in
      number += 1
      return number
    }
  }
}
