internal import Foundation
internal import Organisation
internal import Relay
internal import RelayHub
internal import RelayMerge
internal import RelayProtocol

/// The hub of a year, in this process and at the year's time: a real server would take its own clock's. Messages go
/// through their bytes, as on a network.
final class YearHub {
  let folder: String
  private let writer: HubWriter
  private let reader: HubReader
  /// Round trips so far.
  private(set) var requests = 0

  init(_ folder: String) throws {
    self.folder = folder
    try FileManager.default.createDirectory(atPath: folder + "/hub", withIntermediateDirectories: true)
    try Hub.create(
      directory: folder + "/hub", schema: Organisation.schema, organisation: Hash128(high: 1, low: 2017),
      epoch: Hash128(high: 3, low: 2017), graceDays: 365)
    writer = try HubWriter(directory: folder + "/hub")
    reader = try HubReader(directory: folder + "/hub")
  }

  func enrol(_ replica: Replica, _ name: String, role: String, _ grants: [ScopeGrant]) throws {
    try writer.addDevice(name: name, role: role, grants: grants, code: name, expires: .max)
    let answer = try writer.enrol(
      EnrolRequest(code: name, schemaHash: replica.schema.hash, replica: try replica.replicaID()), token: name, now: 1)
    try replica.enrolled(answer, hub: "here")
  }

  func sync(_ replica: Replica, _ name: String, at time: Int64) throws {
    while true {
      requests += 1
      let request = try SyncRequest(decoding: try replica.nextRequest().encoded())
      let device = try reader.authenticate(token: name)
      var response = SyncResponse(epoch: try reader.epoch(), time: UInt64(time))
      if !request.push.isEmpty || request.part != nil {
        let outcome = try writer.commit([PushJob(device: device.id, request: request)], now: time)[0].get()
        response.verdicts = outcome.verdicts
        response.partReceived = outcome.partReceived
      }
      if request.pull != nil { response.page = try reader.pull(request, device: device) }
      let step = try replica.receive(try SyncResponse(decoding: response.encoded()), to: request)
      if case .installed = step { return }
    }
  }
}
