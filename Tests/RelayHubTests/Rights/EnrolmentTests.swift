import Relay
internal import RelayMerge
import RelayProtocol
import TestSupport
import Testing

@testable import RelayHub

/// How devices come in, are turned away, and come back.
@Suite struct EnrolmentTests {
  private let office: Office

  init() throws { office = try Office([("a", ["unit/x"]), ("b", ["unit/x"])]) }

  private func add(_ name: String) throws {
    try office.writer.addDevice(
      name: name, role: "office", grants: [ScopeGrant(scope: "unit/x")], code: name, expires: 1000)
  }

  @discardableResult
  private func enrol(_ code: String, replica: UInt64, at time: Int64 = 1) throws -> EnrolResponse {
    try office.writer.enrol(
      EnrolRequest(code: code, schemaHash: office.schema.hash, replica: ReplicaID(bits: replica)),
      token: "t-\(code)", now: time)
  }

  private func code(_ body: () throws -> Void) -> ErrorCode? {
    do { try body() } catch { return (error as? RelayError)?.code }
    return nil
  }

  @Test("Enrolling makes the replica the device's at once: nobody else can push under its name")
  func bound() throws {
    try add("c")
    try enrol("c", replica: 70)
    let stolen = office.sealed(70, Office.row("m"), office.member("x"))
    #expect(code { try office.push("a", stolen) } == .unauthorized)
    #expect(try office.push("c", stolen)[0].isAccepted)
  }

  @Test("A used code gives nothing but to the replica that used it, and to that one only as long as it holds")
  func usedCode() throws {
    try add("c")
    try enrol("c", replica: 70)
    try enrol("c", replica: 70)
    #expect(code { try enrol("c", replica: 71) } == .codeInvalid)
    #expect(code { try enrol("c", replica: 70, at: 1001) } == .codeInvalid)
  }

  @Test("A file is another device's only once the operator has turned its first one away; its chain and work go along")
  func takenOver() throws {
    try office.push("a", office.sealed(1000, Office.row("m"), office.member("x")))
    try add("a2")
    #expect(code { try enrol("a2", replica: 1000) } == .codeInvalid)
    try office.writer.revoke(device: "a")
    #expect(code { try office.push("a", office.sealed(1000, Office.row("n"), office.member("x"))) } == .revoked)
    try enrol("a2", replica: 1000)
    office.count[1000] = 1
    office.last[1000] = try office.writer.session.store.log.record(Dot(ReplicaID(bits: 1000), 1))?.hash
    #expect(try office.push("a2", office.sealed(1000, Office.row("n"), office.member("x")))[0].isAccepted)
  }

  @Test("Grants to a revoked device are refused with a sentence; admitted, it goes on where it stood")
  func admitted() throws {
    try office.writer.revoke(device: "a")
    let error = #expect(throws: RelayError.self) {
      try office.writer.grant(device: "a", role: nil, grants: [ScopeGrant(scope: "unit/x")], now: 1000)
    }
    #expect(error?.code == .usage)
    #expect(error?.advice.contains("device admit") == true)
    try office.writer.admit(device: "a", quarantined: false)
    #expect(try office.push("a", office.sealed(7, Office.row("m"), office.member("x")))[0].isAccepted)
    #expect(code { try office.writer.admit(device: "a", quarantined: false) } == .usage)
  }

  @Test("Admitted into quarantine its work is kept whole and changes nothing until the operator lets it go")
  func quarantined() throws {
    try office.writer.revoke(device: "a")
    try office.writer.admit(device: "a", quarantined: true)
    let verdict = try office.push("a", office.sealed(7, Office.row("m"), office.member("x")))[0]
    #expect(verdict.refusal?.rule == .quarantined)
    #expect(try office.pull("b").rowCount == 0)
    #expect(try office.writer.session.body(verdict.seq)?.rows.count == 1)
    try office.writer.admit(device: "a", quarantined: false)
    #expect(try office.push("a", office.sealed(7, Office.row("m"), office.member("x")))[0].isAccepted)
  }

  @Test("Parts without the rest and refused bodies have a quota, and end with revocation and time")
  func quotas() throws {
    let session = office.writer.session
    let store = try #require(session.store as? SQLHubStore)
    func count(_ table: String) throws -> Int64? { try store.db.number("SELECT count(*) FROM \(table)") }
    func part(_ replica: UInt64) throws -> UInt64 {
      var request = office.request()
      request.part = TransactionPart(
        dot: Dot(ReplicaID(bits: replica), 1), hash: .zero, total: 60, offset: 0, bytes: Array(repeating: 1, count: 40))
      let job = PushJob(device: try office.device("a").id, request: request)
      return try office.writer.commit([job], now: 1000)[0].get().partReceived
    }
    session.partsQuota = 120
    for replica in [70, 71, 72] as [UInt64] { #expect(try part(replica) == 40) }
    #expect(try count("part") == 1, "the third drops the two before it")
    try office.writer.tidy(now: 1000 + 8 * 24 * 3600 * 1000)
    #expect(try count("part") == 0)

    session.refusedQuota = 400
    for at in 0..<5 { try office.push("a", office.sealed(7, Office.row("r\(at)"), .touch)) }
    #expect(try count("refused") ?? 0 < 5)
    #expect(try count("refused") == (try count("body")))
    #expect(try count("attempt") == (try count("refused")))
    #expect(try count("txn") == 5, "what was said of them stays for ever")
    #expect(try part(73) == 40)
    try office.writer.revoke(device: "a")
    #expect(try count("refused") == 0)
    #expect(try count("part") == 0)
  }
}
