internal import Foundation
internal import Organisation
internal import Relay
internal import RelayCurl

/// The way to the hub that this file is enrolled with.
enum HubLine {
  /// Worse than it is where `demo` has said so.
  ///
  /// - Parameter kilobits: that it carries a second, for this once.
  /// - Throws: `not_enrolled` where the file belongs to no hub.
  static func open(
    _ replica: Replica, at place: ReplicaPlace, kilobits: Int? = nil
  ) throws(RelayError) -> any Transport {
    let notes = try ClientNotes.read([.hub, .plainHTTP, .line], in: replica)
    guard let hub = notes[.hub] else {
      throw RelayError(.notEnrolled, "\(place.path): this replica belongs to no hub")
    }
    guard notes[.line] != DemoLine.offline else { return OfflineTransport() }
    let line = try open(hub, allowsPlainHTTP: notes[.plainHTTP] != nil)
    guard let kilobits = kilobits ?? notes[.line].flatMap({ Int($0) }) else { return line }
    return SlowTransport(line, kilobits: kilobits, sleep: SyncOptions.system.sleep)
  }

  /// SSL_CERT_FILE names who may vouch for a hub, as it does for other programs.
  static func open(_ hub: String, allowsPlainHTTP: Bool) throws(RelayError) -> CurlTransport {
    try CurlTransport(
      hub: hub, allowsPlainHTTP: allowsPlainHTTP,
      authorities: ProcessInfo.processInfo.environment["SSL_CERT_FILE"].flatMap { $0.isEmpty ? nil : $0 })
  }
}
