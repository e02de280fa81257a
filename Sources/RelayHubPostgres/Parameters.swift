internal import RelayProtocol

/// A statement's values as libpq wants them, in binary; the memory is used again and again.
struct Parameters {
  private var bytes: [UInt8] = []
  private var starts: [Int] = []
  private var lengths: [Int32] = []
  private var formats: [Int32] = []
  private var pointers: [UnsafePointer<CChar>?] = []

  /// PostgreSQL's numbers of the types `int8` and `bytea`; 0 lets the server say.
  static func type(of value: Value) -> UInt32 {
    switch value {
    case .integer: 20
    case .null: 0
    default: 17
    }
  }

  mutating func fill(_ values: [Value]) {
    bytes.removeAll(keepingCapacity: true)
    starts.removeAll(keepingCapacity: true)
    lengths.removeAll(keepingCapacity: true)
    // An empty value has an address, too.
    bytes.append(0)
    for value in values {
      let start = bytes.count
      switch value {
      case .null: break
      case .integer(let number): withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
      case .real(let number): withUnsafeBytes(of: number.bitPattern.bigEndian) { bytes.append(contentsOf: $0) }
      case .text(let text): bytes.append(contentsOf: text.utf8)
      case .malformedText(let raw), .blob(let raw): bytes.append(contentsOf: raw)
      }
      starts.append(value.isNull ? -1 : start)
      lengths.append(Int32(bytes.count - start))
    }
    while formats.count < values.count { formats.append(1) }
  }

  mutating func withPointers<T>(
    _ body: (UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> T
  ) -> T {
    bytes.withUnsafeBytes { raw in
      let base = raw.bindMemory(to: CChar.self).baseAddress
      pointers.removeAll(keepingCapacity: true)
      for start in starts { pointers.append(start < 0 ? nil : base.map { $0 + start }) }
      return pointers.withUnsafeBufferPointer { pointers in
        lengths.withUnsafeBufferPointer { lengths in
          formats.withUnsafeBufferPointer { formats in
            body(pointers.baseAddress, lengths.baseAddress, formats.baseAddress)
          }
        }
      }
    }
  }
}
