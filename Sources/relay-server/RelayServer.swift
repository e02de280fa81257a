internal import ArgumentParser

/// The hub as a program: one binary, one data directory.
@main
struct RelayServer: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "relay-server",
    abstract: "The hub of a Relay organisation.",
    discussion: """
      `init` makes a data directory, `serve` runs the hub on it, `device add` prints a one-time code with which a \
      device enrols. `device`, `schema` and `status` work while the hub runs.
      """,
    subcommands: [
      InitCommand.self, ServeCommand.self, DeviceCommand.self, SchemaCommand.self, StatusCommand.self,
      RefusedCommand.self, RetentionCommand.self, MoveCommand.self, BackupCommand.self, RestoreCommand.self,
      EndWaitingCommand.self,
    ])
}
