import Relay
internal import RelayProtocol
import RelaySimulation
import Testing

/// Programs that are killed, and power that goes, at any call to the disk while a file looks at what lies beside it.
@Suite struct SidecarTests {
  private static let schema = Array(
    """
    { "name": "notes", "version": 1, "roles": ["all"], "tables": [
      { "id": 1, "name": "note", "key": ["id"], "scopes": ["all"], "homes": ["all"],
        "columns": [ { "id": 1, "name": "id", "type": "integer" }, { "id": 2, "name": "text", "type": "text" } ],
        "access": { "all": { "read": true, "write": true } } } ] }
    """.utf8)
  private let disk = SimulatedDisk(seed: 7)

  /// A program on the disk; its random source never says the same twice.
  private final class Program {
    let process: SimulatedProcess
    let environment: Environment

    init(_ disk: SimulatedDisk, _ seed: UInt64) {
      process = SimulatedProcess(on: disk, seed: seed) { 0 }
      var environment = Environment(now: { 1 }, random: { .random(in: .min ... .max) }, vfs: process.name)
      // A test is one thread.
      nonisolated(unsafe) let disk = disk
      environment.fileID = { disk.fileID($0) }
      self.environment = environment
    }

    /// Writes notes until something goes wrong.
    ///
    /// - Returns: those that were acknowledged.
    func work(_ notes: ClosedRange<Int>) -> [Int] {
      var done: [Int] = []
      do {
        let replica = try open()
        for note in notes {
          try replica.write { (db) throws(RelayError) in
            try db.execute("INSERT INTO note VALUES (?, 'x')", [.integer(Int64(note))])
          }
          done.append(note)
        }
      } catch {}
      return done
    }

    func open() throws(RelayError) -> Replica {
      try Replica(at: "/app.db", schema: SidecarTests.schema, environment: environment) { (db) throws(RelayError) in
        try db.script("CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT)")
      }
    }
  }

  private func look(_ seed: UInt64) throws -> (replica: ReplicaID, notes: [Int], found: Int64?, pending: Int) {
    let replica = try Program(disk, seed).open()
    let notes = try replica.read { (db) throws(RelayError) in
      try db.query("SELECT id FROM note ORDER BY id") { (row) throws(RelayError) in Int(row[0].integer ?? 0) }
    }
    let status = try replica.status()
    return (status.replica, notes, status.foundCopied, status.pending)
  }

  enum End: CaseIterable { case kill, power }

  @Test(
    "Nobody is taken for a copy because a program was killed, and nothing is lost when the power goes",
    arguments: End.allCases)
  func anyCall(end: End) throws {
    #expect(Program(disk, 1).work(1...2) == [1, 2])
    let (base, name) = (disk.image(), try look(2).replica)
    var deaths = 0
    for call in 1...400 {
      disk.put(base)
      let program = Program(disk, UInt64(call))
      program.process.die(in: call)
      let done = program.work(3...6)
      guard program.process.diedAt != nil else { break }
      deaths += 1
      program.process.kill()
      if end == .power { disk.cut(PowerCut.allCases[call % 4]) }
      let found = try look(1000)
      #expect(Set(found.notes).isSuperset(of: [1, 2] + done), "\(call)")
      #expect(found.pending == found.notes.count, "\(call)")
      // A write that was cut in the middle may have been the sidecar's: that is what nobody can read.
      guard end == .kill, program.process.diedAt != .write else { continue }
      #expect(found.replica == name && found.found == nil, "\(call)")
    }
    #expect(deaths > 40)
  }

  @Test(
    "A file that was put back is found out, wherever the first program that looks at it is killed",
    arguments: End.allCases)
  func putBack(end: End) throws {
    #expect(Program(disk, 1).work(1...2) == [1, 2])
    let (copy, name) = (disk.image(), try look(2).replica)
    #expect(Program(disk, 3).work(3...4) == [3, 4])
    let sidecar = disk.image()
    var deaths = 0
    for call in 1...400 {
      disk.put(copy.with(sidecar, beside: "/app.db"), as: .writtenOver)
      let program = Program(disk, UInt64(call))
      program.process.die(in: call)
      let done = program.work(5...6)
      guard program.process.diedAt != nil else { break }
      deaths += 1
      program.process.kill()
      if end == .power { disk.cut(PowerCut.allCases[call % 4]) }
      let found = try look(1000)
      #expect(found.replica != name && found.found != nil, "\(call)")
      #expect(Set(found.notes).isSuperset(of: [1, 2] + done) && !found.notes.contains(3), "\(call)")
      #expect(found.pending == found.notes.count, "\(call)")
    }
    #expect(deaths > 40)
  }
}
