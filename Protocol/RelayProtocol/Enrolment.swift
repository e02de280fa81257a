/// Exchanges a one-time code for a credential of the device's own.
public struct EnrolRequest: Hashable, Sendable {
  public var code: String
  public var schemaHash: Hash128
  public var replica: ReplicaID
  /// Zero, or the organisation that this file already belongs to.
  public var organisation: Hash128
  /// The version that `schemaHash` belongs to.
  public var schemaVersion: UInt64?

  public init(
    code: String, schemaHash: Hash128, replica: ReplicaID, organisation: Hash128 = .zero, schemaVersion: UInt64? = nil
  ) {
    self.code = code
    self.schemaHash = schemaHash
    self.replica = replica
    self.organisation = organisation
    self.schemaVersion = schemaVersion
  }

  public func encoded() -> [UInt8] {
    var out = CBORWriter()
    out.map(schemaVersion == nil ? 5 : 6)
    out.unsigned(1)
    out.unsigned(SyncRequest.version)
    out.unsigned(2)
    out.textString(code)
    out.unsigned(3)
    out.hash(schemaHash)
    out.unsigned(4)
    out.unsigned(replica.bits)
    out.unsigned(5)
    out.hash(organisation)
    if let schemaVersion {
      out.unsigned(6)
      out.unsigned(schemaVersion)
    }
    return out.bytes
  }

  public init(decoding bytes: [UInt8]) throws(RelayError) {
    self = try CBORReader.decode(bytes) { reader throws(RelayError) in
      let optional = try reader.message("an enrolment", fields: 5)
      try reader.field(2)
      let code = try reader.textString(most: Limits.label)
      try reader.field(3)
      let schemaHash = try reader.hash()
      try reader.field(4)
      let replica = ReplicaID(bits: try reader.unsigned())
      try reader.field(5)
      var request = EnrolRequest(
        code: code, schemaHash: schemaHash, replica: replica, organisation: try reader.hash())
      try reader.optionalFields(optional, after: 5) { (key, reader) throws(RelayError) in
        if key == 6 { request.schemaVersion = try reader.schemaVersion() } else { try reader.skip() }
      }
      return request
    }
  }
}

public struct EnrolResponse: Hashable, Sendable {
  public var organisation: Hash128
  public var epoch: Hash128
  /// The hub's name for the device.
  public var device: String
  /// The credential, sent as a bearer token; the hub keeps only its hash.
  public var token: String
  public var role: String
  public var grants: [ScopeGrant]
  /// The newest version of the sync schema that the hub knows.
  public var schemaVersion: UInt64?

  public init(
    organisation: Hash128, epoch: Hash128, device: String, token: String, role: String, grants: [ScopeGrant],
    schemaVersion: UInt64? = nil
  ) {
    self.organisation = organisation
    self.epoch = epoch
    self.device = device
    self.token = token
    self.role = role
    self.grants = grants
    self.schemaVersion = schemaVersion
  }

  public func encoded() -> [UInt8] {
    var out = CBORWriter()
    out.map(schemaVersion == nil ? 7 : 8)
    out.unsigned(1)
    out.unsigned(SyncRequest.version)
    out.unsigned(2)
    out.hash(organisation)
    out.unsigned(3)
    out.hash(epoch)
    out.unsigned(4)
    out.textString(device)
    out.unsigned(5)
    out.textString(token)
    out.unsigned(6)
    out.textString(role)
    out.unsigned(7)
    out.grants(grants)
    if let schemaVersion {
      out.unsigned(8)
      out.unsigned(schemaVersion)
    }
    return out.bytes
  }

  public init(decoding bytes: [UInt8]) throws(RelayError) {
    self = try CBORReader.decode(bytes) { reader throws(RelayError) in
      let optional = try reader.message("an enrolment's answer", fields: 7)
      try reader.field(2)
      let organisation = try reader.hash()
      try reader.field(3)
      let epoch = try reader.hash()
      try reader.field(4)
      let device = try reader.textString(most: Limits.label)
      try reader.field(5)
      let token = try reader.textString(most: Limits.label)
      try reader.field(6)
      let role = try reader.textString(most: Limits.label)
      try reader.field(7)
      let grants = try reader.grants()
      var response = EnrolResponse(
        organisation: organisation, epoch: epoch, device: device, token: token, role: role, grants: grants)
      try reader.optionalFields(optional, after: 7) { (key, reader) throws(RelayError) in
        if key == 8 { response.schemaVersion = try reader.schemaVersion() } else { try reader.skip() }
      }
      return response
    }
  }
}

/// What the hub says instead of an answer: the body of every response whose status is not 200.
public struct ErrorReply: Hashable, Sendable {
  /// An `ErrorCode`, or one that only a newer hub knows.
  public var code: String
  /// A sentence for people; cut where it would be longer than a reader takes.
  public private(set) var message: String
  /// Try again after this many milliseconds; 0 where trying again changes nothing.
  public var retryAfter: UInt64

  public init(code: String, message: String, retryAfter: UInt64 = 0) {
    self.code = code
    self.message = message.clipped(to: Limits.message)
    self.retryAfter = retryAfter
  }

  public func encoded() -> [UInt8] {
    var out = CBORWriter()
    out.map(4)
    out.unsigned(1)
    out.unsigned(SyncRequest.version)
    out.unsigned(2)
    out.textString(code)
    out.unsigned(3)
    out.textString(message)
    out.unsigned(4)
    out.unsigned(retryAfter)
    return out.bytes
  }

  public init(decoding bytes: [UInt8]) throws(RelayError) {
    self = try CBORReader.decode(bytes) { reader throws(RelayError) in
      let unknown = try reader.message("an error", fields: 4)
      try reader.field(2)
      let code = try reader.textString(most: Limits.label)
      try reader.field(3)
      let message = try reader.textString(most: Limits.message)
      try reader.field(4)
      let reply = ErrorReply(code: code, message: message, retryAfter: try reader.unsigned())
      try reader.unknownFields(unknown, after: 4)
      return reply
    }
  }
}
