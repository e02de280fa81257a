import RelayProtocol
import Testing

struct LimitTests {
  @Test("a key is judged before its values are read")
  func longKey() {
    let page = { (key: [UInt8]) in hex("84 80 60 81 83 03 80 81 83 01") + key + hex("80 40") }
    func code(_ key: [UInt8]) -> ErrorCode? {
      failure(reading: page(key)) { (r) throws(RelayError) in try r.pullPage() }
    }
    let most = RowID.encode([.blob([UInt8](repeating: 7, count: Limits.key - 4))])
    #expect(most.count == Limits.key)
    #expect(failure { () throws(RelayError) in try RowID(table: 1, key: most).values() } == nil)
    #expect(code(RowID.encode([.blob([UInt8](repeating: 7, count: Limits.key - 3))])) == .limitExceeded)
    // Only the head of a string of a megabyte is there: its length alone is too much.
    #expect(code(hex("81 5A 00100000")) == .limitExceeded)
    #expect(code(RowID.encode([Value](repeating: 1, count: Limits.keyColumns + 1))) == .limitExceeded)
    #expect(code(RowID.encode([])) == .malformedMessage)
  }

  @Test("counters and sequence numbers stay below 2^53")
  func sequence() {
    func code(_ base: UInt64) -> ErrorCode? {
      failure { () throws(RelayError) in try VerifyRequest(decoding: VerifyRequest(epoch: .zero, base: base).encoded())
      }
    }
    #expect(code(1 << 53 - 1) == nil)
    #expect(code(1 << 53) == .malformedMessage)
    #expect(code(.max) == .malformedMessage)
  }

  @Test("a count is no reason to take memory: a run that claims millions of rows fails at the first missing one")
  func claimedRows() {
    // 4 MiB of zeros behind the claim, so that the count alone is plausible.
    let bytes = hex("84 80 60 81 83 03 80 9A 00400000") + [UInt8](repeating: 0, count: 4 << 20)
    #expect(failure(reading: bytes) { (r) throws(RelayError) in try r.pullPage() } == .malformedMessage)
  }
}
