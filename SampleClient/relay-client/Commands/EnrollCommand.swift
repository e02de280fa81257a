internal import ArgumentParser
internal import Organisation
internal import Relay

struct EnrollCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enroll", abstract: "Bind this replica to its hub with a one-time code.")

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var output: OutputOptions

  @Option(help: "The hub's address, such as https://relay.example.org.")
  var hub: String

  @Option(help: "The code that the hub's operator gave out for this device.")
  var code: String

  @Flag(help: "Also over http:// to another machine, where everybody on the way reads along; remembered.")
  var plainHttp = false

  mutating func run() async throws {
    let transport = try HubLine.open(hub, allowsPlainHTTP: plainHttp)
    let replica = try place.openOrCreate()
    // Before the code is spent: a replica that is enrolled and has no address could never sync.
    if try replica.status().device.isEmpty { try ClientNotes.write(address, in: replica) }
    try await replica.enrol(code: code, hub: hub, with: transport)
    try ClientNotes.write(address, in: replica)
    let status = try replica.status()
    if output.isJSON {
      try Output.json(EnrollAnswer(replica: status.replica.description, device: status.device, role: status.role))
    } else {
      print(
        Language.say(
          "enrolled as \(status.device). Next: relay-client --replica \(place.path) sync",
          "已接入，设备名\(status.device)。下一步：relay-client --replica \(place.path) sync"))
    }
  }

  private var address: [(name: ClientNotes.Name, value: String?)] {
    [(.hub, hub), (.plainHTTP, plainHttp ? "1" : nil)]
  }
}

private struct EnrollAnswer: Codable {
  var replica: String
  var device: String
  var role: String
}
