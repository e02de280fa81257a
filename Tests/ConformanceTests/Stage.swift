import ConformanceVectors
import Foundation
import Relay
import RelayHub
internal import RelayHubPostgres
internal import RelayMerge
internal import RelayProtocol
import Synchronization
internal import TestStores

/// A vector's hub and devices: the production code on real files, with a clock that the steps move.
final class Stage {
  final class Player {
    let name: String
    let replica: Replica
    /// Another connection to the same file, as the sqlite3 shell has it.
    let shell: Database
    /// The reply that is kept for later.
    var kept: (request: SyncRequest, response: SyncResponse)?
    /// What the vector says that the tables show: row → columns.
    var shows: [String: JSON] = [:]
    /// Transactions whose sealed form was noted, and those noted in this step.
    var noted: UInt64 = 0
    var sealed: [JSON] = []

    /// Is a transaction of the shell open, as far as its marks say? Writes that follow each other are one.
    private var isMarked = false

    func mark(isOpen: Bool) throws {
      guard isOpen != isMarked else { return }
      isMarked = isOpen
      try shell.execute("UPDATE relay_boundary SET open = ?", [.integer(isOpen ? 1 : 0)])
    }

    init(name: String, replica: Replica) throws {
      self.name = name
      self.replica = replica
      shell = try Database(path: replica.path, mode: .readWrite)
    }
  }

  /// Milliseconds since 1970.
  final class Clock: Sendable {
    private let time = Atomic<Int64>(1_700_000_000_000)
    var now: Int64 { time.load(ordering: .relaxed) }
    func advance(_ milliseconds: Int64) { time.add(milliseconds, ordering: .relaxed) }
  }

  let vector: Vector
  let spelling: Spelling
  let folder: String
  let writer: HubWriter
  let reader: HubReader
  let clock = Clock()
  private(set) var players: [String: Player] = [:]

  init(_ vector: Vector) throws {
    self.vector = vector
    let memory = "/dev/shm/"
    let isThere = FileManager.default.isWritableFile(atPath: memory)
    folder = (isThere ? memory : NSTemporaryDirectory()) + "relay-conformance-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let schema = try VectorLibrary.schema(vector.schema)
    spelling = Spelling(schema: try SyncSchema(json: schema), devices: vector.devices.map(\.name))
    let place = try TestStore.place(folder + "/hub")
    try place.create(schema: schema, organisation: Hash128(high: 5, low: 5), epoch: Hash128(high: 6, low: 6))
    writer = try place.writer()
    reader = try place.reader()
    for device in vector.devices { try enrol(device, schema) }
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private func enrol(_ device: Vector.Device, _ schema: [UInt8]) throws {
    let (clock, skew, bits) = (clock, device.skew, spelling.replica(device.name).bits)
    let environment = Environment(now: { clock.now + skew }, random: { bits })
    let own = try device.schema.map(VectorLibrary.schema) ?? schema
    let ddl = VectorLibrary.ddl(try SyncSchema(json: own)) + device.constraints
    let replica = try Replica(at: folder + "/\(device.name).db", schema: own, environment: environment) {
      (db) throws(RelayError) in try db.script(ddl)
    }
    try writer.addDevice(
      name: device.name, role: device.role, grants: device.grants, code: "code-" + device.name,
      expires: 2_000_000_000_000)
    let request = EnrolRequest(
      code: "code-" + device.name, schemaHash: replica.schema.hash, replica: try replica.replicaID())
    let response = try writer.enrol(request, token: "token-" + device.name, now: clock.now)
    try replica.enrolled(response, hub: "http://127.0.0.1")
    let player = try Player(name: device.name, replica: replica)
    players[device.name] = player
    // Every device begins enrolled, having pulled once from the empty hub.
    let first = try replica.nextRequest()
    guard let answer = try answer(player, first) else { throw RelayError(.invariant, "the first pull is void") }
    _ = try replica.receive(answer, to: first)
  }

  /// The hub's side of a round trip, through the wire's bytes.
  ///
  /// - Returns: nil when the pull has to start again; what was pushed is judged all the same.
  func answer(_ player: Player, _ sent: SyncRequest) throws -> SyncResponse? {
    let request = try SyncRequest(decoding: sent.encoded())
    let known = try reader.authenticate(token: "token-" + player.name)
    let job = PushJob(device: known.id, request: request)
    let outcome = try writer.commit([job], now: clock.now)[0].get()
    var response = SyncResponse(
      epoch: try reader.epoch(), time: UInt64(clock.now), verdicts: outcome.verdicts, partReceived: outcome.partReceived
    )
    if request.pull != nil {
      do {
        response.page = try reader.pull(request, device: known)
      } catch {
        guard error.code == .pageVoid else { throw error }
        return nil
      }
    }
    return try SyncResponse(decoding: response.encoded())
  }
}
