import ConformanceVectors
import Relay
import RelayHub
internal import RelayProtocol
internal import TestStores
import Testing

/// What everybody wrote offline reaches the hub in different ways; what the hub holds afterwards must not tell which.
@Suite struct DeliveryTests {
  /// One way for the work of all devices to arrive.
  enum Way: CaseIterable {
    /// Device after device, each in one push.
    case whole
    /// The same order, one transaction at a time, every answer lost twice.
    case piecemeal
    /// One transaction of each device in turn.
    case inTurn
    /// The last device first.
    case backwards
  }

  @Test(
    "However work arrives, whole or in pieces, once or three times, in whatever order: rows, siblings, entries agree",
    .enabled(if: TestStore.database == nil, "it compares every table of the hub's file"))
  func ways() throws {
    var compared = 0
    for line in try VectorLibrary.random().prefix(40) {
      var vector = try Vector(try JSON(parsing: line))
      for at in vector.devices.indices { vector.devices[at].skew = 0 }
      let ends = try Way.allCases.map { try end(vector, $0) }
      #expect(ends[0].tables == ends[1].tables, "\(vector.name): whole and piecemeal")
      for (other, way) in zip(ends[2...], ["in turn", "backwards"]) where other.accepted == ends[0].accepted {
        compared += 1
        #expect(other.cells == ends[0].cells, "\(vector.name): cells, \(way)")
        #expect(other.questions == ends[0].questions, "\(vector.name): open entries, \(way)")
      }
    }
    // Where two orders accept different transactions (a key is taken first by one, then by the other), nothing is owed.
    #expect(compared > 20)
  }

  private struct End {
    /// Every byte that depends on what was judged.
    var tables: [String: [[Value]]] = [:]
    var accepted: Set<Dot> = []
    /// Row → cells, without the places in the order.
    var cells: [String: JSON] = [:]
    var questions: Set<JSON> = []
  }

  private func end(_ vector: Vector, _ way: Way) throws -> End {
    let stage = try Stage(vector)
    let players = stage.players.values.sorted { $0.name < $1.name }
    for step in vector.allSteps where step.kind == .write {
      guard let player = stage.players[step.device] else { continue }
      stage.clock.advance(1000)
      try stage.write(step, player)
    }
    let work = try players.map { player in (player, try player.replica.nextRequest()) }
    for (player, request) in work { #expect(request.pull != nil, "\(player.name) has more than one push") }
    switch way {
    case .whole: for (player, request) in work { try push(request.push, request, player, stage) }
    case .piecemeal:
      for (player, request) in work {
        for (at, bytes) in request.push.enumerated() {
          for _ in 0..<3 { try push([bytes], request, player, stage) }
          try push(Array(request.push.prefix(at + 1)), request, player, stage)
        }
      }
    case .inTurn:
      for at in 0..<(work.map { $0.1.push.count }.max() ?? 0) {
        for (player, request) in work where at < request.push.count {
          try push([request.push[at]], request, player, stage)
        }
      }
    case .backwards: for (player, request) in work.reversed() { try push(request.push, request, player, stage) }
    }
    return try read(stage)
  }

  private func push(_ bytes: [[UInt8]], _ request: SyncRequest, _ player: Stage.Player, _ stage: Stage) throws {
    var request = request
    (request.push, request.pull) = (bytes, nil)
    _ = try stage.answer(player, request)
  }

  private func read(_ stage: Stage) throws -> End {
    var end = End()
    let db = try Database(path: stage.folder + "/hub/hub.db", mode: .readOnly)
    for table in ["row", "feed", "exits", "entry", "notice", "digest", "taken", "txn", "replica"] {
      let rows = try db.query("SELECT * FROM \(table)") { (row) throws(RelayError) in row.values }
      end.tables[table] = rows.sorted { "\($0)" < "\($1)" }
    }
    let dots = try db.query("SELECT replica, n FROM txn WHERE accepted = 1") { (row) throws(RelayError) in
      Dot(ReplicaID(bits: UInt64(bitPattern: row.int(0))), UInt64(row.int(1)))
    }
    end.accepted = Set(dots)
    end.cells = try stage.hubCells()
    end.questions = Set(try stage.openEntries().map { .list(Array(($0.list ?? []).prefix(2))) })
    return end
  }
}
