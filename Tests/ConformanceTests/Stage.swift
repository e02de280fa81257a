import ConformanceVectors
import Relay
import RelayHub
internal import RelayHubPostgres
internal import RelayMerge
internal import RelayProtocol
import TestSupport

/// A vector's hub and devices: the production code on real files, with a clock that the steps move.
final class Stage {
  final class Player {
    let name: String
    /// Who its credential says that it is: copies of a file are one device.
    let device: String
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
    /// How many ids it has drawn after its first.
    var drawn = 0

    /// Is a transaction of the shell open, as far as its marks say? Writes that follow each other are one.
    private var isMarked = false

    func mark(isOpen: Bool) throws {
      guard isOpen != isMarked else { return }
      isMarked = isOpen
      try shell.execute("UPDATE relay_boundary SET open = ?", [.integer(isOpen ? 1 : 0)])
    }

    init(name: String, device: String, replica: Replica) throws {
      self.name = name
      self.device = device
      self.replica = replica
      shell = try Database(path: replica.path, mode: .readWrite)
    }
  }

  let vector: Vector
  var spelling: Spelling
  let files = TestFolder(inMemory: true)
  var hub: InProcessHub
  /// Where that is.
  var place: HubPlace
  /// Copies of the hub, by name.
  var backups: [String: String] = [:]
  let clock = TestClock()
  var players: [String: Player] = [:]

  init(_ vector: Vector) throws {
    self.vector = vector
    let schema = try VectorLibrary.schema(vector.schema)
    spelling = Spelling(schema: try SyncSchema(json: schema), devices: vector.devices.map(\.name))
    place = try TestStore.place(files.file("hub"))
    hub = try InProcessHub(new: place, schema: schema)
    for device in vector.devices { try enrol(device, schema) }
  }

  private func enrol(_ device: Vector.Device, _ schema: [UInt8]) throws {
    let (clock, skew, bits) = (clock, device.skew, spelling.replica(device.name).bits)
    let environment = Environment(now: { clock.now + skew }, random: { bits })
    let own = try device.schema.map(VectorLibrary.schema) ?? schema
    let ddl = VectorLibrary.ddl(try SyncSchema(json: own)) + device.constraints
    let replica = try Replica(at: files.file(device.name + ".db"), schema: own, environment: environment) {
      (db) throws(RelayError) in try db.script(ddl)
    }
    try hub.enrol(replica, as: device.name, role: device.role, device.grants, now: clock.now)
    let player = try Player(name: device.name, device: device.name, replica: replica)
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
    var verdicts: [Verdict] = []
    do {
      return try hub.answer(sent, as: player.device, now: clock.now, &verdicts)
    } catch {
      guard error.code == .pageVoid else { throw error }
      return nil
    }
  }
}
