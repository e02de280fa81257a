internal import RelayProtocol
internal import RelaySQLite

/// Parts of transactions that wait for the rest, within a quota a device.
extension HubSession {
  /// How long they wait, in milliseconds.
  static let partsLast: Int64 = 7 * 24 * 3600 * 1000

  private static func place(_ dot: Dot) -> [Value] { [.bits(dot.replica.bits), .seq(dot.counter)] }

  /// Drops what the hub holds of another transaction of this replica, or of another one under this name.
  func dropOtherParts(of part: TransactionPart) throws(RelayError) {
    try db.execute(
      "DELETE FROM part WHERE replica = ? AND (n <> ? OR hash <> ? OR total <> ?)",
      Self.place(part.dot) + [.blob(part.hash.bytes), .seq(part.total)])
  }

  /// Bytes held of a transaction, from its beginning.
  func partsHeld(_ dot: Dot) throws(RelayError) -> UInt64 {
    let held = try db.first(
      "SELECT max(offset + length(bytes)) FROM part WHERE replica = ? AND n = ?", Self.place(dot))
    return try Count.seq(held?[0])
  }

  func keep(_ part: TransactionPart, _ device: Int64, now: Int64) throws(RelayError) {
    try db.execute(
      "INSERT INTO part(replica, n, offset, hash, total, bytes, device, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      Self.place(part.dot) + [
        .seq(part.offset), .blob(part.hash.bytes), .seq(part.total), .blob(part.bytes), .integer(device),
        .integer(now),
      ])
  }

  /// The whole of a transaction; nothing is kept of its parts.
  func takeParts(_ dot: Dot) throws(RelayError) -> [UInt8] {
    let bytes = try db.query("SELECT bytes FROM part WHERE replica = ? AND n = ? ORDER BY offset", Self.place(dot)) {
      (row) throws(RelayError) in row.blob(0)
    }.flatMap { $0 }
    try db.execute("DELETE FROM part WHERE replica = ? AND n = ?", Self.place(dot))
    return bytes
  }

  /// Drops what came of the device's other transactions where this one would go beyond its quota.
  func makeRoom(for part: TransactionPart, _ device: Int64) throws(RelayError) {
    let place: [Value] = [.integer(device)] + Self.place(part.dot)
    let others = try db.first(
      "SELECT coalesce(sum(length(bytes)), 0) FROM part WHERE device = ? AND (replica <> ? OR n <> ?)", place)
    guard try Count.seq(others?[0]) + part.total > partsQuota else { return }
    try db.execute("DELETE FROM part WHERE device = ? AND (replica <> ? OR n <> ?)", place)
  }

  /// A device that was turned away leaves nothing half sent.
  func dropParts(of device: Int64) throws(RelayError) {
    try db.execute("DELETE FROM part WHERE device = ?", [.integer(device)])
  }
}
