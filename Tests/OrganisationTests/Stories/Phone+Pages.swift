import Relay
import RelaySQLite

@testable import Organisation

extension Phone {
  /// A page as this device shows it.
  func page(on day: String, _ body: (Look) throws(RelayError) -> Page) throws -> Page {
    let rights = DeviceRights(try replica.status())
    return try replica.read { (db) throws(RelayError) in
      guard let now = Instant(day + "T12:00:00Z") else { throw RelayError(.usage, "no day") }
      return try body(try Look(db, rights, now: now, day: Day(day)))
    }
  }

  func report(_ name: String, on day: String) throws -> Page {
    try page(on: day) { (look) throws(RelayError) in try Report.find(name).page(look) }
  }
}

extension Page {
  func grid(_ key: String) -> Page.Grid? { grids.first { $0.key == key } }
  func fact(_ key: String) -> Cell? { facts.first { $0.key == key }?.value }
}

extension Page.Grid {
  /// Rows as people read them, cells joined by a bar.
  var lines: [String] { rows.map { $0.map { $0.said(in: .en) }.joined(separator: "|") } }
}
