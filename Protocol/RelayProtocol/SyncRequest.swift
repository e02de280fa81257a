/// One round trip: transactions go up, rows come down.
public struct SyncRequest: Hashable, Sendable {
  /// The version of the protocol, the first thing in every message.
  public static let version: UInt64 = 2

  /// 128 random bits, drawn anew each time that a request is sent; the answer repeats them.
  public var nonce: Hash128
  /// The organisation that the replica enrolled with.
  public var organisation: Hash128
  public var schemaHash: Hash128
  /// What the device knows of the hub's history: its epoch, its base N and the log's hash there.
  public var epoch: Hash128
  public var base: UInt64
  public var logHash: Hash128
  public var replica: ReplicaID
  /// The replica's pending dots (X).
  public var pending: DotSet
  /// The least base of its pending operations and held rows; `base` if there is none (rule 22).
  public var floor: UInt64
  /// The scopes and the role installed on the device; ascending, without repetition.
  public var scopes: [String]
  public var role: String
  /// Whole sealed transactions, in the replica's order.
  public var push: [[UInt8]]
  /// What stands round some of them, by place in `push`; only for a hub that lost part of its history.
  public var envelopes: [Int: Envelope] = [:]
  public var part: TransactionPart?
  /// Nil for a push that more pushes follow.
  public var pull: PullRequest?
  /// The version that `schemaHash` belongs to. A hub whose schema is older cannot know the hash, and serves its newest.
  public var schemaVersion: UInt64?
  /// The version that the device's confirmed rows were pulled at, where it is another one (rule 22).
  public var installed: UInt64?
  /// What does not travel: the newest seq of which the device had a verdict when it asked.
  package var judged: UInt64 = 0

  public init(
    organisation: Hash128, schemaHash: Hash128, epoch: Hash128, base: UInt64, logHash: Hash128, replica: ReplicaID,
    pending: DotSet, floor: UInt64, scopes: [String], role: String, push: [[UInt8]] = [], part: TransactionPart? = nil,
    pull: PullRequest? = nil, schemaVersion: UInt64? = nil, installed: UInt64? = nil, nonce: Hash128 = .zero
  ) {
    self.nonce = nonce
    self.organisation = organisation
    self.schemaHash = schemaHash
    self.epoch = epoch
    self.base = base
    self.logHash = logHash
    self.replica = replica
    self.pending = pending
    self.floor = floor
    self.scopes = scopes
    self.role = role
    self.push = push
    self.part = part
    self.pull = pull
    self.schemaVersion = schemaVersion
    self.installed = installed
  }
}

/// A piece of a transaction that is too large for one request. Takes effect when the last piece is in.
public struct TransactionPart: Hashable, Sendable {
  public var dot: Dot
  /// H(T) of the whole transaction.
  public var hash: Hash128
  public var total: UInt64
  public var offset: UInt64
  public var bytes: [UInt8]
  /// What stands round the transaction.
  public var envelope: Envelope?

  public init(
    dot: Dot, hash: Hash128, total: UInt64, offset: UInt64, bytes: [UInt8], envelope: Envelope? = nil
  ) {
    self.envelope = envelope
    self.dot = dot
    self.hash = hash
    self.total = total
    self.offset = offset
    self.bytes = bytes
  }
}

public struct PullRequest: Hashable, Sendable {
  /// Where the previous page ended; empty for the first page.
  public var token: [UInt8]
  /// How long the hub may park the request while nothing is new, in milliseconds; 0 answers at once.
  public var wait: UInt64
  /// The most bytes of rows that a page should carry, before compression.
  public var pageBytes: UInt64
  /// Digests even where nothing changed.
  public var digests: Bool

  public init(token: [UInt8] = [], wait: UInt64 = 0, pageBytes: UInt64 = 4 << 20, digests: Bool = false) {
    self.token = token
    self.wait = wait
    self.pageBytes = pageBytes
    self.digests = digests
  }
}

extension SyncRequest {
  public func encoded() -> [UInt8] {
    var out = CBORWriter(reserving: 256 + push.reduce(0) { $0 + $1.count + 5 } + (part?.bytes.count ?? 0))
    var pushed = CBORWriter(reserving: push.reduce(9) { $0 + $1.count + 5 })
    let last = pushed.push(push, envelopes)
    out.map(13 + [part != nil, pull != nil, schemaVersion != nil, installed != nil, last != nil].count { $0 })
    out.unsigned(1)
    out.unsigned(SyncRequest.version)
    out.unsigned(2)
    out.hash(nonce)
    out.unsigned(3)
    out.hash(organisation)
    out.unsigned(4)
    out.hash(schemaHash)
    out.unsigned(5)
    out.hash(epoch)
    out.unsigned(6)
    out.unsigned(base)
    out.unsigned(7)
    out.hash(logHash)
    out.unsigned(8)
    out.unsigned(replica.bits)
    out.unsigned(9)
    out.dotSet(pending)
    out.unsigned(10)
    out.unsigned(floor)
    out.unsigned(11)
    out.array(scopes.count)
    for scope in scopes { out.textString(scope) }
    out.unsigned(12)
    out.textString(role)
    out.unsigned(13)
    out.raw(pushed.bytes)
    if let part {
      out.unsigned(14)
      out.array(part.envelope.map { $0.openings.isEmpty ? 10 : 11 } ?? 6)
      out.dot(part.dot)
      out.hash(part.hash)
      out.unsigned(part.total)
      out.unsigned(part.offset)
      out.byteString(part.bytes)
      if let envelope = part.envelope { out.envelope(envelope) }
    }
    if let pull {
      out.unsigned(15)
      out.array(4)
      out.byteString(pull.token)
      out.unsigned(pull.wait)
      out.unsigned(pull.pageBytes)
      out.bool(pull.digests)
    }
    if let schemaVersion {
      out.unsigned(16)
      out.unsigned(schemaVersion)
    }
    if let installed {
      out.unsigned(17)
      out.unsigned(installed)
    }
    if let last {
      out.unsigned(18)
      out.hash(last)
    }
    return out.bytes
  }

  /// - Throws: `malformed_message`, `limit_exceeded` or `unsupported_version`.
  public init(decoding bytes: [UInt8]) throws(RelayError) {
    self = try CBORReader.decode(bytes) { reader throws(RelayError) in
      let optional = try reader.message("a sync request", fields: 13)
      try reader.field(2)
      let nonce = try reader.hash()
      try reader.field(3)
      let organisation = try reader.hash()
      try reader.field(4)
      let schemaHash = try reader.hash()
      try reader.field(5)
      let epoch = try reader.hash()
      try reader.field(6)
      let base = try reader.unsigned(most: Limits.sequence)
      try reader.field(7)
      let logHash = try reader.hash()
      try reader.field(8)
      let replica = ReplicaID(bits: try reader.unsigned())
      try reader.field(9)
      let pending = try reader.dotSet()
      try reader.field(10)
      let floor = try reader.unsigned(most: base)
      try reader.field(11)
      let scopes = try reader.scopeNames()
      try reader.field(12)
      let role = try reader.textString(most: Limits.label)
      try reader.field(13)
      let (push, envelopes, last) = try reader.push()
      var request = SyncRequest(
        organisation: organisation, schemaHash: schemaHash, epoch: epoch, base: base, logHash: logHash,
        replica: replica, pending: pending, floor: floor, scopes: scopes, role: role, push: push,
        nonce: nonce)
      request.envelopes = envelopes
      var told: Hash128?
      try reader.optionalFields(optional, after: 13) { (key, reader) throws(RelayError) in
        switch key {
        case 14: request.part = try reader.transactionPart()
        case 15:
          try reader.array(exactly: 4)
          request.pull = PullRequest(
            token: try reader.byteString(most: Limits.token), wait: try reader.unsigned(),
            pageBytes: try reader.unsigned(),
            digests: try reader.bool())
        case 16: request.schemaVersion = try reader.schemaVersion()
        case 17: request.installed = try reader.schemaVersion()
        case 18: told = try reader.hash()
        default: try reader.skip()
        }
      }
      guard told == last else { throw reader.malformed("the transactions are not those that were sent") }
      return request
    }
  }
}

extension CBORReader {
  mutating func scopeNames() throws(RelayError) -> [String] {
    var scopes: [String] = []
    for _ in 0..<(try array(most: Limits.scopes)) {
      let scope = try scopeName()
      if let last = scopes.last, !last.utf8.lexicographicallyPrecedes(scope.utf8) {
        throw malformed("scopes out of order")
      }
      scopes.append(scope)
    }
    return scopes
  }

  /// 1 or more.
  mutating func schemaVersion() throws(RelayError) -> UInt64 {
    let version = try unsigned(most: Limits.sequence)
    guard version > 0 else { throw malformed("versions of a schema start at 1") }
    return version
  }

  mutating func transactionPart() throws(RelayError) -> TransactionPart {
    let items = try array(6...11)
    let dot = try dot()
    let hash = try hash()
    let total = try unsigned(most: UInt64(Limits.transaction))
    let offset = try unsigned(most: total)
    let bytes = try byteString(most: Limits.part)
    guard UInt64(bytes.count) <= total - offset else { throw malformed("a part beyond its transaction") }
    guard items == 6 || items >= 10 else { throw malformed("an envelope has four items or five") }
    return TransactionPart(
      dot: dot, hash: hash, total: total, offset: offset, bytes: bytes,
      envelope: items == 6 ? nil : try envelope(items - 6))
  }
}
