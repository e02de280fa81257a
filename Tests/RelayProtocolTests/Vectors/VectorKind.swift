import RelayProtocol

/// Everything that has golden vectors, by its name in relay.cddl.
enum VectorKind: String, CaseIterable {
  case value, key, run, transaction
  case dotSet = "dot-set"
  case syncRequest = "sync-request"
  case syncResponse = "sync-response"
  case enrolRequest = "enrol-request"
  case enrolResponse = "enrol-response"
  case verifyRequest = "verify-request"
  case verifyResponse = "verify-response"
  case historyRequest = "history-request"
  case historyResponse = "history-response"
  case rowsRequest = "rows-request"
  case rowsResponse = "rows-response"
  case errorReply = "error-reply"

  /// Reads one whole item: what it says, and the bytes that say it again.
  func read(_ bytes: [UInt8]) throws(RelayError) -> (content: JSON, again: [UInt8]) {
    switch self {
    case .value:
      let value = try CBORReader.decode(bytes) { (r) throws(RelayError) in try r.value() }
      return (JSON(value), cbor { $0.value(value) })
    case .key:
      let values = try RowID(table: 1, key: bytes).values()
      return (JSON(values), RowID.encode(values))
    case .dotSet:
      let set = try CBORReader.decode(bytes) { (r) throws(RelayError) in try r.dotSet() }
      return (JSON(set), cbor { $0.dotSet(set) })
    case .run:
      let rows = try EncodedRows(stored: [0x81] + bytes)
      return (try JSON(rows.decoded()[0]), Array(EncodedRows(try rows.decoded()).bytes.dropFirst()))
    case .transaction:
      let transaction = try Transaction(decoding: bytes)
      return (try JSON(transaction), transaction.encoded())
    case .syncRequest:
      let request = try SyncRequest(decoding: bytes)
      return (JSON(request), request.encoded())
    case .syncResponse:
      let response = try SyncResponse(decoding: bytes)
      return (try JSON(response), response.encoded())
    case .enrolRequest:
      let request = try EnrolRequest(decoding: bytes)
      return (JSON(request), request.encoded())
    case .enrolResponse:
      let response = try EnrolResponse(decoding: bytes)
      return (JSON(response), response.encoded())
    case .verifyRequest:
      let request = try VerifyRequest(decoding: bytes)
      return (JSON(request), request.encoded())
    case .verifyResponse:
      let response = try VerifyResponse(decoding: bytes)
      return (JSON(response), response.encoded())
    case .historyRequest:
      let request = try HistoryRequest(decoding: bytes)
      return (try JSON(request), request.encoded())
    case .historyResponse:
      let response = try HistoryResponse(decoding: bytes)
      return (try JSON(response), response.encoded())
    case .rowsRequest:
      let request = try RowsRequest(decoding: bytes)
      return (try JSON(request), request.encoded())
    case .rowsResponse:
      let response = try RowsResponse(decoding: bytes)
      return (try JSON(response), response.encoded())
    case .errorReply:
      let reply = try ErrorReply(decoding: bytes)
      return (JSON(reply), reply.encoded())
    }
  }

  func code(reading bytes: [UInt8]) -> ErrorCode? {
    failure { () throws(RelayError) in _ = try read(bytes) }
  }
}
