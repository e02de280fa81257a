internal import Foundation
internal import Relay
internal import RelayProtocol

extension Case {
  /// What an honest device notes of one that asks for the dearest things over and over, on as many lines as the hub lets it.
  static func underAttack(_ measure: Measure) -> [Case] {
    let attacks: [(DeviceProcess.Work, String)] = [
      (.wholePulls, "pulls everything"), (.comparisons, "compares everything"), (.histories, "reads long histories"),
    ]
    return attacks.map { attack, does in
      let name = "a small sync over HTTP, the slowest but one in a hundred, beside a device that \(does) in loops"
      return Case(name: name) {
        let folder = measure.file()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let server = try ServerProcess(folder, options: [])
        defer { server.stop() }
        _ = try DeviceProcess.measure(.push, rows: measure.rows, folder: folder, hub: server.url)
        // Before either is measured, so that both are beside the same rows.
        if attack == .histories {
          _ = try DeviceProcess.measure(.longHistory, rows: measure.rows, folder: folder, hub: server.url)
        }
        let alone = try DeviceProcess.measure(.visitAlone, rows: measure.rows, folder: folder, hub: server.url)
        let attacker = try DeviceProcess.start(attack, rows: measure.rows, folder: folder, hub: server.url)
        defer { attacker.terminate() }
        Thread.sleep(forTimeInterval: 5)
        let beside = try DeviceProcess.measure(.visitBeside, rows: measure.rows, folder: folder, hub: server.url)
        return [Figure(name, .milliseconds, plain: alone.seconds * 1000, beside.seconds * 1000, .ratio(2))]
      }
    }
  }

  /// Pushes that are made to cost the only writer much: what they take beside such as are not.
  static func thatCost(_ measure: Measure) -> [Case] {
    let refused = "hub, a push whose author had seen 60 MB of refused work, beside one that had seen none"
    let touches = "hub, a touch whose author had seen 256 intervals, beside one that had seen none"
    return [
      Case(name: refused) {
        try measure.compare(
          refused, 2, { try Attack.afterRefusals(of: 1, seen: false, measure) },
          { try Attack.afterRefusals(of: 1 << 20, seen: true, measure) })
      },
      Case(name: touches) {
        try measure.compare(
          touches, 2, { try Attack.touches(intervals: 0, measure) }, { try Attack.touches(intervals: 256, measure) })
      },
    ]
  }
}

private enum Attack {
  private static let count = 60

  /// CPU seconds of edits by a device of which as many inserts were refused before.
  static func afterRefusals(of bytes: Int, seen: Bool, _ measure: Measure) throws -> Double {
    let desk = try Desk(measure.file(), schema: Wide.schema, scopes: ["tag/s"])
    let note = Value.text(String(repeating: "x", count: bytes))
    for at in 0..<count { try desk.push([desk.seal(0, [Wide.insert("no\(at)", tags: [.text("elsewhere")], note)])]) }
    try desk.commit([desk.seal(0, [Wide.insert("r", tags: [.text("s")])])])
    let interval = DotSet.Interval(replica: desk.replica(0), low: 1, high: UInt64(count))
    let context = seen ? DotSet(intervals: [interval]) : nil
    let pushes = (0..<count).map { desk.seal(0, [Wide.set("r", .text("note \($0)"))], seen: context ?? DotSet()) }
    return try measure.cpu { for bytes in pushes { try desk.commit([bytes]) } }
  }

  /// CPU seconds of touches of one row.
  static func touches(intervals: Int, _ measure: Measure) throws -> Double {
    let desk = try Desk(measure.file(), schema: Wide.schema, scopes: ["*"])
    try desk.push((0..<512).map { desk.seal(0, [Wide.insert("r\($0)", tags: [.text("s")])]) })
    let replica = desk.replica(0)
    let pieces = (0..<intervals).map { (at: Int) -> DotSet.Interval in
      DotSet.Interval(replica: replica, low: UInt64(at * 2 + 1), high: UInt64(at * 2 + 1))
    }
    let context = DotSet(intervals: pieces) ?? DotSet()
    let pushes = (0..<count).map { _ in desk.seal(0, [Wide.touch("r0")], seen: context) }
    return try measure.cpu { for bytes in pushes { try desk.commit([bytes]) } }
  }
}
