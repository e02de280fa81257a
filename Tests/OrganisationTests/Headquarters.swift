import Organisation
import Relay
import RelayHub
internal import RelayMerge
internal import RelayProtocol
import TestSupport
import Testing

/// A hub and its devices in one process; messages go through their bytes, as on a network.
final class Headquarters {
  private let files = TestFolder()
  private let hub: InProcessHub
  private var count: UInt64 = 0

  init() throws {
    hub = try InProcessHub(new: try TestStore.place(files.file("hub")), schema: Organisation.schema)
  }

  /// A new device that has pulled what it may see.
  ///
  /// - Parameter clock: what the device takes for the time, in milliseconds since 1970.
  func device(
    _ name: String, role: String, units: [String] = [], above: [String] = [],
    clock: @escaping @Sendable () -> Int64 = { Headquarters.morning }
  ) throws -> Replica {
    let grants =
      role == "committee"
      ? [ScopeGrant(scope: ScopeGrant.everything)] : Headquarters.grants(units: units, above: above)
    count += 1
    let bits = count &* 0x9E37_79B9_7F4A_7C15
    let replica = try Replica(
      at: files.file(name + ".db"), schema: Organisation.schema,
      environment: Environment(now: clock, random: { bits })
    ) { (db) throws(RelayError) in try db.script(Organisation.ddl) }
    try hub.enrol(replica, as: name, role: role, grants, now: 1)
    try sync(replica, name)
    return replica
  }

  /// 2017-10-31, at midnight UTC.
  static let morning: Int64 = 1_509_408_000_000

  /// Another set of scopes for a device.
  func grant(_ device: String, units: [String], above: [String]) throws {
    try hub.writer.grant(
      device: device, role: nil, grants: Headquarters.grants(units: units, above: above), now: Headquarters.morning)
  }

  private static func grants(units: [String], above: [String]) -> [ScopeGrant] {
    units.map { ScopeGrant(scope: "unit/" + $0) } + above.map { ScopeGrant(scope: "below/" + $0, writable: false) }
      + [ScopeGrant(scope: "everyone", writable: false)]
  }

  /// - Parameters:
  ///   - time: the hub's.
  ///   - isReplayed: every push arrives twice; the hub must answer the same and do nothing.
  func sync(
    _ replica: Replica, _ name: String, at time: Int64 = Headquarters.morning, isReplayed: Bool = false
  ) throws {
    try hub.sync(replica, as: name, now: time) { request in
      guard isReplayed, !request.push.isEmpty || request.part != nil else { return }
      var push = request
      push.pull = nil
      var first: [Verdict] = []
      var again: [Verdict] = []
      _ = try hub.answer(push, as: name, now: time, &first)
      let head = try hub.reader.head()
      _ = try hub.answer(push, as: name, now: time + 1000, &again)
      #expect(again == first, "\(name): a push that arrived twice")
      #expect(try hub.reader.head() == head, "\(name): a push that arrived twice")
    }
  }
}
