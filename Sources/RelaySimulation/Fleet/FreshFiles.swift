internal import Relay
internal import RelayHub
internal import RelayProtocol
internal import RelaySQLite
internal import Synchronization

/// The files of a hub and of a device on which nothing has happened yet. Making them takes as long as a hundred transactions,
/// and each run would make the same ones: they are made once, by the programs themselves, and copied.
enum FreshFiles {
  private static let hubs = Mutex<[String: DiskImage]>([:])
  private static let devices = Mutex<[String: DiskImage]>([:])

  /// A hub in `/hub`.
  static func hub(_ schema: OracleSchema) throws -> DiskImage {
    try made(hubs, schema) {
      let disk = SimulatedDisk(seed: 1)
      let process = SimulatedProcess(on: disk, seed: 1) { 0 }
      try Hub.create(
        in: SQLiteHub(directory: "/hub", .creates, vfs: process.name), schema: schema.json(at: 1),
        organisation: Hash128(high: 5, low: 5), epoch: Hash128(high: 6, low: 6))
      return disk.image()
    }
  }

  /// A replica at `/app.db`. It has no name of its own yet.
  static func device(_ schema: OracleSchema) throws -> DiskImage {
    try made(devices, schema) {
      let disk = SimulatedDisk(seed: 1)
      let process = SimulatedProcess(on: disk, seed: 1) { 0 }
      let environment = Environment(now: { 0 }, random: { 1 }, vfs: process.name)
      _ = try Replica(at: "/app.db", schema: schema.json(at: 1), environment: environment) { (db) throws(RelayError) in
        try db.script(OracleSchema.ddl)
      }
      return disk.image()
    }
  }

  /// Gives a fresh file the name that it would have had, had its own device made it.
  static func name(_ path: String, _ vfs: String, _ replica: UInt64) throws {
    let db = try Database(path: path, mode: .readWrite, vfs: vfs)
    let id = Int64(bitPattern: replica)
    try db.script("BEGIN; UPDATE relay_state SET replica = \(id); UPDATE relay_replica SET id = \(id); COMMIT")
  }

  private static func made(
    _ images: borrowing Mutex<[String: DiskImage]>, _ schema: OracleSchema, _ make: () throws -> DiskImage
  ) throws -> DiskImage {
    let key = schema.policies.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }.joined(separator: " ")
    return try images.withLock { images in
      if let image = images[key] { return image }
      let image = try make()
      images[key] = image
      return image
    }
  }
}
