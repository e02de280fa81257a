internal import Relay
internal import RelayHub
internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite
internal import Synchronization

/// The files of a hub and of a device on which nothing has happened yet. Making them takes as long as a hundred transactions,
/// and each run would make the same ones: they are made once, by the programs themselves, and copied.
enum FreshFiles {
  /// Where a replica lies.
  static let path = "/app.db"

  private static let hubs = Mutex<[String: File]>([:])
  private static let devices = Mutex<[String: File]>([:])

  /// A hub in `/hub`.
  static func hub(_ schema: OracleSchema) throws -> File {
    try made(hubs, schema) { policies in
      let disk = SimulatedDisk(seed: 1)
      let process = SimulatedProcess(on: disk, seed: 1) { 0 }
      try Hub.create(
        in: SQLiteHub(directory: "/hub", .creates, vfs: process.name), schema: schema.json(at: 1),
        organisation: Hash128(high: 5, low: 5), epoch: Hash128(high: 6, low: 6))
      return File("hub " + policies, at: "/hub/hub.db", disk.image())
    }
  }

  /// A file as it was made.
  struct File: Sendable {
    let kind: WarmFile.Kind
    let image: DiskImage
    /// Where a replica's name stands in it.
    fileprivate let names: [Int]

    fileprivate init(_ name: String, at path: String, _ image: DiskImage) {
      self.image = image
      let bytes = image.files[path] ?? []
      // In the database's header (https://sqlite.org/fileformat2.html#database_header).
      let cookie = bytes.dropFirst(40).prefix(4).reduce(Int64(0)) { $0 << 8 | Int64($1) }
      kind = WarmFile.Kind(name: name, path: path, cookie: cookie)
      names = bytes.indices.filter { bytes[$0...].starts(with: FreshFiles.bigEndian(FreshFiles.nobody)) }
    }
  }

  /// What stands where a replica's name will stand: eight bytes of which the upper ones are no zeros.
  fileprivate static let nobody: UInt64 = 0x7C1F_93A6_5D2E_B804

  /// A replica that has no name of its own yet.
  static func device(_ schema: OracleSchema) throws -> File {
    try made(devices, schema) { policies in
      let disk = SimulatedDisk(seed: 1)
      let process = SimulatedProcess(on: disk, seed: 1) { 0 }
      let environment = Environment(now: { 0 }, random: { nobody }, vfs: process.name)
      _ = try Replica(at: path, schema: schema.json(at: 1), environment: environment) { (db) throws(RelayError) in
        try db.script(OracleSchema.ddl)
      }
      return File("device " + policies, at: path, disk.image())
    }
  }

  /// The file as it would be, had its own device made it.
  static func image(_ device: File, named replica: UInt64) -> DiskImage {
    var image = device.image
    for at in device.names { image.files[path]?.replaceSubrange(at..<at + 8, with: bigEndian(replica)) }
    return image
  }

  fileprivate static func bigEndian(_ number: UInt64) -> [UInt8] {
    stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> UInt64($0)) }
  }

  private static func made(
    _ files: borrowing Mutex<[String: File]>, _ schema: OracleSchema, _ make: (String) throws -> File
  ) throws -> File {
    let key = schema.name
    return try files.withLock { files in
      if let file = files[key] { return file }
      let file = try make(key)
      files[key] = file
      return file
    }
  }
}

extension OracleSchema {
  private static let known = Mutex<[String: SyncSchema]>([:])

  /// Of all that may be in its place.
  var name: String { policies.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }.joined(separator: " ") }

  /// The sync schema of a version as its file is read: always the same, and read once.
  func parsed(at version: UInt64) throws(RelayError) -> SyncSchema {
    let name = "\(name) \(version)"
    if let parsed = OracleSchema.known.withLock({ $0[name] }) { return parsed }
    let parsed = try SyncSchema(json: json(at: version))
    OracleSchema.known.withLock { $0[name] = parsed }
    return parsed
  }
}
