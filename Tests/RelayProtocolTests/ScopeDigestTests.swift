import RelayProtocol
import Testing

struct ScopeDigestTests {
  private func hash(_ n: UInt64) -> [UInt8] { sha256(cbor { $0.unsigned(n) }) }

  @Test("a digest does not depend on the order in which rows came and went")
  func order() {
    var up = ScopeDigest()
    for n in 0..<UInt64(300) { up.add(hash(n)) }
    var down = ScopeDigest()
    for n in (0..<UInt64(400)).reversed() { down.add(hash(n)) }
    #expect(up != down)
    for n in 300..<UInt64(400) { down.remove(hash(n)) }
    #expect(up == down)
    #expect(up.count == 300)
    #expect(ScopeDigest(bytes: up.bytes, count: 300) == up)
    for n in 0..<UInt64(300) { up.remove(hash(n)) }
    #expect(up == ScopeDigest())
  }

  @Test("the sum carries through all 256 bits and wraps")
  func carries() {
    var digest = ScopeDigest()
    digest.add([UInt8](repeating: 0xFF, count: 32))
    digest.add([UInt8](repeating: 0, count: 31) + [1])
    #expect(digest.bytes == [UInt8](repeating: 0, count: 32))
    digest.remove([UInt8](repeating: 0, count: 31) + [1])
    #expect(digest.bytes == [UInt8](repeating: 0xFF, count: 32))
    #expect(digest.count == 1)
    #expect(ScopeDigest(bytes: [1, 2, 3], count: 1) == nil)
  }

  @Test("a row's hash tells table, key, column and value apart")
  func rows() {
    let rows: [(RowID, [(id: UInt32, value: Value)])] = [
      (Samples.row, []), (RowID(table: 4, values: ["m-1"]), []), (RowID(table: 3, values: ["m-2"]), []),
      (Samples.row, [(id: 2, value: "a")]), (Samples.row, [(id: 3, value: "a")]),
      (Samples.row, [(id: 2, value: .null)]),
      (Samples.row, [(id: 2, value: "a"), (id: 3, value: "a")]),
    ]
    #expect(Set(rows.map { ScopeDigest.rowHash($0.0, columns: $0.1) }).count == rows.count)
  }
}
