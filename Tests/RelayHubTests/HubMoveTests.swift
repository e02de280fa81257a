import Foundation
@testable import RelayHub
internal import RelayHubPostgres
internal import RelayMerge
import RelayProtocol
import TestSupport
import Testing

/// A hub that goes from one place to another, whole.
@Suite struct HubMoveTests {
  private let office: Office
  private var place: HubPlace { office.place }

  init() throws { office = try Office([("a", ["unit/x"]), ("all", ["*"])]) }

  /// A file, or another schema of the database that tests run over.
  private func elsewhere() throws -> HubPlace { try TestStore.place(office.directory + "-new") }

  @Test(
    "Everything is there afterwards, and the old place says where the hub went", .enabled(if: TestStore.database == nil)
  )
  func moved() throws {
    for at in 1...5 { _ = try office.push("a", office.sealed(1000, Office.row("m\(at)"), office.member("x"))) }
    let (before, last) = (try office.reader.status(), try office.reader.session.store.log.logHash(5))
    let target = try elsewhere()
    #expect(try HubPlace.move(from: place, to: target) > 10)
    let reader = try target.reader()
    #expect(try reader.status() == before)
    #expect(try reader.session.store.log.logHash(5) == last)
    #expect(try reader.authenticate(token: "t-a").name == "a")
    // What was open, and what is opened now, refuses.
    for _ in 0..<2 {
      let error = #expect(throws: RelayError.self) { try place.reader() }
      #expect(error?.message.contains("moved to") == true)
      #expect(throws: RelayError.self) {
        try office.push("a", office.sealed(1000, Office.row("n"), office.member("x")))
      }
    }
  }

  @Test("A place that has a hub is refused, and nothing changes there or here", .enabled(if: TestStore.database == nil))
  func occupied() throws {
    let target = try elsewhere()
    try target.create(schema: Array(Office.json.utf8), organisation: Hash128(high: 9, low: 9), epoch: Office.epoch)
    let error = #expect(throws: RelayError.self) { try HubPlace.move(from: place, to: target) }
    #expect(error?.code == .usage)
    #expect(try target.reader().organisation == Hash128(high: 9, low: 9))
    #expect(try office.push("a", office.sealed(1000, Office.row("m"), office.member("x")))[0].isAccepted)
  }

  @Test("A copy knows every column of every table of the store", .enabled(if: TestStore.database == nil))
  func columns() throws {
    let db = try SQLiteHub(directory: office.directory, .reads)
    let tables = try db.query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name") { $0.text(0) }
    #expect(StoredTable.all.map(\.name).sorted() == tables)
    for table in StoredTable.all {
      let columns = try db.query("SELECT name, type FROM pragma_table_info('\(table.name)') ORDER BY cid") {
        ($0.text(0), $0.text(1))
      }
      #expect(table.columns.map(\.name) == columns.map(\.0), "\(table.name)")
      let kinds: [StoredTable.Kind] = columns.map { $0.1 == "TEXT" ? .text : $0.1 == "BLOB" ? .bytes : .number }
      #expect(table.columns.map(\.kind) == kinds, "\(table.name)")
    }
  }

  @Test(
    "Wherever the machine stops in a move: never do both places serve, and the same call ends it",
    .enabled(if: TestStore.database == nil), arguments: [true, false])
  func cutOff(afterTheCopy: Bool) throws {
    for at in 1...5 { _ = try office.push("a", office.sealed(1000, Office.row("m\(at)"), office.member("x"))) }
    let target = try elsewhere()
    guard case .directory(let from) = place, case .directory(let to) = target else { return }
    func copy() throws -> HubCopy {
      HubCopy(from: try SQLiteHub(directory: from, .writes), to: try SQLiteHub(directory: to, .creates))
    }
    if afterTheCopy {
      #expect(try copy().run(to: target.name) > 10)
      #expect(try target.reader().status().head == 5)
    } else {
      // The machine stops here.
      #expect(try copy().close(for: target.name) == false)
      #expect(throws: RelayError.self) { try target.reader() }
    }
    #expect(throws: RelayError.self) { try place.reader() }
    #expect(throws: RelayError.self) { try office.push("a", office.sealed(1000, Office.row("n"), office.member("x"))) }
    #expect(try (HubPlace.move(from: place, to: target) == 0) == afterTheCopy)
    #expect(try target.reader().status().head == 5)
    #expect(throws: RelayError.self) { try place.reader() }
    // What was finished is not taken back.
    #expect(throws: RelayError.self) { try HubPlace.withdraw(from: place, to: target) }
  }

  @Test(
    "A move that cannot be ended is taken back, and the old place serves on", .enabled(if: TestStore.database == nil))
  func withdrawn() throws {
    let target = try elsewhere()
    guard case .directory(let from) = place, case .directory(let to) = target else { return }
    let copy = HubCopy(from: try SQLiteHub(directory: from, .writes), to: try SQLiteHub(directory: to, .creates))
    _ = try copy.close(for: target.name)
    #expect(throws: RelayError.self) { try HubPlace.move(from: place, to: .directory(to + "-other")) }
    try HubPlace.withdraw(from: place, to: target)
    #expect(try place.reader().status().head == 0)
    #expect(try office.push("a", office.sealed(1000, Office.row("m"), office.member("x")))[0].isAccepted)
  }

  @Test("From a file into PostgreSQL and back: the same hub", .enabled(if: TestStore.database != nil))
  func thereAndBack() throws {
    for at in 1...5 { _ = try office.push("a", office.sealed(1000, Office.row("m\(at)"), office.member("x"))) }
    let before = try office.reader.status()
    let file = office.directory + "-file"
    try FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: file) }
    #expect(try HubPlace.move(from: place, to: .directory(file)) > 10)
    #expect(try HubPlace.directory(file).reader().status() == before)
    let again = try elsewhere()
    _ = try HubPlace.move(from: .directory(file), to: again)
    #expect(try again.reader().status() == before)
    #expect(throws: RelayError.self) { try office.push("a", office.sealed(1000, Office.row("n"), office.member("x"))) }
  }
}
