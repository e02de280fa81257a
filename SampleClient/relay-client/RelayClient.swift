internal import ArgumentParser
internal import Foundation
internal import Relay

/// The reference app as a program: one replica file, one command a call.
@main
struct RelayClient: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "relay-client",
    abstract: "An organisation's register on this device, in one SQLite file that syncs.",
    discussion: """
      Everything but `enroll` and `sync` works without a network. Any other SQLite tool may write to the same file.
      Exit codes: 0 done, 1 failed, 2 usage, 4 the hub cannot be reached, 5 this device was revoked.
      """,
    subcommands: [
      EnrollCommand.self, SyncCommand.self, StatusCommand.self, InboxCommand.self, VerifyCommand.self,
      HistoryCommand.self, UndeleteCommand.self, ExportCommand.self, MemberCommand.self, ContactCommand.self,
      DuesCommand.self,
      ActivityCommand.self, TransferCommand.self, OfficeCommand.self, OrganisationCommand.self, ReportCommand.self,
    ])

  @OptionGroup var place: ReplicaPlace

  static func main() async {
    // Whatever this process creates holds people's data: for this user only, the files beside the database too.
    umask(0o077)
    let arguments = Array(CommandLine.arguments.dropFirst())
    do {
      var command = try parseAsRoot(arguments)
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch let error as RelayError {
      Output.tell(error, asJSON: arguments.contains("--json"))
      Foundation.exit(ClientExit(error.code).rawValue)
    } catch {
      // What a command found is no misuse. Help and version are thrown too; they are no failure.
      if let code = error as? ExitCode { Foundation.exit(code.rawValue) }
      guard exitCode(for: error) == .success else {
        Output.complain(fullMessage(for: error))
        Foundation.exit(ClientExit.usage.rawValue)
      }
      print(fullMessage(for: error))
    }
  }
}
