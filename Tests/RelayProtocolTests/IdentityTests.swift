import RelayProtocol
import Testing

struct IdentityTests {
  @Test("hybrid time is milliseconds first and a counter behind them")
  func hybridTime() {
    let time = HybridTime(milliseconds: 1_764_000_000_123, counter: 7)
    #expect(time.milliseconds == 1_764_000_000_123)
    #expect(time.bits & 0xFFFF == 7)
    #expect(time < HybridTime(milliseconds: 1_764_000_000_123, counter: 8))
    #expect(HybridTime(milliseconds: 1_764_000_000_123, counter: .max) < HybridTime(milliseconds: 1_764_000_000_124))
    #expect(time.description == "1764000000123.7")
  }

  @Test("a clock out of range is clamped, never wrapped")
  func clampedTime() {
    #expect(HybridTime(milliseconds: -1) == .zero)
    #expect(HybridTime(milliseconds: .min, counter: 3).bits == 3)
    #expect(HybridTime(milliseconds: .max).milliseconds == 0xFFFF_FFFF_FFFF)
  }

  @Test("each transaction's hash covers the one before: a change anywhere changes every later hash")
  func hashChain() throws {
    func chain(_ authors: [String]) -> [SealedTransaction] {
      var previous = Hash128.zero
      return authors.enumerated().map { at, author in
        var transaction = Samples.transactions[0]
        transaction.dot.counter = UInt64(at + 1)
        transaction.previous = previous
        transaction.author = author
        let sealed = SealedTransaction(transaction)
        previous = sealed.hash
        return sealed
      }
    }
    let one = chain(["a", "b", "c"])
    #expect(one == chain(["a", "b", "c"]))
    let two = chain(["a", "x", "c"])
    #expect(one[0] == two[0])
    #expect(one[1].hash != two[1].hash)
    #expect(one[2].hash != two[2].hash)
    var previous = Hash128.zero
    for sealed in one {
      let read = try Transaction(decoding: sealed.bytes)
      #expect(read.previous == previous)
      #expect(Array(sha256(previous.bytes, sealed.bytes).prefix(16)) == sealed.hash.bytes)
      previous = sealed.hash
    }
  }

  @Test("SHA-256 is that of FIPS 180-4")
  func sha() {
    #expect(sha256().hexadecimal == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
      sha256([0x61], [0x62, 0x63]).hexadecimal == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(hash128([0x61, 0x62, 0x63]).description == "ba7816bf8f01cfea414140de5dae2223")
  }

  @Test("a hash is sixteen bytes, first byte first")
  func hashBytes() {
    let bytes = (0..<16).map(UInt8.init)
    #expect(Hash128(bytes: bytes)?.bytes == bytes)
    #expect(Hash128(bytes: bytes)?.high == 0x0001_0203_0405_0607)
    #expect(Hash128(bytes: bytes.dropLast()) == nil)
  }
}
