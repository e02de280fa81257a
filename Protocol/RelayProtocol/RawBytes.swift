/// What is asked of every value of every row, eight bytes at a time.
extension UnsafeRawBufferPointer {
  private static let word = MemoryLayout<UInt64>.size

  var isASCII: Bool {
    var at = 0
    while at + Self.word <= count {
      guard loadUnaligned(fromByteOffset: at, as: UInt64.self) & 0x8080_8080_8080_8080 == 0 else { return false }
      at += Self.word
    }
    while at < count {
      guard self[at] < 0x80 else { return false }
      at += 1
    }
    return true
  }

  /// Most text is short and plain ASCII, which needs no decoding to be known as such.
  var isUTF8: Bool {
    if isASCII { return true }
    return String(validating: self, as: UTF8.self) != nil
  }

  package func isSame(_ other: UnsafeRawBufferPointer) -> Bool {
    guard count == other.count else { return false }
    var at = 0
    while at + Self.word <= count {
      let word = loadUnaligned(fromByteOffset: at, as: UInt64.self)
      guard word == other.loadUnaligned(fromByteOffset: at, as: UInt64.self) else { return false }
      at += Self.word
    }
    while at < count {
      guard self[at] == other[at] else { return false }
      at += 1
    }
    return true
  }
}
