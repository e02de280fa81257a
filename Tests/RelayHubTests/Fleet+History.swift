import Relay
import RelayHub
internal import RelayMerge
internal import RelayProtocol
import TestSupport

extension Fleet {
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
