internal import Organisation
internal import Relay

/// Under whose name the inbox's commands write, which ask nobody who that is: the officer whom this device remembers.
enum DeviceAuthor {
  /// - Returns: as `Desk.author` has it; empty on another app's file, and where nobody has said.
  static func name(_ replica: Replica) throws(RelayError) -> String {
    guard try Organisation.syncSchema.get().name == replica.schema.name else { return "" }
    return try replica.read { (db) throws(RelayError) in
      guard let id = try DeviceNotes.value("officer", in: db), let officer = try Officer.all(in: db)[id]
      else { return "" }
      return officer.author(try OrgUnit.all(in: db)[officer.unitID]?.code)
    }
  }
}
