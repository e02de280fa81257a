internal import RelayProtocol

/// Parts of transactions that wait for the rest.
protocol PartStore {
  /// Bytes held of a transaction, from its beginning.
  func held(_ dot: Dot) throws(RelayError) -> UInt64
  /// Bytes held of a device's other transactions.
  func heldBeside(_ dot: Dot, of device: Int64) throws(RelayError) -> UInt64
  func bytes(_ dot: Dot) throws(RelayError) -> [UInt8]
  func add(_ part: TransactionPart, _ device: Int64, now: Int64) throws(RelayError)
  func drop(_ which: DroppedParts) throws(RelayError)
}

enum DroppedParts {
  case of(Dot)
  /// Of other transactions of this part's replica, or of another one under its name.
  case besides(TransactionPart)
  case ofDevice(Int64, besides: Dot?)
  /// Milliseconds since 1970.
  case cameBefore(Int64)
}

struct SQLParts: PartStore {
  let db: any HubSQL

  func held(_ dot: Dot) throws(RelayError) -> UInt64 {
    try Count.of(
      try db.number("SELECT max(\"offset\" + length(bytes)) FROM part WHERE replica = $1 AND n = $2", Value.dot(dot))
        ?? 0)
  }

  func heldBeside(_ dot: Dot, of device: Int64) throws(RelayError) -> UInt64 {
    try Count.of(
      try db.number(
        "SELECT sum(length(bytes)) FROM part WHERE device = $1 AND (replica <> $2 OR n <> $3)",
        [.integer(device)] + Value.dot(dot)) ?? 0)
  }

  func bytes(_ dot: Dot) throws(RelayError) -> [UInt8] {
    var whole: [UInt8] = []
    try db.each("SELECT bytes FROM part WHERE replica = $1 AND n = $2 ORDER BY \"offset\"", Value.dot(dot)) {
      (row) in whole += row.blob(0)
    }
    return whole
  }

  func add(_ part: TransactionPart, _ device: Int64, now: Int64) throws(RelayError) {
    try db.run(
      """
      INSERT INTO part(replica, n, "offset", hash, total, bytes, device, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
      """,
      Value.dot(part.dot) + [
        .seq(part.offset), .blob(part.hash.bytes), .seq(part.total), .blob(part.bytes), .integer(device),
        .integer(now),
      ])
  }

  func drop(_ which: DroppedParts) throws(RelayError) {
    switch which {
    case .of(let dot): try db.run("DELETE FROM part WHERE replica = $1 AND n = $2", Value.dot(dot))
    case .besides(let part):
      try db.run(
        "DELETE FROM part WHERE replica = $1 AND (n <> $2 OR hash <> $3 OR total <> $4)",
        Value.dot(part.dot) + [.blob(part.hash.bytes), .seq(part.total)])
    case .ofDevice(let device, let dot?):
      try db.run(
        "DELETE FROM part WHERE device = $1 AND (replica <> $2 OR n <> $3)", [.integer(device)] + Value.dot(dot))
    case .ofDevice(let device, nil): try db.run("DELETE FROM part WHERE device = $1", [.integer(device)])
    case .cameBefore(let time): try db.run("DELETE FROM part WHERE at < $1", [.integer(time)])
    }
  }
}
