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
