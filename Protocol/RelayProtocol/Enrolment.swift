/// Exchanges a one-time code for a credential of the device's own.
public struct EnrolRequest: Hashable, Sendable {
  /// 128 random bits, drawn anew each time that a request is sent; the answer repeats them.
  public var nonce: Hash128
  public var code: String
  public var schemaHash: Hash128
  public var replica: ReplicaID
  /// Zero, or the organisation that this file already belongs to.
  public var organisation: Hash128
  /// The version that `schemaHash` belongs to.
  public var schemaVersion: UInt64?

  public init(
    code: String, schemaHash: Hash128, replica: ReplicaID, organisation: Hash128 = .zero, schemaVersion: UInt64? = nil,
    nonce: Hash128 = .zero
  ) {
    self.nonce = nonce
    self.code = code
    self.schemaHash = schemaHash
    self.replica = replica
    self.organisation = organisation
    self.schemaVersion = schemaVersion
  }

  public func encoded() -> [UInt8] {
    var out = CBORWriter()
    out.map(schemaVersion == nil ? 6 : 7)
    out.unsigned(1)
    out.unsigned(SyncRequest.version)
    out.unsigned(2)
    out.hash(nonce)
    out.unsigned(3)
    out.textString(code)
    out.unsigned(4)
    out.hash(schemaHash)
    out.unsigned(5)
    out.unsigned(replica.bits)
    out.unsigned(6)
    out.hash(organisation)
    if let schemaVersion {
      out.unsigned(7)
      out.unsigned(schemaVersion)
    }
    return out.bytes
  }

  public init(decoding bytes: [UInt8]) throws(RelayError) {
    self = try CBORReader.decode(bytes) { reader throws(RelayError) in
      let optional = try reader.message("an enrolment", fields: 6)
      try reader.field(2)
      let nonce = try reader.hash()
      try reader.field(3)
      let code = try reader.textString(most: Limits.label)
      try reader.field(4)
      let schemaHash = try reader.hash()
      try reader.field(5)
      let replica = ReplicaID(bits: try reader.unsigned())
      try reader.field(6)
      var request = EnrolRequest(
        code: code, schemaHash: schemaHash, replica: replica, organisation: try reader.hash(),
        nonce: nonce)
      try reader.optionalFields(optional, after: 6) { (key, reader) throws(RelayError) in
        if key == 7 { request.schemaVersion = try reader.schemaVersion() } else { try reader.skip() }
      }
      return request
    }
  }
}

public struct EnrolResponse: Hashable, Sendable {
  /// The request that this answers.
  public var answers = AnswerTo.nothing
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
    out.map(schemaVersion == nil ? 8 : 9)
    out.unsigned(1)
    out.unsigned(SyncRequest.version)
    out.unsigned(2)
    out.answerTo(answers)
    out.unsigned(3)
    out.hash(organisation)
    out.unsigned(4)
    out.hash(epoch)
    out.unsigned(5)
    out.textString(device)
    out.unsigned(6)
    out.textString(token)
    out.unsigned(7)
    out.textString(role)
    out.unsigned(8)
    out.grants(grants)
    if let schemaVersion {
      out.unsigned(9)
      out.unsigned(schemaVersion)
    }
    return out.bytes
  }

  public init(decoding bytes: [UInt8]) throws(RelayError) {
    self = try CBORReader.decode(bytes) { reader throws(RelayError) in
      let optional = try reader.message("an enrolment's answer", fields: 8)
      try reader.field(2)
      let answers = try reader.answerTo()
      try reader.field(3)
      let organisation = try reader.hash()
      try reader.field(4)
      let epoch = try reader.hash()
      try reader.field(5)
      let device = try reader.textString(most: Limits.label)
      try reader.field(6)
      let token = try reader.textString(most: Limits.label)
      try reader.field(7)
      let role = try reader.textString(most: Limits.label)
      try reader.field(8)
      let grants = try reader.grants()
      var response = EnrolResponse(
        organisation: organisation, epoch: epoch, device: device, token: token, role: role, grants: grants)
      try reader.optionalFields(optional, after: 8) { (key, reader) throws(RelayError) in
        if key == 9 { response.schemaVersion = try reader.schemaVersion() } else { try reader.skip() }
      }
      response.answers = answers
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
  /// With `hub_rolled_back`: the epoch that the hub is in now, so that a device may see that it follows from its own.
  public var epoch: Hash128?
  /// Where that epoch comes from; nil for a hub's first.
  public var origin: EpochOrigin?

  public init(
    code: String, message: String, retryAfter: UInt64 = 0, epoch: Hash128? = nil, origin: EpochOrigin? = nil
  ) {
    self.epoch = epoch
    self.origin = origin
    self.code = code
    self.message = message.clipped(to: Limits.message)
    self.retryAfter = retryAfter
  }

  public func encoded() -> [UInt8] {
    var out = CBORWriter()
    out.map(4 + [epoch != nil, origin != nil].count { $0 })
    out.unsigned(1)
    out.unsigned(SyncRequest.version)
    out.unsigned(2)
    out.textString(code)
    out.unsigned(3)
    out.textString(message)
    out.unsigned(4)
    out.unsigned(retryAfter)
    if let epoch {
      out.unsigned(5)
      out.hash(epoch)
    }
    if let origin {
      out.unsigned(6)
      out.epochOrigin(origin)
    }
    return out.bytes
  }

  public init(decoding bytes: [UInt8]) throws(RelayError) {
    self = try CBORReader.decode(bytes) { reader throws(RelayError) in
      let optional = try reader.message("an error", fields: 4)
      try reader.field(2)
      let code = try reader.textString(most: Limits.label)
      try reader.field(3)
      let message = try reader.textString(most: Limits.message)
      try reader.field(4)
      var reply = ErrorReply(code: code, message: message, retryAfter: try reader.unsigned())
      try reader.optionalFields(optional, after: 4) { (key, reader) throws(RelayError) in
        switch key {
        case 5: reply.epoch = try reader.hash()
        case 6: reply.origin = try reader.epochOrigin()
        default: try reader.skip()
        }
      }
      return reply
    }
  }
}
