package import Relay

/// The time that the office works at. A machine's clock may be years off, and with a wrong year everybody would be at risk;
/// what the organisation's other devices said of the time bounds it.
package enum OfficeClock {
  /// The machine's time, not before what the others last told and not a lease after it. The newest word of all is not
  /// believed alone, where there are two: one device's clock proves nothing either.
  ///
  /// - Parameter device: the hub's name of this device, whose own word is not asked.
  package static func time(machine: Instant, device: String, in db: Database) throws(RelayError) -> Instant {
    let told = try db.query(
      "SELECT told_at FROM device_state WHERE id <> ? ORDER BY told_at DESC, id LIMIT 2", [.text(device)]
    ) { (row) throws(RelayError) in row[0].text ?? "" }
    guard let last = told.last.flatMap({ Instant($0) }) else { return machine }
    let lease = Int64(try Policy(in: db).leaseDays) * 86_400_000
    return min(max(machine, last), Instant(milliseconds: last.milliseconds + lease))
  }
}
