import Relay
internal import RelayMerge
import RelayProtocol
import TestSupport
import Testing

@testable import RelayHub

/// A row leaves a device's scopes while somebody edits it there. The edit counts where the author cannot have known, and
/// what it can have known is what the hub itself remembers of it.
@Suite struct LateEditTests {
  private let office: Office
  private let row = Office.row("m")
  private let day: Int64 = 24 * 3600 * 1000

  /// Device `a` wrote the member at seq 1 and saw it; the office moved it away at seq 2.
  init() throws {
    office = try Office([("a", ["unit/x"]), ("office", ["*"])])
    try office.push("a", office.sealed(7, row, office.member("x")))
    try name(1)
    try office.push("office", office.sealed(8, row, .set(2, ["y"]), base: 1))
  }

  /// Replica 7 of device `a` pulls, and so says at which base it stands.
  private func name(_ base: UInt64, as device: String = "a", replica: UInt64 = 7) throws {
    var request = office.request(base: base, scopes: ["unit/x"], pull: PullRequest())
    request.epoch = Office.epoch
    request.logHash = try office.writer.session.logHash(base) ?? .zero
    request.replica = ReplicaID(bits: replica)
    _ = try office.writer.commit([PushJob(device: try office.device(device).id, request: request)], now: 1000)[0].get()
  }

  private func edit(_ replica: UInt64 = 7, base: UInt64 = 1, as device: String = "a", at time: Int64 = 1000) throws
    -> RefusalRule?
  {
    let bytes = office.sealed(replica, row, .set(5, ["late"]), base: base)
    let job = PushJob(device: try office.device(device).id, request: office.request([bytes]))
    return try office.writer.commit([job], now: time)[0].get().verdicts[0].refusal?.rule
  }

  @Test("Who cannot know that the row left edits it as before, and nobody's work is lost")
  func honest() throws {
    #expect(try edit() == nil)
    #expect(try edit() == nil, "as long as no later base was named")
  }

  @Test("Who has named a base of after the row left knows, whatever base it claims for an edit")
  func named() throws {
    try name(2)
    #expect(try edit() == .rowUnknown)
  }

  @Test("A new replica id makes no new past")
  func newReplica() throws {
    try name(2)
    #expect(try edit(77) == .rowUnknown)
  }

  @Test("A pull that another process answered is remembered where a row has left since, and costs nothing elsewhere")
  func pullAlone() throws {
    var request = office.request(base: 2, scopes: ["unit/x"], pull: PullRequest())
    request.replica = ReplicaID(bits: 7)
    #expect(try office.reader.session.mustRemember(request, office.device("a")))
    request.base = 1
    #expect(try !office.reader.session.mustRemember(request, office.device("a")))
    request.replica = ReplicaID(bits: 8)
    #expect(try !office.reader.session.mustRemember(request, office.device("office")))
  }

  @Test("A device that was granted the scope after the row had left it never held the row")
  func grantedLater() throws {
    try office.writer.addDevice(
      name: "new", role: "office", grants: [ScopeGrant(scope: "unit/x")], code: "new", expires: 1000)
    _ = try office.writer.enrol(
      EnrolRequest(code: "new", schemaHash: office.schema.hash, replica: ReplicaID(bits: 9)), token: "t-new", now: 1)
    #expect(try edit(9, as: "new") == .rowUnknown)
    #expect(try edit(9, base: 0, as: "new") == .rowUnknown)
  }

  @Test("After the grace no edit is late any more")
  func grace() throws {
    #expect(try edit(at: 1000 + 30 * day) == nil)
    #expect(try edit(at: 1001 + 30 * day) == .rowUnknown)
  }

  @Test("A late edit brings the row to no place where its author may not write")
  func lateMove() throws {
    func move(_ unit: Value) throws -> RefusalRule? {
      try office.push("a", office.sealed(7, row, .set(2, [unit]), base: 1, at: 2000))[0].refusal?.rule
    }
    #expect(try move("z") == .notWritable)
    #expect(try move("x") == nil, "back home")
  }

  @Test("What others did is no excuse: their transactions in `seen` make no own insert, and tell nothing of refusals")
  func othersInSeen() throws {
    try office.push("office", office.sealed(8, Office.row("other"), office.member("x")))
    try office.push("office", office.sealed(8, Office.row("other"), .set(2, ["y"]), base: 3))
    let seen = [Dot(ReplicaID(bits: 8), 2)]
    let edit = office.sealed(7, Office.row("other"), .set(5, ["mine"]), seen: seen)
    #expect(try office.push("a", edit)[0].refusal?.rule == .rowUnknown)
    // A key that the office was refused is nobody else's business.
    try office.push("office", office.sealed(8, Office.row("r"), office.member("\u{0}")))
    try office.push("office", office.sealed(8, Office.row("q"), .insert([GroupValues(group: 99, values: [1])])))
    let refused = office.sealed(7, Office.row("q"), .set(5, ["?"]), seen: [Dot(ReplicaID(bits: 8), 5)])
    #expect(try office.push("a", refused)[0].refusal?.rule == .rowUnknown)
  }
}
