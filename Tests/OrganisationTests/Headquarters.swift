import Foundation
import Organisation
import Relay
import RelayHub
internal import RelayMerge
internal import RelayProtocol
import Testing

/// A hub and its devices in one process; messages go through their bytes, as on a network.
final class Headquarters {
  let folder: String
  private let writer: HubWriter
  private let reader: HubReader
  private var count: UInt64 = 0

  init() throws {
    folder = NSTemporaryDirectory() + "headquarters-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder + "/hub", withIntermediateDirectories: true)
    try Hub.create(
      directory: folder + "/hub", schema: Organisation.schema, organisation: Hash128(high: 1, low: 2),
      epoch: Hash128(high: 3, low: 4))
    writer = try HubWriter(directory: folder + "/hub")
    reader = try HubReader(directory: folder + "/hub")
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

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
      at: folder + "/" + name + ".db", schema: Organisation.schema,
      environment: Environment(now: clock, random: { bits })
    ) { (db) throws(RelayError) in try db.script(Organisation.ddl) }
    try writer.addDevice(name: name, role: role, grants: grants, code: name, expires: .max)
    let answer = try writer.enrol(
      EnrolRequest(code: name, schemaHash: replica.schema.hash, replica: try replica.replicaID()), token: name, now: 1)
    try replica.enrolled(answer, hub: "here")
    try sync(replica, name)
    return replica
  }

  /// 2017-10-31, at midnight UTC.
  static let morning: Int64 = 1_509_408_000_000

  /// Another set of scopes for a device.
  func grant(_ device: String, units: [String], above: [String]) throws {
    try writer.grant(
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
    while true {
      let request = try SyncRequest(decoding: try replica.nextRequest().encoded())
      let device = try reader.authenticate(token: name)
      var response = SyncResponse(epoch: try reader.epoch(), time: UInt64(time))
      if !request.push.isEmpty || request.part != nil {
        let job = PushJob(device: device.id, request: request)
        let outcome = try writer.commit([job], now: time)[0].get()
        if isReplayed {
          let head = try reader.head()
          let again = try writer.commit([job], now: time + 1000)[0].get()
          #expect(again.verdicts == outcome.verdicts, "\(name): a push that arrived twice")
          #expect(try reader.head() == head, "\(name): a push that arrived twice")
        }
        response.verdicts = outcome.verdicts
        response.partReceived = outcome.partReceived
      }
      if request.pull != nil {
        response.page = try reader.pull(request, device: device)
      }
      let step = try replica.receive(try SyncResponse(decoding: response.encoded()), to: request)
      if case .installed = step { return }
    }
  }
}
