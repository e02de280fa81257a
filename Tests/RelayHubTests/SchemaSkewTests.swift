import Relay
import RelayHub
internal import RelayProtocol
import TestSupport
import Testing

/// Devices and hub with different versions of the app's sync schema: nobody loses anything, nobody waits for others.
@Suite struct SchemaSkewTests {
  let fleet: Fleet
  let old: Fleet.Device
  let mate: Fleet.Device
  let office: Fleet.Device

  init() throws {
    fleet = try Fleet()
    old = try fleet.add("old", "unit/u1")
    mate = try fleet.add("mate", "unit/u1")
    office = try fleet.add("office", "*")
    try old.sql("INSERT INTO person (id, unit, phone) VALUES ('p', 'u1', '0'), ('q', 'u1', '0')")
    for device in [old, mate, office, old] { try fleet.sync(device) }
  }

  private func updateHub(_ schema: [UInt8] = SkewApps.new.schema) throws { _ = try fleet.writer.update(schema: schema) }

  private func updateApp(_ device: Fleet.Device) throws -> Fleet.Device {
    try fleet.update(device, to: SkewApps.new.schema, migration: SkewApps.migration)
  }

  private func expectNoMismatch() throws {
    for device in fleet.devices { #expect(try device.replica.status().mismatch == [], "\(device.name)") }
  }

  @Test(
    "S40: a device with the old app edits a row; the column that it does not know keeps its value everywhere",
    arguments: [false, true])
  func unknownColumnIsKept(byForeignTool: Bool) throws {
    try updateHub()
    let (mate, office) = (try updateApp(mate), try updateApp(office))
    try mate.sql("UPDATE person SET email = 'p@x', score = score + 3 WHERE id = 'p'")
    try mate.sql("INSERT INTO gift VALUES ('g', 'p', 'book')")
    try fleet.syncAll()
    let edit = "UPDATE person SET area = 'North', guests = guests + 1 WHERE id = 'p'"
    if byForeignTool {
      try Database(path: old.replica.path, mode: .readWrite).script(edit)
    } else {
      try old.sql(edit)
    }
    try old.sql("INSERT INTO person (id, unit) VALUES ('r', 'u1')")
    try fleet.syncAll()
    try fleet.syncAll()
    for device in [mate, office] {
      let people = try device.values("SELECT id, area, guests, email, score FROM person ORDER BY id")
      #expect(people == [["p", "North", 1, "p@x", 3], ["q", .null, 0, .null, 0], ["r", .null, 0, .null, 0]])
      #expect(try device.values("SELECT what FROM gift") == [["book"]])
    }
    #expect(try old.values("SELECT id, area, guests FROM person ORDER BY id")[0] == ["p", "North", 1])
    #expect(try old.replica.inbox().isEmpty)
    try expectNoMismatch()
  }

  @Test("Work that waits for a newer hub is not confirmed by what a copy of the file wrote under the same name")
  func copyOfAHeldBackFile() throws {
    let copy = try fleet.copy(old)
    let new = try updateApp(old)
    try new.sql("UPDATE person SET email = 'p@x', guests = guests + 3 WHERE id = 'p'")
    try copy.sql("UPDATE person SET phone = '7', guests = guests + 1 WHERE id = 'p'")
    try fleet.sync(copy)
    for _ in 0..<2 {
      try fleet.sync(new)
      #expect(try new.replica.status().pending == 1)
      // Two writes of one name: what both come to shows once the hub has told them apart.
      #expect(try new.values("SELECT email FROM person WHERE id = 'p'") == [["p@x"]])
    }
    try updateHub()
    let office = try updateApp(office)
    for device in [new, new, office] { try fleet.sync(device) }
    #expect(try new.replica.status().pending == 0)
    #expect(try office.values("SELECT phone, guests, email FROM person WHERE id = 'p'") == [["7", 4, "p@x"]])
  }

  @Test("A device with the old app is told of nothing that it does not know, and its digests agree")
  func oldWorld() throws {
    try updateHub()
    let mate = try updateApp(mate)
    try mate.sql("UPDATE person SET email = 'p@x', phone = '1' WHERE id = 'p'")
    try mate.sql("INSERT INTO gift VALUES ('g', 'p', 'book')")
    try fleet.sync(mate)
    let request = try old.replica.nextRequest()
    let response = try #require(try fleet.answer(old, request))
    let runs = try #require(try response.page?.rows.decoded())
    #expect(runs.map(\.table) == [1])
    #expect(runs[0].columns == [2, 3, 4, 5, 6, 7])
    #expect(runs[0].rows[0].stamps.allSatisfy { $0.id.group < 8 })
    #expect(response.schemaVersion == 2)
    _ = try old.replica.receive(response, to: request)
    let asked = HistoryRequest(epoch: try fleet.reader.epoch(), row: runs[0].rows[0].row, schemaVersion: 1)
    let history = try fleet.reader.history(asked, device: try fleet.reader.authenticate(token: "token-old"))
    #expect(history.cells.allSatisfy { $0.cell.group < 8 })
    #expect(history.records.first?.change?.operations.map(\.kind) == [.set(3, ["1"])])
    try mate.sql("DELETE FROM gift")
    for device in [mate, office] { try fleet.sync(device) }
    try office.sql("UPDATE person SET unit = 'u2' WHERE id = 'p'")
    for device in [office, old] { try fleet.sync(device) }
    #expect(try old.values("SELECT id FROM person") == [["q"]])
    try expectNoMismatch()
  }

  @Test("Conflicts and notices about columns that an old app does not know are not told to it")
  func noForeignConflicts() throws {
    let asking = SkewApps.columns.replacing("\"type\": \"text\", \"since\"", with: "\"policy\": \"ask\", \"since\"")
    let schema = SkewApps.newer(columns: asking)
    try updateHub(schema)
    let mate = try fleet.update(mate, to: schema, migration: SkewApps.migration)
    let office = try fleet.update(office, to: schema, migration: SkewApps.migration)
    for device in [mate, office] { try fleet.sync(device) }
    try mate.sql("UPDATE person SET email = '1' WHERE id = 'p'")
    try office.sql("UPDATE person SET email = '2' WHERE id = 'p'")
    try fleet.syncAll()
    try fleet.syncAll()
    #expect(try mate.replica.status().conflicts == 1)
    #expect(try office.replica.status().conflicts == 1)
    #expect(try old.replica.inbox().isEmpty)
    try expectNoMismatch()
  }

  @Test(
    "Before the hub is updated a row gets a value of a new column, is deleted and made anew without it: it stays without it",
    arguments: [false, true])
  func madeAnewWithoutTheNewColumn(atOnce: Bool) throws {
    let new = try updateApp(old)
    let steps = [
      "INSERT INTO person (id, unit, email, score) VALUES ('r', 'u1', 'r@x', 7)", "DELETE FROM person WHERE id = 'r'",
      "INSERT INTO person (id, unit) VALUES ('r', 'u1')",
    ]
    if atOnce {
      // Three commits of another program, of which the next sync makes transactions.
      let shell = try Database(path: new.replica.path, mode: .readWrite)
      for step in steps { try shell.script(step) }
    } else {
      for step in steps { try new.sql(step) }
    }
    try updateHub()
    for device in [new, new, office] { try fleet.sync(device) }
    let office = try updateApp(office)
    for device in [office, new] { try fleet.sync(device) }
    for device in [office, new] {
      #expect(try device.values("SELECT email, score FROM person WHERE id = 'r'") == [[.null, 0]], "\(device.name)")
    }
    try expectNoMismatch()
  }

  @Test(
    "A row made anew says nothing of a new column that nobody gave it, whatever else its deletion did",
    arguments: [false, true])
  func madeAnewBesideNewerWork(atOnce: Bool) throws {
    let new = try updateApp(old)
    let steps = [
      "DELETE FROM person WHERE id = 'q'; UPDATE person SET email = 'p@x' WHERE id = 'p';",
      "INSERT INTO person (id, unit) VALUES ('q', 'u1');",
    ]
    let shell = try Database(path: new.replica.path, mode: .readWrite)
    for step in steps {
      guard atOnce else {
        try new.sql(step)
        continue
      }
      try shell.script(
        "BEGIN; UPDATE relay_boundary SET open = 1; \(step) UPDATE relay_boundary SET open = 0; COMMIT")
    }
    try updateHub()
    for _ in 0..<2 { try fleet.sync(new) }
    func newer(_ id: String) throws -> [UInt32] {
      let cells = try fleet.reader.cells(of: RowID(table: 1, values: [.text(id)])) ?? []
      return Set(cells.map(\.id.group).filter { $0 > 7 }).sorted()
    }
    #expect(try newer("p") == [8])
    #expect(try newer("q").isEmpty)
    try expectNoMismatch()
  }

  @Test("A newer app against an older hub: what the hub cannot know waits and says why; nothing is refused")
  func newerAppOlderHub() throws {
    let new = try updateApp(old)
    try new.sql("UPDATE person SET area = 'North' WHERE id = 'p'")
    try new.sql("INSERT INTO person (id, unit) VALUES ('r', 'u1')")
    try fleet.sync(new)
    #expect(try new.replica.status().waitsFor == nil)
    #expect(try new.replica.status().pending == 0)
    try new.sql("UPDATE person SET email = 'p@x' WHERE id = 'p'")
    try new.sql("INSERT INTO gift VALUES ('g', 'p', 'book')")
    try new.sql("UPDATE person SET phone = '7' WHERE id = 'q'")
    let head = try fleet.reader.head()
    try mate.sql("UPDATE person SET area = 'South' WHERE id = 'q'")
    try fleet.sync(mate)
    try fleet.sync(new)
    var status = try new.replica.status()
    #expect(status.waitsFor == "schema version 2 at the hub")
    #expect(status.pending == 3)
    #expect(status.refused == 0)
    #expect(try fleet.reader.head() == head + 1)
    // What others did arrives all the same, and what waits stays in view.
    #expect(
      try new.values("SELECT id, area, phone, email FROM person ORDER BY id")[..<2]
        == [["p", "North", "0", "p@x"], ["q", "South", "7", .null]])
    #expect(try mate.values("SELECT count(*) FROM person") == [[3]])

    try updateHub()
    try fleet.sync(new)
    status = try new.replica.status()
    #expect(status.waitsFor == nil)
    #expect(status.pending == 0)
    #expect(status.refused == 0)
    let mate = try updateApp(mate)
    try fleet.sync(mate)
    #expect(try mate.values("SELECT id, email FROM person WHERE email IS NOT NULL") == [["p", "p@x"]])
    #expect(try mate.values("SELECT what FROM gift") == [["book"]])
    #expect(try mate.values("SELECT phone FROM person WHERE id = 'q'") == [["7"]])
    try fleet.syncAll()
    try expectNoMismatch()
  }

  @Test("A transaction that is sent to a hub which cannot know it is not judged and takes no dot")
  func tooNewTakesNoDot() throws {
    let new = try updateApp(old)
    try fleet.sync(new)
    try new.sql("UPDATE person SET area = 'North' WHERE id = 'p'")
    try new.sql("UPDATE person SET email = 'p@x' WHERE id = 'p'")
    var request = try new.replica.nextRequest()
    let bytes = try new.replica.exportPending().transactions.map { Hex.bytes($0.bytes) }
    let device = try fleet.reader.authenticate(token: "token-old")
    func push(_ list: [[UInt8]]) throws -> PushOutcome {
      request.push = list
      let job = PushJob(device: device.id, request: request)
      return try fleet.writer.commit([job], now: fleet.clock.now)[0].get()
    }
    let head = try fleet.reader.head()
    #expect(try push(bytes).verdicts.map(\.isAccepted) == [true])
    let error = #expect(throws: RelayError.self) { try push([bytes[1]]) }
    #expect(error?.code == .schemaTooNew)
    #expect(try fleet.reader.head() == head + 1)
    try updateHub()
    #expect(try push([bytes[1]]).verdicts.map(\.isAccepted) == [true])
  }

  @Test("A hub that was put back to an older schema: the newer work waits again instead of stopping everything")
  func hubKnowsLessThanItSaid() async throws {
    let new = try updateApp(old)
    // As if the hub had said so before it was put back.
    try Database(path: new.replica.path, mode: .readWrite).script("UPDATE relay_schema SET hub = 2")
    try new.sql("UPDATE person SET email = 'p@x' WHERE id = 'p'")
    let report = try await new.replica.sync(with: FleetTransport(fleet), options: FleetTransport.options)
    #expect(report.base == (try fleet.reader.head()))
    #expect(try new.replica.status().waitsFor == "schema version 2 at the hub")
  }

  @Test(
    "A device that is updated gets the rows in which something is new, and no others", arguments: ["old", "office"])
  func upgradeSendsOnlyWhatIsNew(_ name: String) throws {
    let many = (0..<200).map { "('n\($0)', 'u1')" }.joined(separator: ", ")
    try mate.sql("INSERT INTO person (id, unit) VALUES \(many)")
    try fleet.syncAll()
    try fleet.syncAll()
    try updateHub()
    let mate = try updateApp(mate)
    try fleet.sync(mate)
    try mate.sql("UPDATE person SET email = 'n7@x' WHERE id = 'n7'")
    try mate.sql("UPDATE person SET score = score + 2 WHERE id = 'n9'")
    try mate.sql("UPDATE person SET score = score + 2, area = 'North' WHERE id = 'n10'")
    try mate.sql("UPDATE person SET score = score - 2 WHERE id = 'n10'")
    try mate.sql("INSERT INTO gift VALUES ('g', 'n9', 'book')")
    try fleet.sync(mate)
    let before = try #require(fleet.devices.first { $0.name == name })
    try fleet.sync(before)
    let updated = try updateApp(before)
    #expect(try rowsOnTheWire(updated) == ["1 n7", "1 n9", "3 g"])
    let shown = try updated.values(
      "SELECT id, email, score FROM person WHERE email IS NOT NULL OR score <> 0 ORDER BY 1")
    #expect(shown == [["n7", "n7@x", 0], ["n9", .null, 2]])
    #expect(try updated.values("SELECT id, person FROM gift") == [["g", "n9"]])
    #expect(try rowsOnTheWire(updated) == [])
    try expectNoMismatch()
  }

  @Test("A nullable column that nobody has filled sends nothing to a device that is updated")
  func nullableColumnSendsNothing() throws {
    try updateHub()
    try mate.sql("UPDATE person SET area = 'North'")
    try fleet.syncAll()
    try fleet.syncAll()
    let updated = try updateApp(office)
    #expect(try rowsOnTheWire(updated) == [])
    #expect(try updated.replica.nextRequest().installed == nil)
    try expectNoMismatch()
  }

  @Test("An upgrade in many pages that is cut, and overtaken by writers, ends right")
  func upgradeInPages() throws {
    try updateHub()
    let mate = try updateApp(mate)
    for i in 0..<40 { try mate.sql("INSERT INTO person (id, unit, email) VALUES ('n\(i)', 'u1', 'x')") }
    try fleet.sync(mate)
    try fleet.sync(old)
    let updated = try updateApp(old)
    for round in 0..<6 {
      #expect(
        try fleet.roundTrip(updated, pageBytes: 300, loss: round % 2 == 0 ? .none : .response) != .installed(base: 0))
      try mate.sql("UPDATE person SET email = 'y\(round)' WHERE id = 'n\(round * 5)'")
      try fleet.sync(mate)
    }
    #expect(try updated.values("SELECT count(email) FROM person") == [[0]])
    try fleet.sync(updated, pageBytes: 300)
    let all = "SELECT id, email FROM person ORDER BY id"
    #expect(try updated.values(all) == mate.values(all))
    try expectNoMismatch()
  }

  @Test("Two people fill a new column, one of them before the device was upgraded: both values are known to somebody")
  func newColumnIsNotCoveredUnseen() throws {
    try updateHub()
    let mate = try updateApp(mate)
    try mate.sql("UPDATE person SET email = 'mate@x' WHERE id = 'p'")
    try fleet.sync(mate)
    // The old app stands at a base that lies behind the e-mail, which it was not told of.
    try fleet.sync(old)
    let updated = try updateApp(old)
    fleet.clock.advance(1000)
    try updated.sql("UPDATE person SET email = 'late@x' WHERE id = 'p'")
    try fleet.sync(updated)
    try fleet.syncAll()
    #expect(try mate.values("SELECT email FROM person WHERE id = 'p'") == [["late@x"]])
    let notice = try #require(try mate.replica.inbox().first { $0.kind == .notice })
    #expect(notice.column == "email")
    #expect(notice.others == "'mate@x'")
    try expectNoMismatch()
  }

  @Test("Work that a foreign tool left under the old app becomes edits, and the new column is not touched by it")
  func residueOfTheOldApp() throws {
    try updateHub()
    try Database(path: old.replica.path, mode: .readWrite).script("UPDATE person SET area = 'North' WHERE id = 'p'")
    let migration = SkewApps.migration + "UPDATE person SET email = phone || '@x' WHERE id = 'q'"
    let updated = try fleet.update(old, to: SkewApps.new.schema, migration: migration)
    let pending = try updated.replica.exportPending().transactions.flatMap(\.rows)
    #expect(pending.map(\.key) == [[.text("p")], [.text("q")]])
    #expect(pending.map { $0.operations.map(\.columns) } == [[["area"]], [["email"]]])
    try fleet.sync(updated)
    let office = try updateApp(office)
    try fleet.sync(office)
    #expect(
      try office.values("SELECT id, area, email FROM person ORDER BY id")
        == [["p", "North", .null], ["q", .null, "0@x"]])
    try fleet.syncAll()
    try expectNoMismatch()
  }

  /// Syncs a device and lists the rows that it was sent.
  private func rowsOnTheWire(_ device: Fleet.Device) throws -> [String] {
    var rows: [String] = []
    for _ in 0..<20 {
      let request = try device.replica.nextRequest()
      let response = try #require(try fleet.answer(device, request))
      for run in try response.page?.rows.decoded() ?? [] {
        rows += run.rows.map { row in "\(run.table) \((try? row.row.values())?.first?.text ?? "?")" }
      }
      if case .installed = try device.replica.receive(response, to: request) { return rows.sorted() }
    }
    throw RelayError(.invariant, "\(device.name) does not come to an end")
  }
}

enum Hex {
  static func bytes(_ text: String) -> [UInt8] {
    var out: [UInt8] = []
    var rest = text[...]
    while rest.count >= 2 {
      out.append(UInt8(rest.prefix(2), radix: 16) ?? 0)
      rest = rest.dropFirst(2)
    }
    return out
  }
}
