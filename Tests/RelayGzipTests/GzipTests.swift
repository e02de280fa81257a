import RelayGzip
import RelayProtocol
import Testing

@Suite("Bodies that travel compressed")
struct GzipTests {
  /// Bytes that neither vanish nor defy compression.
  private func sample(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: ($0 &* $0) >> 3) } }

  private func code(of body: () throws(RelayError) -> Void) -> ErrorCode? {
    do throws(RelayError) { try body() } catch { return error.code }
    return nil
  }

  @Test("What was packed comes back, whatever its length", arguments: [0, 1, 511, 65_535, 65_536, 65_537, 1_000_000])
  func roundTrip(count: Int) throws {
    let bytes = sample(count)
    #expect(try gunzip(gzip(bytes)) == bytes)
    #expect(try gunzip(gzip(bytes, level: 9)) == bytes)
  }

  @Test("A result of exactly the cap passes, one byte more does not", arguments: [1, 65_536, 65_537, 200_000])
  func cap(count: Int) throws {
    let packed = gzip(sample(count))
    #expect(try gunzip(packed, most: count).count == count)
    #expect(code { () throws(RelayError) in _ = try gunzip(packed, most: count - 1) } == .limitExceeded)
  }

  @Test("A bomb ends at the ratio, long before the cap")
  func bomb() {
    let packed = gzip([UInt8](repeating: 0, count: 5 << 20))
    #expect(code { () throws(RelayError) in _ = try gunzip(packed) } == .limitExceeded)
  }

  @Test("Zeros within the grace are no bomb")
  func grace() throws {
    let bytes = [UInt8](repeating: 0, count: Limits.inflateGrace)
    #expect(try gunzip(gzip(bytes)) == bytes)
  }

  @Test("What a reader would take for a bomb goes plain; whatever goes packed any reader takes, byte by byte")
  func packing() throws {
    func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
    let noise = (0..<2 << 20).map { UInt8(truncatingIfNeeded: ($0 &* $0 &* 2_654_435_761) >> 13) }
    #expect(packed(sample(511)) == nil)
    #expect(packed(zeros(2 << 20)) == nil)
    // The reader would stop at the zeros, whatever comes after them.
    #expect(packed(zeros(2 << 20) + noise) == nil)
    // Nothing else fits a message than the packed form; the reader may still refuse it.
    #expect(packed(zeros(Limits.body + 1)) != nil)
    for bytes in [
      sample(512), zeros(1 << 20), sample(3 << 20), noise + zeros(4 << 20), sample(100_000) + zeros(1 << 20),
    ] {
      guard let packed = packed(bytes) else { continue }
      let inflater = try Inflater(most: Limits.inflatedBody)
      for byte in packed {
        try withUnsafePointer(to: byte) { try inflater.append(UnsafeBufferPointer(start: $0, count: 1)) }
      }
      #expect(try inflater.finish() == bytes)
    }
    #expect(packed(noise + zeros(4 << 20)) != nil)
  }

  @Test("A body cut at any byte is malformed")
  func truncation() {
    let packed = gzip(sample(700))
    for length in packed.indices {
      #expect(
        code { () throws(RelayError) in _ = try gunzip(Array(packed[..<length])) } == .malformedMessage,
        "cut after \(length) of \(packed.count) bytes")
    }
  }

  @Test("Nothing may follow the one member, not even another")
  func tail() {
    let packed = gzip(sample(700))
    #expect(code { () throws(RelayError) in _ = try gunzip(packed + [0]) } == .malformedMessage)
    #expect(code { () throws(RelayError) in _ = try gunzip(packed + packed) } == .malformedMessage)
  }

  @Test("A flipped bit is noticed, except in the header's time and system, which mean nothing")
  func bitFlips() {
    let bytes = sample(700)
    let packed = gzip(bytes)
    for at in packed.indices {
      var damaged = packed
      damaged[at] ^= 1
      let result = try? gunzip(damaged)
      #expect(result == nil || result == bytes, "the bit at byte \(at) changed the result in silence")
    }
  }
}
