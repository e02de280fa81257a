internal import Organisation
internal import Relay

/// Members who came to this device with a sync, and those who left it.
struct RosterChange: Codable {
  /// `no. 0911, Member 0911`.
  var entered: [String] = []
  /// With where to, as far as this device knows: `no. 0417, Member 0417 → B042`.
  var left: [String] = []

  /// Ids and titles; nobody on another app's file.
  static func people(_ replica: Replica) throws(RelayError) -> [String: String] {
    guard try SyncSchema(json: Organisation.schema).name == replica.schema.name else { return [:] }
    return try replica.read { (db) throws(RelayError) in try Member.titles(in: db) }
  }

  init(since before: [String: String], in replica: Replica) throws(RelayError) {
    let now = try RosterChange.people(replica)
    // Everybody is new on a new device.
    guard !before.isEmpty else { return }
    entered = now.filter { before[$0.key] == nil }.map(\.value).sorted()
    let gone = before.filter { now[$0.key] == nil }
    guard !gone.isEmpty else { return }
    left = try replica.read { (db) throws(RelayError) -> [String] in
      var left: [String] = []
      for (id, title) in gone {
        left.append(title + (try TransferStub.destination(of: id, in: db).map { " → \($0)" } ?? ""))
      }
      return left
    }.sorted()
  }

  /// The first few by name.
  static func list(_ titles: [String]) -> String {
    let shown = titles.prefix(3).map(Translation.said).joined(separator: Language.say("; ", "；"))
    return titles.isEmpty
      ? "" : Language.say(" (\(shown)", "（\(shown)") + (titles.count > 3 ? " …" : "") + Language.say(")", "）")
  }
}
