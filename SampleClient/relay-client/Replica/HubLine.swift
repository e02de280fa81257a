internal import Foundation
internal import Organisation
internal import Relay
internal import RelayCurl

/// The way to the hub that this file is enrolled with.
enum HubLine {
  /// - Throws: `not_enrolled` where the file belongs to no hub.
  static func open(_ replica: Replica, at place: ReplicaPlace) throws(RelayError) -> CurlTransport {
    let notes = try ClientNotes.read([.hub, .plainHTTP], in: replica)
    guard let hub = notes[.hub] else {
      throw RelayError(.notEnrolled, "\(place.path): this replica belongs to no hub")
    }
    return try open(hub, allowsPlainHTTP: notes[.plainHTTP] != nil)
  }

  /// SSL_CERT_FILE names who may vouch for a hub, as it does for other programs.
  static func open(_ hub: String, allowsPlainHTTP: Bool) throws(RelayError) -> CurlTransport {
    try CurlTransport(
      hub: hub, allowsPlainHTTP: allowsPlainHTTP,
      authorities: ProcessInfo.processInfo.environment["SSL_CERT_FILE"].flatMap { $0.isEmpty ? nil : $0 })
  }
}
