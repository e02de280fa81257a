import Foundation
@testable import RelayHub
internal import RelayHubPostgres
internal import RelayMerge
import RelayProtocol
import TestSupport
import Testing

/// What the hub relies on, whichever store it has. Run over PostgreSQL too (RELAY_TEST_STORE).
@Suite struct StoreContractTests {
  private let office: Office
  private var store: any HubStore { office.writer.session.store }

  init() throws { office = try Office([("a", ["unit/x"]), ("b", ["unit/x"]), ("all", ["*"])]) }

  @Test("What a transaction wrote is all there, or none of it; a reader sees nothing before the commit")
  func transactions() throws {
    let other = office.reader.session.store
    try store.transaction { () throws(RelayError) in
      try store.settings.set("test", [1])
      #expect(try other.settings.setting("test") == nil)
      #expect(store.isInTransaction)
    }
    #expect(!store.isInTransaction)
    #expect(try other.settings.setting("test") == [1])
    #expect(throws: RelayError.self) {
      try store.transaction { () throws(RelayError) in
        try store.settings.set("test", [2])
        throw RelayError(.outOfOrder, "told so")
      }
    }
    #expect(try store.settings.setting("test") == [1])
  }

  @Test("Of the gaps of a chain the next one that is kept is found from any counter on")
  func gaps() throws {
    let (one, other, hash) = (ReplicaID(bits: 1), ReplicaID(bits: .max), Hash128(high: 1, low: 2))
    #expect(try !store.healing.hasGaps())
    try store.transaction { () throws(RelayError) in
      for name in [Dot(one, 4), Dot(one, 7), Dot(other, 2)] { try store.healing.addGap(name, hash) }
    }
    #expect(try store.healing.hasGaps())
    #expect(try [1, 4, 5, 8].map { try store.healing.gap(from: Dot(one, $0)) } == [4, 4, 7, nil])
    #expect(try store.healing.gap(from: Dot(other, 1)) == 2)
    try store.transaction { () throws(RelayError) in try store.healing.dropGap(Dot(one, 4)) }
    #expect(try store.healing.gap(from: Dot(one, 1)) == 7)
  }

  @Test("A part that fails leaves the rest of its transaction as it was, also one within another")
  func savepoints() throws {
    try store.transaction { () throws(RelayError) in
      try store.settings.set("one", [1])
      let failed = RelayError(.outOfOrder, "told so")
      do throws(RelayError) {
        try store.savepoint { () throws(RelayError) in
          try store.settings.set("two", [2])
          try store.savepoint { () throws(RelayError) in try store.settings.set("three", [3]) }
          throw failed
        }
      } catch { #expect(error.code == .outOfOrder) }
      try store.savepoint { () throws(RelayError) in try store.settings.set("four", [4]) }
    }
    #expect(try store.settings.setting("one") == [1])
    #expect(try store.settings.setting("two") == nil)
    #expect(try store.settings.setting("three") == nil)
    #expect(try store.settings.setting("four") == [4])
  }

  @Test("A snapshot goes on seeing what it saw first, whatever is committed meanwhile")
  func snapshots() throws {
    let other = office.reader.session.store
    try other.snapshot { () throws(RelayError) in
      let before = try other.rights.changes()
      try store.transaction { () throws(RelayError) in try store.rights.changed() }
      #expect(try other.rights.changes() == before)
    }
    #expect(try other.rights.changes() == (try store.rights.changes()))
  }

  @Test("Names compare as bytes, hold any text, and come in the order of their bytes")
  func names() throws {
    let scopes = ["a\u{0}b", "K", "\u{212A}", "ä", "z", "unit/x", "\u{1F600}"]
    let id = try #require(try store.devices.device(named: "a")?.id)
    try store.transaction { () throws(RelayError) in
      try store.devices.set(grants: scopes.map { ScopeGrant(scope: $0) }, of: id)
      for scope in scopes { #expect(try store.rows.scopeID(scope) == nil) }
      let numbers = try scopes.map { (name) throws(RelayError) in try store.rows.addScope(name) }
      #expect(Set(numbers).count == scopes.count)
      for (scope, number) in zip(scopes, numbers) { #expect(try store.rows.scopeID(scope) == number) }
    }
    let sorted = scopes.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    #expect(try store.devices.grants(id).map { Array($0.scope.utf8) } == sorted.map { Array($0.utf8) })
  }

  @Test("Numbers keep all of their 64 bits, and bytes every byte")
  func values() throws {
    let replica = ReplicaID(bits: .max)
    let every = (0...255).map { UInt8($0) }
    try store.transaction { () throws(RelayError) in
      try store.rights.add(ReplicaRecord(device: 1, count: 1 << 53 - 1, named: 7, known: -1), replica)
      try store.settings.set("bytes", every)
      try store.settings.set("none", [])
    }
    let record = try #require(try store.rights.replica(replica))
    #expect((record.count, record.named, record.known) == (1 << 53 - 1, 7, -1))
    #expect(try store.settings.setting("bytes") == every)
    #expect(try store.settings.setting("none") == [])
  }

  @Test("A feed comes in the order of commits, in batches of any size, and every row once a scope")
  func feed() throws {
    for at in 1...7 {
      let verdict = try office.push("a", office.sealed(1000, Office.row("m\(at)"), office.member("x")))[0]
      #expect(verdict.seq == UInt64(at))
    }
    for most in [1, 2, 3, 100] {
      for scope in ["unit/x", ScopeGrant.everything] {
        var (place, seqs) = (FeedPlace.start, [UInt64]())
        while let last = try store.feed.feed(scope, after: place, most: most).map({ row in
          seqs.append(row.changed)
          return row.place
        }).last { place = last }
        #expect(seqs == Array(1...7), "\(scope), \(most) at a time")
      }
    }
    #expect(try store.feed.rowCount("unit/x", upTo: 5) == 5)
    #expect(try store.feed.rowCount("unit/y", upTo: 5) == 0)
    let found = try store.rows.rows([Office.row("m2"), Office.row("none"), Office.row("m1")])
    #expect(found.map { $0?.row } == [Office.row("m2"), nil, Office.row("m1")])
  }

  @Test(
    "Another node hears of a commit, and whom it concerns",
    .enabled(if: TestStore.database != nil, "a file has one node"))
  func news() throws {
    guard case .database(let address) = office.place else { return }
    let hub = try PostgresHub(address)
    let (listener, other) = (try PostgresListener(hub, address), try HubReader(hub))
    let seen = try other.newestNews()
    let verdict = try office.push("a", office.sealed(1000, Office.row("m"), office.member("x")))[0]
    #expect(try listener.wait(milliseconds: 60_000))
    let news = try other.news(after: seen)
    #expect(news.map(\.news.head) == [verdict.seq])
    #expect(news.map(\.news.scopes) == [["unit/x"]])
    #expect(news.map(\.news.devices) == [[try office.device("a").id]])
    #expect(try other.news(after: news[0].number).isEmpty)
  }

  @Test("Two writers of one store take turns: the order has no holes and nothing twice")
  func writers() async throws {
    let place = try TestStore.place(office.directory + "-turns")
    try place.create(schema: Array(Office.json.utf8), organisation: Office.organisation, epoch: Office.epoch)
    let seqs = try await withThrowingTaskGroup(of: [Int64].self) { group in
      for _ in 0..<3 {
        group.addTask {
          let store = try place.writer().session.store
          return try (0..<20).map { _ in
            try store.transaction { () throws(RelayError) in
              let next = try store.rights.newest(1) + 1
              try store.rights.add(
                RightsChange(number: next, seq: 0, time: 0, role: "office", readable: []), writable: [], to: 1)
              return next
            }
          }
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(seqs.sorted() == Array(1...60))
  }
}
