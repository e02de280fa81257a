/// Names the request that an answer belongs to. Whatever stands between device and hub (a proxy that keeps answers, or
/// gives one device's to another) can delay an answer or lose it; it cannot have a wrong one installed.
public struct AnswerTo: Hashable, Sendable {
  /// Drawn anew for every request that is sent.
  public var nonce: Hash128
  /// The hub's name for the device that asked, as its credential says.
  public var device: String
  /// As the request gives them; 0 where it gives none.
  public var replica: ReplicaID
  public var base: UInt64
  /// The beginning of SHA-256 of the request's body, before any compression.
  public var digest: Hash128

  /// - Parameter body: the request's CBOR.
  public init(nonce: Hash128, device: String, replica: ReplicaID = .none, base: UInt64 = 0, body: [UInt8]) {
    self.init(nonce: nonce, device: device, replica: replica, base: base, digest: hash128(body))
  }

  public init(nonce: Hash128, device: String, replica: ReplicaID, base: UInt64, digest: Hash128) {
    self.nonce = nonce
    self.device = device
    self.replica = replica
    self.base = base
    self.digest = digest
  }

  /// Answers nothing: where both sides are in one process, and nothing lies between.
  public static let nothing = AnswerTo(nonce: .zero, device: "", replica: .none, base: 0, digest: .zero)

  /// - Parameter asked: what the device sent.
  /// - Throws: `wrong_answer` where this is the answer to something else.
  public func check(_ asked: AnswerTo) throws(RelayError) {
    guard self != asked, !Mutation.isPlanted(.foreignAnswer) else { return }
    let what =
      nonce != asked.nonce || digest != asked.digest
      ? "another request" : device != asked.device ? "another device, '\(device)'" : "another state of this device"
    throw RelayError(.wrongAnswer, "the answer belongs to \(what)")
  }
}

extension ReplicaID {
  /// Names no replica.
  public static let none = ReplicaID(bits: 0)
}

/// What every request has: it can be named by its answer.
public protocol Request: Sendable {
  var nonce: Hash128 { get set }
  func encoded() -> [UInt8]
  /// - Parameters:
  ///   - device: the hub's name for the device.
  ///   - body: the request's bytes as they are sent, or as they came.
  func answer(device: String, body: [UInt8]) -> AnswerTo
}

extension Request {
  public func answer(device: String, body: [UInt8]) -> AnswerTo {
    AnswerTo(nonce: nonce, device: device, body: body)
  }
}

extension SyncRequest: Request {
  public func answer(device: String, body: [UInt8]) -> AnswerTo {
    AnswerTo(nonce: nonce, device: device, replica: replica, base: base, body: body)
  }
}

extension VerifyRequest: Request {
  public func answer(device: String, body: [UInt8]) -> AnswerTo {
    AnswerTo(nonce: nonce, device: device, base: base, body: body)
  }
}

extension RowsRequest: Request {
  public func answer(device: String, body: [UInt8]) -> AnswerTo {
    AnswerTo(nonce: nonce, device: device, base: base, body: body)
  }
}

extension HistoryRequest: Request {}

extension EnrolRequest: Request {
  public func answer(device: String, body: [UInt8]) -> AnswerTo {
    AnswerTo(nonce: nonce, device: device, replica: replica, body: body)
  }
}

extension CBORWriter {
  mutating func answerTo(_ answer: AnswerTo) {
    array(5)
    hash(answer.nonce)
    textString(answer.device)
    unsigned(answer.replica.bits)
    unsigned(answer.base)
    hash(answer.digest)
  }
}

extension CBORReader {
  mutating func answerTo() throws(RelayError) -> AnswerTo {
    try array(exactly: 5)
    return AnswerTo(
      nonce: try hash(), device: try textString(most: Limits.label), replica: ReplicaID(bits: try unsigned()),
      base: try unsigned(most: Limits.sequence), digest: try hash())
  }
}
