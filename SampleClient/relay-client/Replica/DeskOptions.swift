internal import ArgumentParser
internal import Foundation
internal import Organisation
internal import Relay

/// Who writes, and when. Said once, the device remembers the officer.
struct DeskOptions: ParsableArguments {
  @Option(
    name: .customLong("as"),
    help: ArgumentHelp(
      "The officer who writes: id or name; remembered on this device. RELAY_AS says the same.", valueName: "officer"))
  var officer: String?

  @Option(help: "This device's part of receipt numbers, such as 2; remembered. Made from the replica's id at first.")
  var device: String?

  @Option(help: .hidden)
  var now: String?

  func validate() throws {
    if let now, Instant(now) == nil { throw ValidationError("--now takes YYYY-MM-DDTHH:MM:SSZ") }
    if let device,
      device.isEmpty || device.count > 8 || !device.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) })
    {
      throw ValidationError("--device takes up to 8 letters and digits")
    }
  }

  /// The moment of the command.
  var instant: Instant { now.flatMap { Instant($0) } ?? Instant(milliseconds: Environment.system.now()) }

  /// The system's random source, and the clock that was given.
  var environment: Environment {
    guard let fixed = now.flatMap({ Instant($0) }) else { return .system }
    var environment = Environment.system
    environment.now = { fixed.milliseconds }
    return environment
  }
}

/// The replica and who works at it.
struct Workplace {
  let replica: Replica
  let desk: Desk
  let rights: DeviceRights
  /// What the device remembers once a command has gone well.
  fileprivate let notes: [String: String]

  /// One transaction under the officer's name. The device remembers who that was together with what was written: a command
  /// that fails leaves it as it was.
  func write<T: Sendable>(_ body: (Database) throws(RelayError) -> T) throws(RelayError) -> T {
    let notes = notes.sorted { $0.key < $1.key }
    return try replica.write(author: desk.author) { (db) throws(RelayError) in
      let done = try body(db)
      for (name, value) in notes { try DeviceNotes.set(name, value, in: db) }
      return done
    }
  }
}

extension ReplicaPlace {
  /// Opens the organisation's replica for somebody who writes.
  ///
  /// - Throws: `usage` where nobody has said yet who that is.
  func workplace(_ options: DeskOptions) throws(RelayError) -> Workplace {
    let replica = try organisation(environment: options.environment)
    let said = options.officer ?? ProcessInfo.processInfo.environment["RELAY_AS"]
    let status = try replica.status()
    let found = try replica.read { (db) throws(RelayError) -> Found in
      var who = said
      if who == nil { who = try DeviceNotes.value("officer", in: db) }
      guard let who else {
        throw RelayError(
          .usage, Language.say("nobody has said who writes", "尚未说明由谁操作"),
          advice: Language.say(
            "Nothing was changed. Give --as once; `officer list` tells the names.",
            "未作更改。请用 --as 说明一次；`officer list` 列出姓名。"))
      }
      let zone = try Policy(in: db).zone
      let day = zone.day(options.instant).text
      let officer = try Officer.find(who, on: day, in: db)
      let unit = try OrgUnit.find(officer.unitID, in: db)
      let rights = DeviceRights(status)
      try rights.check(officer, unit, on: day)
      let noted = try DeviceNotes.value("device_number", in: db)
      return Found(
        officer: officer, unit: unit, rights: rights, zone: zone,
        number: options.device ?? noted ?? Found.number(status, unit),
        isKnown: try DeviceNotes.value("officer", in: db) == officer.id)
    }
    var notes: [String: String] = found.isKnown ? [:] : ["officer": found.officer.id]
    notes["device_number"] = options.device
    let random = options.environment.random
    return Workplace(
      replica: replica,
      desk: Desk(
        officer: found.officer, unit: found.unit, now: options.instant, device: found.number, zone: found.zone,
        newID: { UUIDText.of(random(), random()) }),
      rights: found.rights, notes: notes)
  }
}

private struct Found: Sendable {
  var officer: Officer
  var unit: OrgUnit
  var rights: DeviceRights
  var zone: TimeZoneOffset
  var number: String
  var isKnown: Bool

  /// This device's part of receipt numbers: the hub's name for it, which no other device has, without the unit's code;
  /// 32 bits of the replica's id where there is no hub.
  static func number(_ status: ReplicaStatus, _ unit: OrgUnit) -> String {
    let letters = status.device.filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
    let own = letters.hasPrefix(unit.code) ? String(letters.dropFirst(unit.code.count)) : letters
    if !own.isEmpty { return own }
    return letters.isEmpty ? String(status.replica.description.prefix(8)) : letters
  }
}
