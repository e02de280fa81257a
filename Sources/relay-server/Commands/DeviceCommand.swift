internal import ArgumentParser
internal import RelayHub
internal import RelayHubPostgres
internal import RelayProtocol

struct DeviceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "device", abstract: "The devices of the organisation; works while the hub runs.",
    subcommands: [Add.self, List.self, Grant.self, Revoke.self, Admit.self])

  struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Adds a device and prints the one-time code with which it enrols.")

    @OptionGroup var data: DataOptions
    @OptionGroup var scopes: GrantOptions
    @Option(help: "What people call the device.") var name: String
    @Option(help: "Its role, one of the schema's.") var role: String
    @Option(help: "Minutes for which the code holds.") var minutes: Int64 = 10

    func validate() throws {
      guard (1...525_600).contains(minutes) else { throw ValidationError("--minutes is 1 to 525600") }
    }

    func run() throws {
      let writer = try data.place.writer()
      let code = SystemEdge.code()
      try writer.addDevice(
        name: name, role: role, grants: scopes.grants(at: writer), code: code,
        expires: SystemEdge.now() + minutes * 60_000)
      print(code)
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists the devices.")

    @OptionGroup var data: DataOptions
    @Flag(help: "As JSON.") var json = false

    func run() throws {
      let devices = try data.place.reader().devices()
      print(json ? JSONText.array(devices.map(StatusOutput.json)) : StatusOutput.table(devices))
    }
  }

  struct Grant: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Replaces what a device may do; it takes effect at once.")

    @OptionGroup var data: DataOptions
    @OptionGroup var scopes: GrantOptions
    @Option(help: "The device's name.") var name: String
    @Option(help: "A new role; the old one stays when this is missing.") var role: String?
    func run() throws {
      let writer = try data.place.writer()
      try writer.grant(device: name, role: role, grants: scopes.grants(at: writer), now: SystemEdge.now())
    }
  }

  struct Revoke: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Turns a device away. What it sent before stays.",
      discussion: "What it had half sent is dropped. 'device admit' lets it in again.")

    @OptionGroup var data: DataOptions
    @Option(help: "The device's name.") var name: String

    func run() throws { try data.place.writer().revoke(device: name) }
  }

  struct Admit: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lets a revoked device in again, with the work that waits on it.",
      discussion: """
        Its credential and its grants hold again. With --quarantine its work is kept here and on the device, and \
        changes nothing; once it is admitted without that, what waits in the device's inbox can be sent again.
        """)

    @OptionGroup var data: DataOptions
    @Option(help: "The device's name.") var name: String
    @Flag(help: "Keep its work for you to look at instead of judging it.") var quarantine = false

    func run() throws {
      try data.place.writer().admit(device: name, quarantined: quarantine)
    }
  }
}
