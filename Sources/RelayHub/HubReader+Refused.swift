public import RelayMerge
public import RelayProtocol

/// A refused transaction that is kept whole, for its operator.
public struct RefusedWork: Sendable, Equatable {
  /// The name of the device that pushed it.
  public var device: String
  public var author: String
  /// Milliseconds since 1970.
  public var received: Int64
  public var verdict: Verdict
  /// Of its body.
  public var bytes: Int
}

extension HubReader {
  /// What was refused and is kept, the newest first.
  ///
  /// - Parameters:
  ///   - device: its name; nil for all.
  ///   - rule: nil for all.
  ///   - seq: only what came before it.
  /// - Throws: `usage` for a device that is not there.
  public func refused(
    device: String?, rule: RefusalRule?, before seq: UInt64, most: Int
  ) throws(RelayError) -> [RefusedWork] {
    try session.read { (session) throws(RelayError) in
      let id = try device.map { (name) throws(RelayError) in try session.device(named: name).id }
      var (list, before) = ([RefusedWork](), seq)
      while list.count < most {
        let some = try session.store.log.refused(before: before, of: id, most: 500)
        for one in some where list.count < most {
          guard let work = try session.refusedWork(one.seq, bytes: one.bytes) else { continue }
          if rule == nil || work.verdict.refusal?.rule == rule { list.append(work) }
        }
        guard some.count == 500, let last = some.last else { break }
        before = last.seq
      }
      return list
    }
  }

  /// A refused transaction, and what it would have done.
  ///
  /// - Returns: nil where there is none at this seq, or its body is not kept any more.
  public func refused(at seq: UInt64) throws(RelayError) -> (
    work: RefusedWork, transaction: Transaction, schema: SyncSchema
  )? {
    try session.read { (session) throws(RelayError) in
      guard let bytes = try session.store.log.body(seq, most: .max),
        let work = try session.refusedWork(seq, bytes: bytes.count), !work.verdict.isAccepted
      else { return nil }
      return (work, try Transaction(decoding: bytes), session.schema)
    }
  }
}

extension HubSession {
  fileprivate func refusedWork(_ seq: UInt64, bytes: Int) throws(RelayError) -> RefusedWork? {
    try store.log.record(at: seq).map { (record) throws(RelayError) in
      RefusedWork(
        device: try deviceName(record.device), author: record.author, received: record.received,
        verdict: record.verdict,
        bytes: bytes)
    }
  }
}
