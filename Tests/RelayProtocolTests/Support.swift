import RelayProtocol
import Testing

/// Bytes from hexadecimal digits; spaces are for the reader.
func hex(_ text: String) -> [UInt8] {
  var bytes: [UInt8] = []
  var high: UInt8?
  for character in text where character != " " {
    guard let digit = character.hexDigitValue.map(UInt8.init) else { fatalError("\(character) is no digit") }
    if let first = high {
      bytes.append(first << 4 | digit)
      high = nil
    } else {
      high = digit
    }
  }
  precondition(high == nil, "half a byte")
  return bytes
}

func cbor(_ body: (inout CBORWriter) -> Void) -> [UInt8] {
  var out = CBORWriter()
  body(&out)
  return out.bytes
}

/// The code with which decoding fails; nil when it succeeds.
func failure<T>(_ body: () throws(RelayError) -> T) -> ErrorCode? {
  do throws(RelayError) {
    _ = try body()
    return nil
  } catch {
    return error.code
  }
}

func failure<T>(reading bytes: [UInt8], _ body: (inout CBORReader) throws(RelayError) -> T) -> ErrorCode? {
  failure { () throws(RelayError) in try CBORReader.decode(bytes, body) }
}

/// Rows as values, for samples: what they say is changed, and written again.
extension PullPage {
  var runs: [RowRun] {
    get { (try? rows.decoded()) ?? [] }
    set { rows = EncodedRows(newValue) }
  }
}

extension RowsResponse {
  var runs: [RowRun] { (try? rows.decoded()) ?? [] }
}
