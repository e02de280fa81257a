internal import RelayMerge
internal import RelayProtocol

/// Transactions that come in parts.
extension HubSession {
  func accept(
    _ part: TransactionPart, _ request: SyncRequest, _ device: HubDevice, now: Int64, _ outcome: inout PushOutcome
  ) throws(RelayError) {
    if let record = try known(part.dot, part.hash, device) {
      outcome.verdicts.append(record.verdict)
      outcome.partReceived = part.total
      return
    }
    guard part.total <= UInt64(Limits.transaction) else {
      throw RelayError(.limitExceeded, "a transaction has at most \(Limits.transaction) bytes")
    }
    // What the hub holds of another transaction of this replica, or of another one under this name.
    try store.parts.drop(.besides(part))
    var received = try store.parts.held(part.dot)
    if part.offset == received, !part.bytes.isEmpty, received + UInt64(part.bytes.count) <= part.total {
      try makeRoom(for: part, device.id)
      try store.parts.add(part, device.id, now: now)
      received += UInt64(part.bytes.count)
    }
    outcome.partReceived = received
    guard received == part.total else { return }
    let bytes = try store.parts.bytes(part.dot)
    try store.parts.drop(.of(part.dot))
    // Parts that do not give what was announced are forgotten: the device begins again.
    guard let whole = try? Transaction(decoding: bytes), whole.dot == part.dot,
      hash128(whole.previous, then: bytes) == part.hash
    else {
      outcome.partReceived = 0
      return
    }
    var offer = Offer(bytes, part.envelope, request, PushLinks([bytes]))
    offer.copy = try copy(outcome.verdicts.last, request)
    outcome.verdicts.append(try accept(offer, device, now: now))
  }
}
