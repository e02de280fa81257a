import ConformanceVectors
import Relay
import RelayHub
internal import RelayHubPostgres
internal import RelayProtocol
import TestSupport

/// What befalls files: they are copied and put back, and the hub forgets.
extension Stage {
  /// The device's file as it is now in another place, under the same credential: a backup, or the other half of a clone.
  func copy(_ step: Step, _ player: Player) throws {
    let name = step.json["as"]?.text ?? ""
    let path = files.file(name + ".db")
    try player.shell.script("VACUUM INTO '\(path)'")
    let (clock, own) = (clock, vector.devices.first { $0.name == player.device })
    let (skew, bits) = (own?.skew ?? 0, UInt64(1000 + players.count))
    let environment = Environment(now: { clock.now + skew }, random: { bits })
    let schema = try VectorLibrary.schema(own?.schema ?? vector.schema)
    let replica = try Replica(at: path, schema: schema, environment: environment)
    let copy = try Player(name: name, device: player.device, replica: replica)
    (copy.shows, copy.noted) = (player.shows, player.noted)
    players[name] = copy
  }

  /// What the hub's operator does, or whoever has its files.
  func operate(_ step: Step) throws {
    switch step.kind {
    case .backup:
      let name = step.json["as"]?.text ?? ""
      backups[name] = files.file("backup-\(name).db")
      _ = try place.backUp(to: files.file("backup-\(name).db"))
    case .restore: try restore(step)
    case .prune:
      var cursor: PruneCursor?
      repeat { cursor = try hub.writer.prune(now: clock.now, from: cursor).next } while cursor != nil
    case .age:
      try hub.writer.setAgeing(
        table: step.json["table"]?.text ?? "", column: step.json["column"]?.text, months: step.json["months"]?.integer)
      for _ in 0..<100 where try hub.writer.age(now: clock.now) == nil { return }
      throw JSONError(description: "rows do not cease to leave")
    default: throw JSONError(description: "on nobody: \(step.deed)")
    }
  }

  private func restore(_ step: Step) throws {
    guard let file = backups[step.json["from"]?.text ?? ""] else { throw JSONError(description: "no such backup") }
    place = try TestStore.place(files.file("hub-\(clock.now)"))
    switch place {
    case .directory(let path): _ = try HubBackup.put(file, as: path + "/hub.db")
    case .database(let address): _ = try HubPlace.put(file, in: address)
    }
    hub = try InProcessHub(at: place)
    guard step.json["announced"] == .bool(true) else { return }
    _ = try hub.writer.beginEpoch(Hash128(high: 7, low: UInt64(clock.now)), now: clock.now)
  }
}
