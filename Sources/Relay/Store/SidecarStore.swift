internal import RelayProtocol
internal import RelaySQLite

/// `relay_file`: by which this file knows the sidecar that is its own (rule 26).
struct SidecarStore {
  let db: Database

  /// How many marks are kept. After a power cut an older one may stand in the sidecar again.
  static let most = 16

  static let ddl = """
    -- marks: what stands or stood in the sidecar, the newest first, 16 bytes each; empty where none could be written. found:
    -- when the file was last found to be a copy or put back, in milliseconds since 1970.
    CREATE TABLE IF NOT EXISTS relay_file (id INTEGER PRIMARY KEY CHECK (id = 1), marks BLOB, found INTEGER);
    """

  /// - Returns: nil for a file that never had a sidecar.
  func marks() throws(RelayError) -> [Hash128]? {
    guard case .blob(let bytes)? = try db.first("SELECT marks FROM relay_file")?[0] else { return nil }
    return stride(from: 0, to: bytes.count, by: 16).compactMap { Hash128(bytes: bytes[$0..<min($0 + 16, bytes.count)]) }
  }

  func save(_ marks: [Hash128]) throws(RelayError) {
    try db.execute(
      "INSERT INTO relay_file (id, marks) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET marks = ?1",
      [.blob(marks.prefix(Self.most).flatMap(\.bytes))])
  }

  func found(at now: Int64) throws(RelayError) {
    try db.execute(
      "INSERT INTO relay_file (id, found) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET found = ?1", [.integer(now)])
  }

  func lastFound() throws(RelayError) -> Int64? { try db.first("SELECT found FROM relay_file")?[0].integer }
}
