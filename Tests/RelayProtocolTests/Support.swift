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

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers everywhere for a seed.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
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
