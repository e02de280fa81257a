import RelayHub
import RelayProtocol
import TestSupport
import Testing

/// Codes cannot be tried out: five wrong ones in a minute, and the address waits.
@Suite struct EnrolmentGuardTests {
  private func refuses(_ gate: inout EnrolmentGuard, _ address: String, at time: Int64) -> Bool {
    do { try gate.ask(address, now: time) } catch { return error.code == .hubOverloaded }
    return false
  }

  @Test("The sixth try of an address within a minute is refused, others are not, and a minute later it may try again")
  func window() {
    var gate = EnrolmentGuard()
    for at in 0..<5 as Range<Int64> {
      #expect(!refuses(&gate, "10.0.0.1", at: at))
      gate.wrong("10.0.0.1", now: at)
    }
    #expect(refuses(&gate, "10.0.0.1", at: 5))
    #expect(!refuses(&gate, "10.0.0.2", at: 5))
    #expect(refuses(&gate, "10.0.0.1", at: 60_000 - 1))
    #expect(!refuses(&gate, "10.0.0.1", at: 60_000))
  }

  @Test("However many addresses try, what is remembered stays bounded")
  func bounded() {
    var gate = EnrolmentGuard()
    for at in 0..<25_000 { gate.wrong("address \(at)", now: 1) }
    #expect(!refuses(&gate, "address 1", at: 2))
    for _ in 0..<5 { gate.wrong("x", now: 3) }
    #expect(refuses(&gate, "x", at: 4))
  }
}
