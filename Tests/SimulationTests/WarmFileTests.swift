internal import RelayProtocol
internal import RelaySQLite
import Testing

@testable import RelaySimulation

/// Connections that go from the file of a process that has ended to the file of the next one.
@Suite struct WarmFileTests {
  /// Each test has one of its own: what has ended is anybody's.
  private let kind = WarmFile.Kind(name: "notes \(UInt64.random(in: .min ... .max))", path: "/notes.db", cookie: 1)

  /// A file with a note, in the log beside the database or in the database itself.
  private func disk(_ seed: UInt64, _ text: String, isLogged: Bool = true) throws -> SimulatedDisk {
    let disk = SimulatedDisk(seed: seed)
    let process = SimulatedProcess(on: disk, seed: seed) { 0 }
    let db = try Database(path: kind.path, mode: .create, vfs: process.name)
    try db.script("CREATE TABLE note (text TEXT); INSERT INTO note VALUES ('\(text)')")
    if !isLogged { try db.script("PRAGMA wal_checkpoint(TRUNCATE)") }
    process.kill()
    return disk
  }

  private func begin(_ file: WarmFile, _ disk: SimulatedDisk) -> SimulatedProcess {
    let process = SimulatedProcess(on: disk, seed: 1, file.system) { 0 }
    file.begin(process)
    return process
  }

  private func notes(_ db: Database) throws -> [Value] {
    try db.query("SELECT text FROM note ORDER BY text") { (row) throws(RelayError) in row[0] }
  }

  @Test("A connection reads the file that it is put under, also where it was killed in the middle of a transaction")
  func anotherFile() throws {
    let (one, two) = (try disk(1, "one"), try disk(2, "two"))
    let file = WarmFile.take(kind)
    var process = begin(file, one)
    let first = try file.connect(.readWrite)
    #expect(try notes(first) == [.text("one")])
    process.die(in: 2)
    #expect(throws: RelayError.self) {
      try first.script("BEGIN IMMEDIATE; INSERT INTO note VALUES ('lost'); COMMIT")
    }
    #expect(!process.isAlive)
    file.end()

    process = begin(file, two)
    let second = try file.connect(.readWrite)
    #expect(second === first)
    let beside = try file.connect(.readOnly)
    #expect(try notes(second) == [.text("two")])
    try second.script("INSERT INTO note VALUES ('more')")
    #expect(try notes(beside) == [.text("more"), .text("two")])
    process.kill()
    file.end()

    // What the one file had is there still, and the other one's is not.
    process = begin(file, one)
    #expect(try notes(try file.connect(.readOnly)) == [.text("one")])
    process.kill()
    file.end()
  }

  @Test("No connection goes to a file that has nothing in its log: it would take it for the one before")
  func emptyLogs() throws {
    let disks = [try disk(1, "one", isLogged: false), try disk(2, "two", isLogged: false)]
    let file = WarmFile.take(kind)
    var opened: [Database] = []
    for (disk, text) in zip(disks, ["one", "two"]) {
      let process = begin(file, disk)
      let connections = [try file.connect(.readOnly), try file.connect(.readOnly)]
      for db in connections { #expect(try notes(db) == [.text(text)]) }
      #expect(!connections.contains { db in opened.contains { $0 === db } })
      opened += connections
      process.kill()
      file.end()
    }
  }

  @Test("While something waits to happen to a process, each call to its disk is made")
  func opened() throws {
    let file = WarmFile.take(kind)
    var process = begin(file, try disk(1, "one"))
    let first = try file.connect(.readWrite)
    process.kill()
    file.end()
    process = begin(file, try disk(2, "two"))
    process.die(in: 3)
    #expect(throws: RelayError.self) { try file.connect(.readWrite) }
    #expect(!process.isAlive)
    #expect(first.path == kind.path)
  }

  @Test("A connection does not go on where the schema is another one, or where it has tables of its own")
  func anotherSchema() throws {
    let file = WarmFile.take(kind)
    var process = begin(file, try disk(1, "one"))
    let first = try file.connect(.readWrite)
    process.kill()
    file.end()
    let other = try disk(2, "two")
    let maker = SimulatedProcess(on: other, seed: 3) { 0 }
    try Database(path: kind.path, mode: .readWrite, vfs: maker.name).script("CREATE TABLE more (id INTEGER)")
    maker.kill()
    process = begin(file, other)
    let second = try file.connect(.readWrite)
    #expect(second !== first)
    #expect(try notes(second) == [.text("two")])
    try second.script("CREATE TEMP TABLE mine (id INTEGER)")
    process.kill()
    file.end()
    process = begin(file, other)
    #expect(try file.connect(.readWrite) !== second)
    process.kill()
  }
}
