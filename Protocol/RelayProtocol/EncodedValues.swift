/// The values of an array where they lie, each with its bytes: found by their heads alone. For bytes that this process wrote
/// itself; what comes from outside goes through `CBORReader`. It keeps its memory from array to array.
package struct EncodedValues {
  package enum Kind {
    case null, integer, real, text, malformedText, blob
  }

  private var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
  /// Where each value begins, and where the last one ends.
  private var places: [Int] = []

  package init() {}

  /// Takes another array, good as long as its bytes are.
  ///
  /// - Throws: `corrupt` where the bytes are none.
  package mutating func read(_ array: UnsafeRawBufferPointer) throws(RelayError) {
    bytes = array
    places.removeAll(keepingCapacity: true)
    var offset = 0
    let (major, count) = try head(&offset)
    guard major == 4 else { throw damaged }
    places.append(offset)
    for _ in 0..<count {
      let (major, argument) = try head(&offset)
      switch major {
      case 0, 1, 7: break
      case 2, 3: try pass(argument, &offset)
      case 6: try pass(try head(&offset).argument, &offset)
      default: throw damaged
      }
      places.append(offset)
    }
    guard offset == bytes.count else { throw damaged }
  }

  package subscript(at: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[places[at]..<places[at + 1]])
  }

  package func kind(_ at: Int) -> Kind {
    let first = bytes[places[at]]
    switch first >> 5 {
    case 0, 1: return .integer
    case 2: return .blob
    case 3: return .text
    case 6: return .malformedText
    default: return first == 0xF6 ? .null : .real
    }
  }

  /// - Returns: nil for a value of another kind.
  package func integer(_ at: Int) -> Int64? {
    guard kind(at) == .integer else { return nil }
    var offset = places[at]
    guard let (major, argument) = try? head(&offset), let magnitude = Int64(exactly: argument) else { return nil }
    return major == 0 ? magnitude : ~magnitude
  }

  /// Is it the same value, bit by bit? A value has one encoding.
  package func isSame(_ at: Int, as other: borrowing EncodedValues) -> Bool { self[at].isSame(other[at]) }

  private func pass(_ count: UInt64, _ offset: inout Int) throws(RelayError) {
    guard count <= UInt64(bytes.count - offset) else { throw damaged }
    offset += Int(count)
  }

  /// Passes a head and what of a number follows it.
  private func head(_ offset: inout Int) throws(RelayError) -> (major: UInt8, argument: UInt64) {
    guard offset < bytes.count else { throw damaged }
    let first = bytes[offset]
    offset += 1
    let low = first & 31
    guard low >= 24, low < 28 else { return (first >> 5, UInt64(low)) }
    let width = 1 << Int(low - 24)
    guard bytes.count - offset >= width else { throw damaged }
    var argument: UInt64 = 0
    for at in offset..<offset + width { argument = argument << 8 | UInt64(bytes[at]) }
    offset += width
    return (first >> 5, argument)
  }

  private var damaged: RelayError { RelayError(.corrupt, "values that this process kept cannot be read back") }
}
