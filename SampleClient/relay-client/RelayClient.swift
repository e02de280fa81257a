internal import ArgumentParser
internal import Foundation
internal import Organisation
internal import Relay

/// The reference app as a program: one replica file, one command a call.
@main
struct RelayClient: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "relay-client",
    abstract: "An organisation's register on this device, in one SQLite file that syncs.",
    discussion: """
      Everything but `enroll`, `sync` and `verify` works without a network. Any other SQLite tool may write to the same file.
      Exit codes: 0 done, 1 failed, 2 usage, 4 the hub cannot be reached, 5 this device was revoked.
      """,
    version: ClientVersion.text,
    subcommands: [
      StatusCommand.self, SyncCommand.self, InboxCommand.self, ConflictCommand.self, HeldCommand.self,
      MemberCommand.self, DeclareCommand.self, ContactCommand.self, SweepCommand.self, DuesCommand.self,
      ActivityCommand.self, ActivityAttendCommand.self, PointsCommand.self, AppraiseCommand.self, NoticeCommand.self,
      SayCommand.self, TransferCommand.self, AdmitCommand.self, AbroadCommand.self, ResignCommand.self,
      AssistanceCommand.self, BudgetCommand.self, RequestCommand.self, LedgerCommand.self, ReportCommand.self,
      ExportCommand.self, HistoryCommand.self, UndeleteCommand.self, VerifyCommand.self, RebuildCommand.self,
      DeviceCommand.self,
      LockCommand.self, EnrollCommand.self, UnitCommand.self, OfficerCommand.self, PolicyCommand.self,
      BranchCommand.self, OfficeCommand.self, OrganisationCommand.self, DemoCommand.self,
    ])

  @OptionGroup var place: ReplicaPlace
  @OptionGroup var speech: SpeechOptions

  static func main() async {
    // Whatever this process creates holds people's data: for this user only, the files beside the database too.
    umask(0o077)
    let typed = Array(CommandLine.arguments.dropFirst())
    await Language.$spoken.withValue(SpeechOptions.of(typed)) {
      await answer(TypedWords.expanded(SpeechOptions.without(typed)))
    }
  }

  private static func answer(_ arguments: [String]) async {
    do {
      var command = try parseAsRoot(arguments)
      try TableCheck.check(command, arguments)
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
      let isChinese = Language.spoken == .zh
      guard exitCode(for: error) == .success else {
        Output.complain(isChinese ? ChineseHelp.misuse(message(for: error)) : fullMessage(for: error))
        if let hint = TypedWords.nearest(arguments, in: Self.self) { Output.complain(hint) }
        Foundation.exit(ClientExit.usage.rawValue)
      }
      let isHelp = !arguments.contains {
        $0 == "--version" || $0.hasPrefix("--experimental") || $0.hasPrefix("--generate")
      }
      print(isChinese && isHelp ? ChineseHelp.page(arguments) ?? fullMessage(for: error) : fullMessage(for: error))
    }
  }
}
