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
    return Environment(now: { fixed.milliseconds }, random: Environment.system.random)
  }
}

/// The replica and who works at it.
struct Workplace {
  let replica: Replica
  let desk: Desk

  /// One transaction under the officer's name.
  func write<T: Sendable>(_ body: (Database) throws(RelayError) -> T) throws(RelayError) -> T {
    try replica.write(author: desk.author, body)
  }
}

extension ReplicaPlace {
  /// Opens the organisation's replica for somebody who writes.
  ///
  /// - Throws: `usage` where nobody has said yet who that is.
  func workplace(_ options: DeskOptions) throws(RelayError) -> Workplace {
    let replica = try organisation(environment: options.environment)
    let said = options.officer ?? ProcessInfo.processInfo.environment["RELAY_AS"]
    let identity = try replica.status().replica.description
    let found = try replica.read { (db) throws(RelayError) -> (Officer, OrgUnit, String, Bool) in
      var who = said
      if who == nil { who = try DeviceNotes.value("officer", in: db) }
      guard let who else {
        throw RelayError(.usage, "nobody has said who writes", advice: "Nothing was changed. Give --as once.")
      }
      let officer = try Officer.find(who, in: db)
      let noted = try DeviceNotes.value("device_number", in: db)
      let number = options.device ?? noted ?? String(identity.prefix(4))
      let isKnown = try DeviceNotes.value("officer", in: db) == officer.id
      return (officer, try OrgUnit.find(officer.unitID, in: db), number, isKnown)
    }
    if !found.3 || options.device != nil {
      try replica.write { (db) throws(RelayError) in
        try DeviceNotes.set("officer", found.0.id, in: db)
        guard let device = options.device else { return }
        try DeviceNotes.set("device_number", device, in: db)
      }
    }
    let random = options.environment.random
    return Workplace(
      replica: replica,
      desk: Desk(
        officer: found.0, unit: found.1, now: options.instant, device: found.2,
        newID: { UUIDText.of(random(), random()) }))
  }
}
