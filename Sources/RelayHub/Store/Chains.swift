internal import RelayProtocol
internal import RelaySQLite

extension HubSession {
  /// Whose a replica is, and how far its chain has come here; nil for one that the hub has not seen.
  struct Chain {
    var device: Int64
    var count: UInt64
    var last: Hash128
  }

  func chain(of replica: ReplicaID) throws(RelayError) -> Chain? {
    guard let values = try db.first("SELECT device, n, hash FROM replica WHERE id = ?", [.bits(replica.bits)]) else {
      return nil
    }
    return Chain(
      device: values[0].integer ?? 0, count: try Count.seq(values[1]), last: Hash128(bytes: values[2].bytes) ?? .zero)
  }
}
