import Relay
internal import RelayMerge
import Synchronization
import Testing

@testable import Organisation

/// In which order two sides sync.
enum Order: CaseIterable, CustomStringConvertible {
  case firstComesFirst, lastComesFirst

  func callAsFunction<T>(_ items: [T]) -> [T] { self == .firstComesFirst ? items : items.reversed() }

  var description: String { self == .firstComesFirst ? "in this order" : "the other way round" }
}

/// A small organisation with its hub: a committee C; region R1 with the branches 17 and 08, region R2 with branch 42. The
/// secretary and the deputy of 17 have a phone each. Members 0401 to 0440 belong to 17, 0801 to 08, 4201 to 42.
///
/// Everybody starts synced on 2017-10-01. In a story devices act offline, sync in an order with every push arriving
/// twice, the office settles, and all sync again until nobody has anything to say.
final class Story {
  let hub: Headquarters
  let c, c2, r1, r2, b17a, b17b, b42, b08: Phone
  /// All devices, the committee's last.
  var phones: [Phone] { [b17a, b17b, b42, b08, r1, r2, c, c2] }

  init() throws {
    hub = try Headquarters()
    let founder = try Phone("founder", .committee, officer: "clerk", hub)
    try founder.replica.write(author: "founder") { (db) throws(RelayError) in try Story.found(db) }
    try hub.sync(founder.replica, founder.name)
    b17a = try Phone("B17a", .branch("b17", region: "r1"), officer: "secretary-17", hub)
    b17b = try Phone("B17b", .branch("b17", region: "r1"), officer: "deputy-17", hub)
    b42 = try Phone("B42", .branch("b42", region: "r2"), officer: "secretary-42", hub)
    b08 = try Phone("B08", .branch("b08", region: "r1"), officer: "secretary-08", hub)
    r1 = try Phone("R1", .region("r1", branches: ["b17", "b08"]), officer: "lead-r1", hub)
    r2 = try Phone("R2", .region("r2", branches: ["b42"]), officer: "lead-r2", hub)
    c = try Phone("C", .committee, officer: "clerk", hub)
    c2 = try Phone("C2", .committee, officer: "chair", hub)
  }

  private static func found(_ db: Database) throws(RelayError) {
    try db.script(
      """
      INSERT INTO org_unit (id, parent_id, level, kind, code, name) VALUES
        ('c', NULL, 'committee', NULL, 'C', 'Committee'), ('r1', 'c', 'regional', NULL, 'R1', 'Region 1'),
        ('r2', 'c', 'regional', NULL, 'R2', 'Region 2'), ('b17', 'r1', 'branch', 'direct', 'B017', 'Branch 17'),
        ('b08', 'r1', 'branch', 'direct', 'B008', 'Branch 08'), ('b42', 'r2', 'branch', 'direct', 'B042', 'Branch 42');
      INSERT INTO officer (id, unit_id, display_name, role, from_on) VALUES
        ('secretary-17', 'b17', 'Secretary 17', 'secretary', '2015-01-01'),
        ('deputy-17', 'b17', 'Deputy 17', 'deputy', '2015-01-01'),
        ('secretary-42', 'b42', 'Secretary 42', 'secretary', '2015-01-01'),
        ('secretary-08', 'b08', 'Secretary 08', 'secretary', '2015-01-01'),
        ('lead-r1', 'r1', 'Lead R1', 'regional_lead', '2015-01-01'),
        ('lead-r2', 'r2', 'Lead R2', 'regional_lead', '2015-01-01'),
        ('clerk', 'c', 'Clerk', 'staff', '2015-01-01'), ('chair', 'c', 'Chair', 'committee_member', '2015-01-01');
      """)
    for (key, value) in Policies.all {
      try db.execute(
        "INSERT INTO policy (key, value, since_on) VALUES (?, ?, '2017-01-01')", [.text(key), .text(value)])
    }
    for (unit, numbers) in [("b17", 401...440), ("b08", 801...801), ("b42", 4201...4201)] {
      for number in numbers { try member(digits(number, 4), unit, db) }
    }
  }

  /// A member who was reached in September and has paid from January to June at 20.00 a month.
  private static func member(_ number: String, _ unit: String, _ db: Database) throws(RelayError) {
    let id = Value.text("m" + number)
    try db.execute(
      """
      INSERT INTO member (id, member_no, unit_id, full_name, sex, birth_ym, reach, last_contact_on, paid_through, employer,
        came_on) VALUES (?, ?, ?, ?, 'm', '1980-05', 'ok', '2017-09-20', '2017-06', 'Mill', '2015-01-01')
      """, [id, .text(number), .text(unit), .text("Member " + number)])
    try db.execute(
      """
      INSERT INTO contact_point (id, member_id, kind, value, preferred, source)
      VALUES ('p' || ?, ?, 'mobile', '000-' || ?1 || '-0001', 0, 'self')
      """, [.text(number), id])
    try db.execute(
      """
      INSERT INTO dues_plan (id, member_id, from_ym, monthly_fen, basis) VALUES (?1 || ':2017-01', ?1, '2017-01', 2000,
        'default')
      """, [id])
    try db.execute(
      """
      INSERT INTO dues_entry (id, member_id, kind, amount_fen, from_ym, to_ym, channel, taken_on)
      VALUES ('opening-' || ?1, ?1, 'adjustment', 12000, '2017-01', '2017-06', 'counter', '2017-06-30')
      """, [id])
    try db.execute(
      """
      INSERT INTO contact_attempt (id, member_id, purpose, channel, outcome, at, by_officer)
      VALUES ('call-' || ?1, ?1, 'other', 'mobile', 'reached', '2017-09-20T09:00:00Z', 'clerk')
      """, [id])
  }

  /// One device after the other, every push arriving twice.
  func sync(_ phones: [Phone], at time: String) throws {
    for phone in phones { try phone.sync(at: time, isReplayed: true) }
  }

  /// The office settles on C, and all sync until nobody has anything to say.
  @discardableResult
  func settle(at time: String) throws -> Settlement {
    try sync([c], at: time)
    let done = try c.settle(at: time)
    try sync([c] + phones, at: time)
    try sync(phones, at: time)
    return done
  }

  /// The office settles on C, and only C syncs.
  func settleOnly(at time: String) throws -> Settlement {
    try sync([c], at: time)
    let done = try c.settle(at: time)
    try sync([c], at: time)
    return done
  }

  /// Sync in the order, settle, sync again; then everybody must agree, and settling again must add nothing, also on the
  /// committee's other machine.
  @discardableResult
  func finish(_ order: Order, _ acted: [Phone], at time: String) throws -> Settlement {
    try sync(order(acted), at: time)
    let done = try settle(at: time)
    try expectAgreement()
    for office in [c, c2] {
      #expect(try office.settle(at: time).written == 0, "settling again on \(office.name)")
      #expect(try office.replica.status().pending == 0, "settling again on \(office.name)")
    }
    return done
  }

  /// Every device holds exactly what the committee holds, as far as its role sees it, and has nothing left to say.
  func expectAgreement() throws {
    let schema = c.replica.schema
    for phone in phones {
      let status = try phone.replica.status()
      #expect(status.pending == 0 && status.held == 0, "\(phone.name)")
      #expect(status.mismatch.isEmpty, "\(phone.name): \(status.mismatch)")
      for table in schema.tables where table.access(status.role).reads {
        let hidden = table.access(status.role).hidden
        let names = table.columns.filter { !hidden.contains($0.id) }.map { "\"\($0.name)\"" }.joined(separator: ", ")
        let sql = "SELECT \(names) FROM \"\(table.name)\" ORDER BY 1"
        let truth = try Set(c.rows(sql).map(\.description))
        for row in try phone.rows(sql) {
          #expect(truth.contains(row.description), "\(phone.name) and the committee differ in \(table.name): \(row)")
        }
      }
    }
    #expect(try c.rows("SELECT count(*) FROM member GROUP BY id HAVING count(unit_id) <> 1").isEmpty)
  }
}
