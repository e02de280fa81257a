import Relay
import RelayHub
internal import RelayMerge
internal import RelayProtocol
import TestSupport
import Testing

/// The hub's schema is updated, renamed and cut off, with devices at work.
@Suite struct SchemaUpdateTests {
  let fleet: Fleet
  let a: Fleet.Device
  let b: Fleet.Device

  init() throws {
    (fleet, a, b) = try Fleet.pair()
    try a.sql("INSERT INTO person (id, unit, phone) VALUES ('p', 'u1', '0')")
    for device in [a, b, a] { try fleet.sync(device) }
  }

  @Test("An update says what it adds; asked to check only, it changes nothing")
  func saysWhatChanges() throws {
    let expected = [
      "version 1 becomes 2", "column 'person.email' is added (since 2)", "column 'person.score' is added (since 2)",
      "table 'gift' is added (since 2)",
    ]
    #expect(try fleet.writer.update(schema: SkewApps.new.schema, checkOnly: true) == expected)
    #expect(try fleet.reader.schemaVersion() == 1)
    #expect(try fleet.writer.update(schema: SkewApps.new.schema) == expected)
    #expect(try fleet.reader.schemaVersion() == 2)
    #expect(try fleet.writer.update(schema: SkewApps.new.schema) == [])
  }

  @Test(
    "A schema that does not continue the one in force is refused with the place that differs",
    arguments: [
      ("\"policy\": \"ask\"", "\"policy\": \"lww\"", "how 'person.phone' merges"),
      ("\"id\": 4, \"name\": \"area\"", "\"id\": 14, \"name\": \"area\"", "column 'person.area'"),
      ("\"name\": \"area\", \"type\": \"text\"", "\"name\": \"area\", \"type\": \"integer\"", "column 'person.area'"),
      ("\"roles\": [\"field\"]", "\"roles\": [\"field\", \"boss\"]", "the roles"),
      ("\"scopes\": [\"unit/{unit}\"]", "\"scopes\": [\"units/{unit}\"]", "scopes, homes or parent of 'person'"),
      ("{ \"id\": 2, \"name\": \"visit\"", "{ \"id\": 7, \"name\": \"visit\"", "table 'visit'"),
      (", \"since\": 2, \"key\"", ", \"key\"", "table 'gift'"),
    ])
  func refusesWhatDiffers(_ what: String, _ replacement: String, _ place: String) throws {
    let schema = SkewApps.newer(replacing: [(what, replacement)])
    let error = #expect(throws: RelayError.self) { try fleet.writer.update(schema: schema) }
    #expect(error?.code == .schemaMismatch)
    #expect(error?.message.contains(place) == true, "\(error?.message ?? "")")
    #expect(try fleet.reader.schemaVersion() == 1)
    // The file of an app is held to the same.
    let same = #expect(throws: RelayError.self) {
      try fleet.update(a, to: schema, migration: SkewApps.migration)
    }
    #expect(same?.code == .schemaMismatch)
    #expect(same?.message.contains(place) == true)
    try fleet.sync(b)
  }

  @Test("Back to an older version goes neither at the hub nor on a device")
  func noWayBack() throws {
    _ = try fleet.writer.update(schema: SkewApps.new.schema)
    let error = #expect(throws: RelayError.self) { try fleet.writer.update(schema: SkewApps.old.schema) }
    #expect(error?.code == .schemaMismatch)
    let updated = try fleet.update(a, to: SkewApps.new.schema, migration: SkewApps.migration)
    // The old app is still open on the same file, and must not seal what it cannot see.
    try updated.sql("UPDATE person SET email = 'p@x'")
    try Database(path: a.replica.path, mode: .readWrite).script("UPDATE person SET email = 'q@x'")
    let older = #expect(throws: RelayError.self) { try a.sql("UPDATE person SET area = 'North'") }
    #expect(older?.code == .schemaMismatch)
    #expect(older?.advice.contains("newer app") == true)
    try fleet.sync(updated)
    let office = try fleet.add("office", scopes: ["*"], skew: 0, app: SkewApps.new)
    try fleet.sync(office)
    #expect(try office.values("SELECT email, area FROM person") == [["q@x", .null]])
  }

  @Test("A column and a table get other names: each side follows by id, in its own time, whatever is pending")
  func rename() throws {
    try a.sql("UPDATE person SET phone = '1'")
    try b.sql("UPDATE person SET phone = '2'")
    for device in [a, b, a] { try fleet.sync(device) }
    try a.sql("UPDATE person SET area = 'North'; INSERT INTO visit VALUES ('v', 'p', 'seen')")
    let renamed = String(decoding: Fleet.schema, as: UTF8.self)
      .replacing("\"name\": \"phone\"", with: "\"name\": \"mobile\"")
      .replacing("\"name\": \"person\", \"key\"", with: "\"name\": \"people\", \"key\"")
      .replacing("\"table\": \"person\" }", with: "\"table\": \"people\" }")
      .replacing("\"name\": \"fleet\"", with: "\"name\": \"navy\"")
    let changes = try fleet.writer.update(schema: Array(renamed.utf8))
    #expect(
      changes == ["table 'person' is called 'people'", "column 'people.phone' is called 'mobile'"])
    let migration = "ALTER TABLE person RENAME TO people; ALTER TABLE people RENAME COLUMN phone TO mobile"
    let updated = try fleet.update(a, to: Array(renamed.utf8), migration: migration)
    let item = try #require(try updated.replica.inbox().first { $0.kind == .conflict })
    #expect((item.table, item.column) == ("people", "mobile"))
    try Database(path: updated.replica.path, mode: .readWrite).script("UPDATE people SET guests = 4")
    try updated.replica.resolve(item.id, .values(["3"]))
    try fleet.syncAll()
    try fleet.syncAll()
    #expect(try updated.values("SELECT mobile, area, guests FROM people") == [["3", "North", 4]])
    #expect(try b.values("SELECT phone, area, guests FROM person") == [["3", "North", 4]])
    #expect(try b.values("SELECT note FROM visit") == [["seen"]])
    for device in fleet.devices {
      let status = try device.replica.status()
      #expect(status.mismatch == [])
      #expect(status.conflicts == 0)
      #expect(!status.wasRebuilt)
    }
  }

  @Test("A device that is too old is told so; it works on, and what waits can be read in a file")
  func tooOld() async throws {
    try a.sql("UPDATE person SET area = 'North'")
    _ = try fleet.writer.update(schema: SkewApps.newer(oldest: 2))
    let error = #expect(throws: RelayError.self) { try fleet.sync(a) }
    #expect(error?.code == .schemaTooOld)
    #expect(error?.message == "this hub serves versions 2 to 2, the device has 1")
    try a.sql("INSERT INTO visit VALUES ('v', 'p', 'seen')")
    #expect(try a.values("SELECT note FROM visit") == [["seen"]])
    let export = try a.replica.exportPending()
    #expect(export.transactions.map(\.state) == ["pending", "pending"])
    let row = try #require(export.transactions[0].rows.first)
    #expect(row.table == "person")
    #expect(row.key == [.text("p")])
    #expect(row.base == 1)
    #expect(row.operations.map(\.kind) == ["set"])
    #expect(row.operations.map(\.columns) == [["area"]])
    #expect(row.operations.map(\.values) == [[.text("North")]])
    #expect(export.transactions[1].rows[0].operations[0].columns == ["person", "note"])
    let first = try Transaction(decoding: Hex.bytes(export.transactions[0].bytes))
    #expect(first.rows[0].operations.map(\.kind) == [.set(4, ["North"])])

    let updated = try fleet.update(a, to: SkewApps.new.schema, migration: SkewApps.migration)
    let schema = SkewApps.newer(oldest: 2)
    #expect(try SyncSchema(json: schema).hash == updated.replica.schema.hash)
    // It still believes the hub to be as old as it was.
    _ = try await updated.replica.sync(with: FleetTransport(fleet), options: FleetTransport.options)
    #expect(try updated.replica.status().pending == 0)
    #expect(try updated.replica.exportPending().transactions.isEmpty)
    let late = #expect(throws: RelayError.self) { try fleet.add("late", "unit/u1") }
    #expect(late?.code == .schemaTooOld)
  }

  @Test("Pages of a pull by a newer app are void once the hub knows more")
  func pagesAreVoid() throws {
    let many = (0..<30).map { "('n\($0)', 'u1')" }.joined(separator: ", ")
    try a.sql("INSERT INTO person (id, unit) VALUES \(many)")
    try fleet.sync(a)
    let new = try fleet.add("new", scopes: ["unit/u1"], skew: 0, app: SkewApps.new)
    // It does not know yet that the hub is older.
    try Database(path: new.replica.path, mode: .readWrite).script("UPDATE relay_schema SET hub = 0")
    let first = try new.replica.nextRequest(pageBytes: 200)
    #expect(first.schemaVersion == 2)
    let page = try #require(try fleet.answer(new, first))
    #expect(page.schemaVersion == 1)
    var second = first
    second.pull?.token = try #require(page.page?.token)
    #expect(try fleet.answer(new, second) != nil)
    _ = try fleet.writer.update(schema: SkewApps.new.schema)
    #expect(try fleet.answer(new, second) == nil)
    try fleet.sync(new)
    #expect(try new.values("SELECT count(*) FROM person") == [[31]])
    #expect(try new.replica.status().mismatch == [])
  }

  @Test("A hash that is no version of the hub's schema is turned away, also where no version is named")
  func hashes() throws {
    _ = try fleet.writer.update(schema: SkewApps.new.schema)
    let device = try fleet.reader.authenticate(token: "token-a")
    var request = try a.replica.nextRequest()
    request.schemaVersion = nil
    _ = try fleet.reader.pull(request, device: device)
    request.schemaHash = .zero
    for version: UInt64? in [nil, 1, 2] {
      request.schemaVersion = version
      let error = #expect(throws: RelayError.self) { try fleet.reader.pull(request, device: device) }
      #expect(error?.code == .schemaMismatch)
    }
  }
}
