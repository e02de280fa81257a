public import RelayProtocol

/// One device's push, as the server queued it.
public struct PushJob: Sendable {
  public let device: Int64
  public let request: SyncRequest
  /// Its transactions, read and hashed: as many as are small, so that whoever makes the job spares the only writer that.
  let read: [ReadTransaction?]

  public init(device: Int64, request: SyncRequest) {
    self.device = device
    self.request = request
    read = request.push.map { $0.count <= ReadTransaction.longest ? ReadTransaction($0) : nil }
  }

  /// The memory that it holds while it waits, roughly.
  public var bytes: Int {
    let sealed = zip(request.push, read).reduce(256) { sum, push in
      sum + push.0.count * (push.1 == nil ? 1 : ReadTransaction.growth)
    }
    return sealed + (request.part?.bytes.count ?? 0)
  }
}

/// A transaction that was read before its turn.
struct ReadTransaction: Sendable {
  var transaction: Transaction
  var hash: Hash128

  /// Larger ones are read when their turn comes: waiting, they would hold many times their bytes.
  static let longest = 2 << 10
  /// What a transaction takes of memory, its bytes counted, for each byte: of ordinary ones somewhat less.
  static let growth = 8

  /// - Returns: nil for what is no transaction; what is wrong with it is told when it is judged.
  init?(_ sealed: [UInt8]) {
    guard let transaction = try? Transaction(decoding: sealed) else { return nil }
    self.transaction = transaction
    hash = hash128(transaction.previous, then: sealed)
  }
}

public struct PushOutcome: Sendable {
  /// Of the transactions judged, in their order; fewer than were pushed when one has to wait for others.
  public var verdicts: [Verdict]
  /// Bytes held of the transaction that comes in parts.
  public var partReceived: UInt64
  /// What the hub's order is called now.
  var openings: [Opening] = []
}

/// What one durable group came to, an outcome a push, and whom it concerns.
public struct GroupOutcome: Sendable {
  public var results: [Result<PushOutcome, RelayError>]
  public var news: GroupNews
}

/// A credential's owner with its rights as they are now.
public struct HubDevice: Sendable, Equatable {
  public var id: Int64
  public var name: String
  public var role: String
  /// Ascending by scope.
  public var grants: [ScopeGrant]
  /// Whether its work is kept for the operator to look at instead of being judged.
  public var isQuarantined = false
}

public struct DeviceStatus: Sendable, Equatable {
  public var device: HubDevice
  public var isEnrolled: Bool
  public var isRevoked: Bool
  /// Transactions with a verdict.
  public var transactions: UInt64
  /// When it was last answered, in milliseconds since 1970 by the hub's clock, about a minute exact; nil where it never was.
  public var lastSync: Int64?
}

public struct HubStatus: Sendable, Equatable {
  public var organisation: Hash128
  public var epoch: Hash128
  public var head: UInt64
  public var rows: UInt64
  public var openEntries: UInt64
  public var devices: UInt64
  public var schemaVersion: UInt64
  /// Nil where the hub was never put back.
  public var restored: HubRestore?
}

/// A hub that was put back to an older copy, and how far devices have brought again what that lacked.
public struct HubRestore: Sendable, Equatable {
  /// The last seq that it has of the history before.
  public var fork: UInt64
  /// When its epoch began, in milliseconds since 1970; nil where an older version began it.
  public var since: Int64?
  /// Transactions of lost histories that are here again.
  public var offeredAgain: UInt64
  /// Places of lost histories, up to the newest of which a device has told, whose transaction is not here again. At most so
  /// many are missing: what was refused there is not offered again, and has a place too.
  public var missing: UInt64
  /// Devices that are enrolled and not turned away, and how many of them have synced since.
  public var devices: UInt64
  public var synced: UInt64
  /// Since when work waits for what others have to offer, in milliseconds since 1970; nil where none had to, or an operator has
  /// ended that.
  public var waitsSince: Int64?
}

extension HubDevice {
  var readable: Set<String> { Set(grants.filter(\.readable).map(\.scope)) }
  var writable: Set<String> { Set(grants.filter(\.writable).map(\.scope)) }
}

extension Set<String> {
  /// Does one of these granted scopes hold a row that lies in `scopes`? One that has left all of its scopes because it is old
  /// lies where everything is.
  func reach(_ scopes: [String]) -> Bool {
    contains(ScopeGrant.everything) || scopes.contains { contains($0) }
  }
}
