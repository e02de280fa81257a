import RelayProtocol

/// Every message that comes from outside, for tests that treat all of them alike.
enum MessageKind: CaseIterable {
  case transaction, syncRequest, syncResponse, enrolRequest, enrolResponse, errorReply, verifyRequest, verifyResponse
  case historyRequest, historyResponse
  case rowsRequest, rowsResponse

  var samples: [[UInt8]] {
    switch self {
    case .transaction: Samples.transactions.map { $0.encoded() }
    case .syncRequest: Samples.requests.map { $0.encoded() }
    case .syncResponse: Samples.responses.map { $0.encoded() }
    case .enrolRequest: [Samples.enrolRequest, Samples.versionedEnrolRequest].map { $0.encoded() }
    case .enrolResponse: [Samples.enrolResponse, Samples.versionedEnrolResponse].map { $0.encoded() }
    case .errorReply: [Samples.error, Samples.rolledBack].map { $0.encoded() }
    case .verifyRequest: [Samples.verifyRequest, Samples.versionedVerifyRequest].map { $0.encoded() }
    case .verifyResponse: [Samples.verifyResponse.encoded(), VerifyResponse().encoded()]
    case .historyRequest: [Samples.historyRequest.encoded()]
    case .historyResponse: [Samples.historyResponse.encoded(), HistoryResponse(head: 0).encoded()]
    case .rowsRequest: Samples.rowsRequests.map { $0.encoded() }
    case .rowsResponse: Samples.rowsResponses.map { $0.encoded() }
    }
  }

  /// Decodes and encodes again.
  func again(_ bytes: [UInt8]) throws(RelayError) -> [UInt8] {
    switch self {
    case .transaction: try Transaction(decoding: bytes).encoded()
    case .syncRequest: try SyncRequest(decoding: bytes).encoded()
    case .syncResponse: try SyncResponse(decoding: bytes).encoded()
    case .enrolRequest: try EnrolRequest(decoding: bytes).encoded()
    case .enrolResponse: try EnrolResponse(decoding: bytes).encoded()
    case .errorReply: try ErrorReply(decoding: bytes).encoded()
    case .verifyRequest: try VerifyRequest(decoding: bytes).encoded()
    case .verifyResponse: try VerifyResponse(decoding: bytes).encoded()
    case .historyRequest: try HistoryRequest(decoding: bytes).encoded()
    case .historyResponse: try HistoryResponse(decoding: bytes).encoded()
    case .rowsRequest: try RowsRequest(decoding: bytes).encoded()
    case .rowsResponse: try RowsResponse(decoding: bytes).encoded()
    }
  }

  /// A transaction is sealed: it has no fields that a reader may skip.
  var hasOptionalFields: Bool { self != .transaction }
}
