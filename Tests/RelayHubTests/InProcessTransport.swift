import Relay
import RelayHub
internal import RelayMerge
internal import RelayProtocol

/// A hub in this process behind the transport that apps bring: for calls that are their own round trips.
struct InProcessTransport: Transport {
  let reader: HubReader
  var isAway = false

  func send(_ request: TransportRequest, deadline: Duration?) async throws(RelayError) -> TransportResponse {
    guard !isAway else { throw RelayError(.hubUnreachable, "no network") }
    do throws(RelayError) {
      let device = try reader.authenticate(token: request.token ?? "")
      let history = try HistoryRequest(decoding: request.body)
      var answer = try reader.history(history, device: device)
      answer.answers = history.answer(device: device.name, body: request.body)
      return TransportResponse(status: 200, body: answer.encoded())
    } catch {
      return TransportResponse(
        status: 400, body: ErrorReply(code: error.code.rawValue, message: error.message).encoded())
    }
  }
}

extension Fleet {
  static let options = SyncOptions { (_) async throws(CancellationError) in }

  /// The history of a row with a key of one text, asked of the hub in pages as small as they can be.
  func history(_ device: Device, _ table: String, _ key: String) throws -> RowHistory {
    var told: [HistoryResponse] = []
    guard let schema = device.replica.schema.table(named: table) else { throw RelayError(.usage, table) }
    let row = RowID(table: schema.id, values: [.text(key)])
    let known = try reader.authenticate(token: "token-" + device.name)
    var before: UInt64 = 0
    repeat {
      let request = HistoryRequest(epoch: try reader.epoch(), row: row, before: before, most: 1)
      let answer = try reader.history(try HistoryRequest(decoding: request.encoded()), device: known)
      told.append(try HistoryResponse(decoding: answer.encoded()))
      before = answer.next
    } while before > 0
    return try device.replica.history(row, schema, told: told)
  }
}
