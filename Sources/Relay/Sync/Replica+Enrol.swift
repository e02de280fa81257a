internal import RelayMerge
public import RelayProtocol

extension Replica {
  /// Exchanges a one-time code for a credential and binds this replica to the hub. A replica whose device was revoked
  /// comes back with a new code of the same organisation, with all its unsent work.
  ///
  /// - Parameter hub: the hub's address, kept for later syncs.
  /// - Throws: `code_invalid` (also while the device that this replica is known as may sync), `schema_mismatch`,
  ///   `wrong_organisation`, and the codes of a line that does not reach the hub.
  public func enrol(code: String, hub: String, with transport: any Transport) async throws(RelayError) {
    let request = EnrolRequest(
      code: code, schemaHash: schema.hash, replica: try replicaID(), organisation: try organisation(),
      schemaVersion: schema.version, nonce: try nonce())
    let body = request.encoded()
    let answer = try await transport.send(TransportRequest(path: "/v1/enrol", body: body), deadline: .seconds(30))
    guard answer.status == 200, answer.isFromHub else { throw RelayError(answer) }
    let response = try EnrolResponse(decoding: answer.body)
    // What the device is called it learns here.
    try response.answers.check(request.answer(device: response.device, body: body))
    try enrolled(response, hub: hub)
  }
}

extension Duration {
  /// Whole milliseconds; saturates.
  var milliseconds: Int64 {
    let (seconds, attoseconds) = components
    guard seconds < Int64.max / 2000 else { return .max }
    return seconds * 1000 + attoseconds / 1_000_000_000_000_000
  }
}
