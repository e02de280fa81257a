internal import Organisation
internal import Relay

/// What `demo` keeps about the line.
enum DemoLine {
  static let offline = "offline"
  static let speeds = 1...10_000_000

  static func text(_ note: String) -> String {
    note == offline
      ? Language.say("pretends that there is no network; `demo online` ends it", "模拟无网络；用 demo online 恢复")
      : Language.say(
        "pretends to carry \(note) kilobits a second; `demo online` ends it", "模拟每秒\(note)千比特的线路；用 demo online 恢复")
  }
}

/// No network at all, for showing it on a laptop.
struct OfflineTransport: Transport {
  func send(_ request: TransportRequest, deadline: Duration?) async throws(RelayError) -> TransportResponse {
    throw RelayError(
      .hubUnreachable, "the network is switched off for a demonstration",
      advice: "Local work is kept. `demo online` switches it on again.")
  }
}
