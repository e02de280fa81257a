import Foundation
import Relay
internal import RelayProtocol
import TestSupport
import Testing

/// Copies of a file that find out what they are before they write, by what lies beside them (rule 26).
@Suite struct SidecarStories {
  let fleet: Fleet
  let b: Fleet.Device
  let path: String
  let random = Chance()

  /// A source that never says the same twice, as a machine's does not.
  final class Chance: Sendable {
    func next() -> UInt64 { .random(in: .min ... .max) }
  }

  init() throws {
    fleet = try Fleet(fileID: { SidecarStories.number($0) })
    let a = try fleet.add("a", "unit/u1")
    b = try fleet.add("b", "unit/u1")
    path = a.replica.path
    try a.sql("INSERT INTO person (id, unit, phone, guests) VALUES ('p', 'u1', '0', 1)")
    try fleet.settle()
    fleet.end(a)
  }

  private static func number(_ path: String) -> UInt64? {
    let about = try? FileManager.default.attributesOfItem(atPath: path)
    return (about?[.systemFileNumber] as? NSNumber)?.uint64Value
  }

  private var sidecar: String { path + Replica.sidecarSuffix }

  /// The app starts on the file; it ends with the closure.
  private func session(_ path: String? = nil, _ body: (Fleet.Device) throws -> Void) throws {
    try body(try fleet.open(path ?? self.path, as: "a", bits: random.next()))
  }

  private func settle(_ devices: Fleet.Device...) throws {
    for _ in 0..<3 { for device in devices { try fleet.sync(device) } }
  }

  private func backUp(to name: String) throws -> String {
    let copy = fleet.folder + "/" + name
    try Database(path: path, mode: .readWrite).script("VACUUM INTO '\(copy)'")
    return copy
  }

  /// Over the file that is there, as a program does that only writes bytes.
  private func putBack(_ copy: String) throws {
    let bytes = try #require(FileManager.default.contents(atPath: copy))
    for ending in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + ending) }
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.truncate(atOffset: 0)
    try handle.write(contentsOf: bytes)
    try handle.close()
  }

  private func move(_ from: String, _ to: String) throws {
    try FileManager.default.moveItem(atPath: from, toPath: to)
  }

  private func replica(_ device: Fleet.Device) throws -> ReplicaID { try device.replica.status().replica }

  private func isWhole(_ devices: Fleet.Device..., forks: Int64 = 0) throws {
    for device in devices {
      #expect(try device.replica.status().pending == 0)
      #expect(try device.replica.status().mismatch.isEmpty)
      #expect(try device.replica.inbox().isEmpty)
      #expect(try device.values("SELECT count(*) FROM relay_replica WHERE first > 0") == [[.integer(forks)]])
      #expect(
        try device.values("SELECT * FROM person ORDER BY id") == b.values("SELECT * FROM person ORDER BY id"))
    }
  }

  @Test("A phone is put back to yesterday's copy, works on without a network, and writes under a name of its own")
  func putBack() throws {
    var old = ReplicaID(bits: 0)
    let yesterday = try backUp(to: "yesterday.db")
    try session { a in
      try a.sql("UPDATE person SET guests = guests + 1")
      try fleet.sync(a)
      old = try replica(a)
    }
    try putBack(yesterday)
    try session { a in
      #expect(try replica(a) != old)
      #expect(try a.replica.status().foundCopied == fleet.clock.now)
      try a.sql("UPDATE person SET guests = guests + 10")
      try a.sql("INSERT INTO visit VALUES ('v', 'p', 'after')")
      try settle(a, b)
      try isWhole(a)
      #expect(try b.values("SELECT guests FROM person") == [[12]])
      old = try replica(a)
    }
    // It is told once: what is found is found, and the next start is like any other.
    try session { (a) throws in #expect(try replica(a) == old) }
  }

  /// What another program writes; Relay does not look at it before the next start.
  private func shell(_ sql: String) throws {
    fleet.clock.set(Int64(Date().timeIntervalSince1970 * 1000))
    try Database(path: path, mode: .readWrite).script(sql)
  }

  @Test("What another program had written when a file was copied counts once and as of then, whoever seals it")
  func unsealed() throws {
    var old = ReplicaID(bits: 0)
    try shell("UPDATE person SET guests = guests + 1, phone = '1', area = 'then'")
    try shell("INSERT INTO visit VALUES ('v', 'p', 'then')")
    let yesterday = try backUp(to: "yesterday.db")
    fleet.clock.advance(60_000)
    try session { a in
      try fleet.sync(a)
      old = try replica(a)
    }
    fleet.clock.advance(60_000)
    try fleet.sync(b)
    try b.sql("UPDATE person SET phone = '2', area = 'later'")
    try fleet.sync(b)
    fleet.clock.advance(86_400_000)
    try putBack(yesterday)
    try session { a in
      #expect(try replica(a) != old)
      try a.sql("UPDATE person SET guests = guests + 10")
      try settle(a, b)
      try isWhole(a)
    }
    #expect(try b.values("SELECT guests, phone, area FROM person") == [[12, "2", "later"]])
    #expect(try b.replica.inbox().isEmpty)
  }

  @Test("A choice that another program had written when a file was copied is made once and as of then")
  func chosen() throws {
    try session { a in
      try a.sql("UPDATE person SET phone = '1'")
      try b.sql("UPDATE person SET phone = '2'")
      try settle(b, a)
    }
    try shell("UPDATE relay_inbox SET choice = 1 WHERE kind = 'conflict'")
    let yesterday = try backUp(to: "yesterday.db")
    fleet.clock.advance(60_000)
    try session { (a) throws in try settle(a, b) }
    let chosen = try b.values("SELECT phone FROM person")
    try b.sql("UPDATE person SET phone = '3'")
    try fleet.sync(b)
    fleet.clock.advance(86_400_000)
    try putBack(yesterday)
    try session { a in
      try settle(a, b)
      try isWhole(a)
    }
    #expect(chosen != [["3"]])
    #expect(try b.values("SELECT phone FROM person") == [["3"]])
    #expect(try b.replica.inbox().isEmpty)
  }

  @Test("What another program had written when a file was copied arrives also where nothing but the copy is left")
  func unsealedSurvivor() throws {
    try shell("UPDATE person SET guests = guests + 1")
    let yesterday = try backUp(to: "yesterday.db")
    try FileManager.default.removeItem(atPath: sidecar)
    try putBack(yesterday)
    try session { a in
      try shell("UPDATE person SET guests = guests + 10")
      try settle(a, b)
      try isWhole(a)
    }
    #expect(try b.values("SELECT guests FROM person") == [[12]])
  }

  @Test("Two copies of one file, one beside what was copied along and one without, both work offline: nothing parts")
  func clones() throws {
    var names: Set<ReplicaID> = []
    try session { (a) throws in try a.sql("UPDATE person SET area = 'pending'") }
    let (second, third) = (fleet.folder + "/second.db", fleet.folder + "/third.db")
    for copy in [second, third] { try FileManager.default.copyItem(atPath: path, toPath: copy) }
    try FileManager.default.copyItem(atPath: sidecar, toPath: second + Replica.sidecarSuffix)
    try session { a in
      try session(second) { second in
        try session(third) { third in
          for device in [a, second, third] {
            try device.sql("UPDATE person SET guests = guests + 10")
            names.insert(try replica(device))
          }
          try settle(third, a, second, b)
          try isWhole(a, second, third)
        }
      }
    }
    #expect(names.count == 3)
    #expect(try b.values("SELECT guests, area FROM person") == [[31, "pending"]])
  }

  @Test("A copy that lies beside a sidecar which fits parts at the hub, as ever")
  func unnoticed() throws {
    let yesterday = try backUp(to: "yesterday.db")
    let beside = try #require(FileManager.default.contents(atPath: sidecar))
    try session { a in
      try a.sql("UPDATE person SET guests = guests + 1")
      try fleet.sync(a)
    }
    try putBack(yesterday)
    #expect(FileManager.default.createFile(atPath: sidecar + ".new", contents: beside))
    try FileManager.default.removeItem(atPath: sidecar)
    try move(sidecar + ".new", sidecar)
    try session { a in
      #expect(try a.replica.status().foundCopied == nil)
      try a.sql("UPDATE person SET guests = guests + 10")
      try settle(a, b)
      try isWhole(a, forks: 1)
    }
    #expect(try b.values("SELECT guests FROM person") == [[12]])
  }

  @Test("A file that is moved with its sidecar stays who it is; without it, it takes another name and loses nothing")
  func moved() throws {
    var name = ReplicaID(bits: 0)
    try session { a in
      try a.sql("UPDATE person SET area = 'North'")
      name = try replica(a)
    }
    let (there, back) = (fleet.folder + "/there.db", fleet.folder + "/back.db")
    try move(path, there)
    try move(sidecar, there + Replica.sidecarSuffix)
    try session(there) { (a) throws in #expect(try replica(a) == name) }
    try move(there, back)
    try session(back) { a in
      #expect(try replica(a) != name)
      #expect(try a.replica.status().pending == 1)
      try a.sql("UPDATE person SET guests = guests + 10")
      try settle(a, b)
      try isWhole(a)
    }
    #expect(try b.values("SELECT guests, area FROM person") == [[11, "North"]])
  }

  @Test("What another program wrote to a copy before anybody opened it parts at the hub, and counts once")
  func foreignWrites() throws {
    try session { (a) throws in try a.sql("UPDATE person SET area = 'North'") }
    let copy = try backUp(to: "copy.db")
    try Database(path: copy, mode: .readWrite).script("UPDATE person SET guests = guests + 10")
    try session { a in
      try a.sql("UPDATE person SET guests = guests + 1")
      try fleet.sync(a)
    }
    try session(copy) { copy in
      try settle(copy, b)
      try isWhole(copy, forks: 1)
    }
    #expect(try b.values("SELECT guests FROM person") == [[12]])
  }

  @Test("A sidecar is written with the first change of a session and with what comes from the hub, never with a commit")
  func whenWritten() throws {
    func beside() -> Data? { FileManager.default.contents(atPath: sidecar) }
    let first = beside()
    #expect(first?.count ?? 0 < 512)
    try session { a in
      _ = try a.values("SELECT * FROM person")
      #expect(beside() == first)
      try a.sql("UPDATE person SET area = '1'")
      let second = beside()
      #expect(second != first)
      for round in 2...20 { try a.sql("UPDATE person SET area = '\(round)'") }
      #expect(beside() == second)
      try fleet.sync(a)
      #expect(beside() != second)
    }
    #expect(beside() != first)
  }

  enum Trouble: CaseIterable { case garbage, empty, folder, gone }

  @Test(
    "Whatever lies there, the file opens and works; a name that nothing was written under costs nothing",
    arguments: Trouble.allCases)
  func trouble(trouble: Trouble) throws {
    for _ in 0..<20 {
      try FileManager.default.removeItem(atPath: sidecar)
      switch trouble {
      case .garbage: try Data("mark".utf8).write(to: URL(filePath: sidecar))
      case .empty: try Data().write(to: URL(filePath: sidecar))
      case .folder: try FileManager.default.createDirectory(atPath: sidecar, withIntermediateDirectories: false)
      case .gone: break
      }
      try session { a in _ = try fleet.roundTrip(a, loss: .request) }
      if FileManager.default.fileExists(atPath: sidecar) == false { try Data().write(to: URL(filePath: sidecar)) }
    }
    try session { a in
      try a.sql("UPDATE person SET guests = guests + 10")
      try settle(a, b)
      try isWhole(a)
      #expect(try a.values("SELECT count(*) <= 3 FROM relay_replica") == [[1]])
    }
    #expect(try b.values("SELECT guests FROM person") == [[11]])
  }

  @Test("Two programs on one file renew its mark by turns, and neither takes the other's for a copy's")
  func twoPrograms() throws {
    try session { app in
      try session { tool in
        let name = try replica(app)
        for _ in 0..<40 {
          try app.sql("UPDATE person SET guests = guests + 1")
          try fleet.sync(tool)
          try tool.sql("UPDATE person SET guests = guests + 1")
          try fleet.sync(app)
          try session { (third) throws in #expect(try replica(third) == name) }
        }
      }
    }
  }

  @Test("A file that nobody wrote to since it was made, and one in memory, have none")
  func none() throws {
    var environment = Environment(now: { 0 }, random: { 7 })
    environment.fileID = { SidecarStories.number($0) }
    let new = fleet.folder + "/new.db"
    _ = try Replica(at: new, schema: Fleet.schema, environment: environment) { (db) throws(RelayError) in
      try db.script(Fleet.ddl)
    }
    #expect(!FileManager.default.fileExists(atPath: new + Replica.sidecarSuffix))
    let memory = try Replica(at: ":memory:", schema: Fleet.schema, environment: environment) {
      (db) throws(RelayError) in try db.script(Fleet.ddl)
    }
    try memory.write { (db) throws(RelayError) in try db.script("INSERT INTO person (id, unit) VALUES ('p', 'u1')") }
    #expect(!FileManager.default.fileExists(atPath: ":memory:" + Replica.sidecarSuffix))
  }

  @Test(
    "A hub is put back between two syncs of a file that became another: what it names as seen is its own",
    arguments: [false, true])
  func namedMeanwhile(isByAnotherProgram: Bool) throws {
    let before = try fleet.copyHub()
    let older = try backUp(to: "older.db")
    try session { (a) throws in try a.sql("UPDATE person SET phone = 'first', guests = guests + 10") }
    let newer = try backUp(to: "newer.db")
    try session { (a) throws in try a.sql("UPDATE person SET area = 'lost with the file'") }
    try putBack(newer)
    try session { a in
      let second = "UPDATE person SET phone = 'second', guests = guests + 100"
      if !isByAnotherProgram { try a.sql(second) }
      // The push of what it did under its old name is answered, and then the network is gone.
      let request = try a.replica.nextRequest()
      #expect(request.push.count == 1)
      _ = try a.replica.receive(try #require(try fleet.answer(a, request)), to: request)
      if isByAnotherProgram { try Database(path: path, mode: .readWrite).script(second) }
      fleet.clock.advance(1000)
      try fleet.serve(before)
      let copy = try fleet.open(older, as: "a", bits: random.next())
      try copy.sql("UPDATE person SET phone = 'of the copy', guests = guests + 1000")
      try fleet.sync(copy)
      try a.replica.beginSync()
      try settle(a, b, copy)
      #expect(try b.values("SELECT guests FROM person") == [[1111]])
      let asked = try a.replica.inbox().filter { $0.kind == .conflict }
      #expect(asked.map(\.siblings.count) == [2])
    }
  }

  @Test("What was offered again for its name, and confirmed, comes back where a hub loses it after that")
  func lostOnceMore() throws {
    let before = try fleet.copyHub()
    try session { (a) throws in try a.sql("UPDATE person SET guests = guests + 10") }
    let newer = try backUp(to: "newer.db")
    try session { (a) throws in try a.sql("UPDATE person SET area = 'lost with the file'") }
    try putBack(newer)
    try session { a in
      try a.sql("UPDATE person SET guests = guests + 100")
      let request = try a.replica.nextRequest()
      _ = try a.replica.receive(try #require(try fleet.answer(a, request)), to: request)
      try a.replica.beginSync()
      #expect(try a.values("SELECT count(*) FROM relay_lost") == [[1]])
      try settle(a, b)
      #expect(try b.values("SELECT guests FROM person") == [[111]])
      #expect(try a.values("SELECT count(*) FROM relay_lost") == [[0]])
      fleet.clock.advance(1000)
      try fleet.serve(before)
      try settle(a, b)
      #expect(try b.values("SELECT guests FROM person") == [[111]])
    }
  }
}
