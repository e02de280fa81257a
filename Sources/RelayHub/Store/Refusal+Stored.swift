internal import RelayProtocol

/// A refusal in the store's bytes.
extension Refusal {
  var stored: [UInt8] {
    var out = CBORWriter()
    out.array(5)
    out.textString(rule.rawValue)
    out.textString(message)
    out.unsigned(UInt64(group))
    out.unsigned(UInt64(row?.table ?? 0))
    out.byteString(row?.key ?? [])
    return out.bytes
  }

  init(stored bytes: [UInt8]) throws(RelayError) {
    self = try CBORReader.decode(bytes) { (reader) throws(RelayError) in
      try reader.array(exactly: 5)
      let rule = RefusalRule(rawValue: try reader.textString(most: Limits.label)) ?? .malformed
      let message = try reader.textString(most: 4096)
      let group = UInt32(clamping: try reader.unsigned())
      let table = UInt32(clamping: try reader.unsigned())
      let key = try reader.byteString(most: Limits.key)
      return Refusal(rule: rule, row: key.isEmpty ? nil : RowID(table: table, key: key), group: group, message: message)
    }
  }
}
