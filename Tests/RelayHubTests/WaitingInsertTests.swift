import Relay
internal import RelayHubPostgres
import RelayProtocol
import TestSupport
import Testing

@testable import RelayHub

/// Plain inserts wait for others like them: nobody who asks can tell.
@Suite struct WaitingInsertTests {
  private let office: Office
  private var store: any HubStore { office.writer.session.store }

  init() throws { office = try Office([("a", ["unit/x"]), ("b", ["unit/x"])]) }

  @Test("Whoever asks sees what was inserted before, however many rows that were", arguments: [1, 3, 63, 64, 65, 700])
  func asked(count: Int) throws {
    try store.transaction { () throws(RelayError) in
      for row in 1...Int64(count) { try store.rows.addPlace(row, scope: 9, seq: 1) }
      try store.rows.removePlace(1, scope: 9, seq: 1)
      try store.rows.addPlace(1, scope: 9, seq: 2)
    }
    try office.reader.session.store.snapshot { () throws(RelayError) in
      let db = (office.reader.session.store as? SQLHubStore)?.db
      #expect(try db?.number("SELECT count(*) FROM feed WHERE scope = 9") == Int64(count))
      #expect(try db?.number("SELECT count(*) FROM feed WHERE scope = 9 AND seq = 2") == 1)
    }
  }

  @Test("What a part that failed had inserted is gone, what came before and after it stays")
  func parts() throws {
    try store.transaction { () throws(RelayError) in
      try store.rows.addPlace(1, scope: 9, seq: 1)
      do throws(RelayError) {
        try store.savepoint { () throws(RelayError) in
          try store.rows.addPlace(2, scope: 9, seq: 1)
          throw RelayError(.outOfOrder, "told so")
        }
      } catch { #expect(error.code == .outOfOrder) }
      try store.rows.addPlace(3, scope: 9, seq: 1)
    }
    let db = try #require((store as? SQLHubStore)?.db)
    #expect(try db.query("SELECT row FROM feed WHERE scope = 9 ORDER BY row") { (row) in row.int(0) } == [1, 3])
  }

  @Test("A row that cannot be inserted undoes its transaction, and the next one begins with nothing that waits")
  func fails() throws {
    #expect(throws: RelayError.self) {
      try store.transaction { () throws(RelayError) in
        for _ in 0..<2 { try store.rows.addPlace(1, scope: 9, seq: 1) }
      }
    }
    try store.transaction { () throws(RelayError) in try store.rows.addPlace(2, scope: 9, seq: 1) }
    let db = try #require((store as? SQLHubStore)?.db)
    #expect(try db.query("SELECT row FROM feed WHERE scope = 9") { (row) in row.int(0) } == [2])
  }

  @Test("Pushes of one group that write the same row build on one another")
  func sameRow() throws {
    let first = office.sealed(1000, Office.row("m"), office.member("x"))
    let second = office.sealed(1001, Office.row("m"), .set(5, [.text("Ann")]), base: 0)
    let third = office.sealed(1000, Office.row("m"), .set(3, [.text("a note")]), seen: [Dot(ReplicaID(bits: 1000), 1)])
    let jobs = try [("a", first), ("b", second), ("a", third)].map { device, bytes in
      PushJob(device: try office.device(device).id, request: office.request([bytes]))
    }
    let verdicts = try office.writer.commit(jobs, now: 1000).map { try $0.get().verdicts[0] }
    #expect(verdicts.map(\.isAccepted) == [true, true, true])
    let session = office.writer.session
    let stored = try #require(try session.load(Office.row("m")))
    let values = try office.schema.table(1).map { try stored.allValues($0) }
    #expect(values?[4] == "Ann" && values?[2] == "a note")
    try office.expectDigestsHold("a", ["unit/x"])
  }

  @Test("A replica that pushes several transactions in one group goes on from the last of them")
  func heads() throws {
    let bytes = (1...3).map { office.sealed(1000, Office.row("m\($0)"), office.member("x")) }
    let jobs = try [[bytes[0], bytes[1]], [bytes[2]]].map {
      PushJob(device: try office.device("a").id, request: office.request($0))
    }
    for result in try office.writer.commit(jobs, now: 1000) {
      #expect(try result.get().verdicts.allSatisfy(\.isAccepted))
    }
    // Another process knows it from the store.
    let other = try office.place.writer()
    let next = PushJob(
      device: try office.device("a").id,
      request: office.request([office.sealed(1000, Office.row("m4"), office.member("x"))]))
    #expect(try other.commit([next], now: 1000)[0].get().verdicts.map(\.seq) == [4])
  }
}
