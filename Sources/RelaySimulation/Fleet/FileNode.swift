internal import Relay
internal import RelayHub
internal import RelayProtocol

/// A device that a trial does something to: a disk, a machine and the app's program on them, which syncs on a line without delay.
class FileNode {
  let name: String
  let token: String
  let disk: SimulatedDisk
  let machine: Machine
  var process: SimulatedProcess
  var replica: Replica?

  static let path = FreshFiles.path

  init(_ name: String, token: String, _ clock: VirtualClock, seed: UInt64) {
    (self.name, self.token) = (name, token)
    disk = SimulatedDisk(seed: seed)
    let machine = Machine(clock, seed: seed, name)
    self.machine = machine
    process = SimulatedProcess(on: disk, seed: seed) { machine.now }
  }

  /// Runs the app on a file of its disk.
  ///
  /// - Parameter keepsSidecar: does the system tell files apart, as a real one does?
  @discardableResult
  func open(
    _ schema: OracleSchema, _ path: String = FileNode.path, keepsSidecar: Bool = false
  ) throws(RelayError) -> Replica {
    let machine = machine
    var environment = Environment(now: { machine.now }, random: { machine.bits() }, vfs: process.name)
    // A simulation and all that runs in it are one thread.
    nonisolated(unsafe) let disk = disk
    if keepsSidecar { environment.fileID = { disk.fileID($0) } }
    let replica = try Replica(at: path, schema: schema.json, environment: environment) { (db) throws(RelayError) in
      try db.script(OracleSchema.ddl)
    }
    self.replica = replica
    return replica
  }

  /// Becomes a device of a hub that reads and writes two units.
  func enrol(_ replica: Replica, at hub: Hub, now: Int64) throws {
    let grants = ["unit/u1", "unit/u2"].map { ScopeGrant(scope: $0) }
    try hub.writer.addDevice(name: name, role: "field", grants: grants, code: name, expires: Int64.max / 2)
    let request = EnrolRequest(
      code: name, schemaHash: replica.schema.hash, replica: try replica.replicaID(),
      schemaVersion: replica.schema.version)
    try replica.enrolled(try hub.writer.enrol(request, token: token, now: now), hub: "hub")
  }
}
