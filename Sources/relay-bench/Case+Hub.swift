internal import Relay
internal import RelayHub

extension Case {
  /// What the hub does by itself, in its own time.
  static func atTheHub(_ measure: Measure) -> [Case] {
    let feed = "hub: first pull of \(measure.rows) rows, encoded, one core"
    let quiet = "hub: a commit that concerns none of 10,000 parked pulls"
    return [
      Case(name: feed) {
        let fleet = try Fleet(measure.file())
        try fleet.fill(measure.rows)
        var seconds = Double.infinity
        for round in 0..<measure.rounds { seconds = min(seconds, try fleet.serve(try fleet.add("\(round)"), measure)) }
        return [Figure(feed, .rowsPerSecond, Double(measure.rows) / seconds, .atLeast(300_000))]
      },
      Case(name: quiet) {
        var lot = ParkingLot(head: 0, rights: 0)
        for device in 0..<10_000 {
          let scopes = ["unit/\(device)", "all"]
          _ = lot.park(ParkedPull(device: Int64(device), scopes: scopes, head: 0, rights: 0), until: 55_000)
        }
        var head: UInt64 = 0
        let milliseconds = measure.least {
          measure.cpu {
            for _ in 0..<100 {
              head += 1
              _ = lot.committed(GroupNews(head: head, scopes: ["elsewhere"], devices: [-1]))
            }
          } * 10
        }
        return [Figure(quiet, .milliseconds, milliseconds, .atMost(5))]
      },
    ]
  }
}
