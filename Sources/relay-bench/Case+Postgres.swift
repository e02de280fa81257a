internal import Foundation
internal import RelayHub
internal import RelayHubPostgres
internal import RelayProtocol

extension Case {
  /// The hub's writer over PostgreSQL, wall time; only with `RELAY_BENCH_STORE` naming a database.
  static func onPostgres(_ measure: Measure) -> [Case] {
    guard let database = ProcessInfo.processInfo.environment["RELAY_BENCH_STORE"] else { return [] }
    func place() throws -> HubPlace {
      let name = "b" + UUID().uuidString.replacingOccurrences(of: "-", with: "").lowercased()
      return try HubPlace(database + "&options=-csearch_path%3D" + name)
    }
    let bulk = "PostgreSQL: hub accepts \(measure.rows) inserts, 10,000 a transaction"
    let small = "PostgreSQL: a one-row push, a commit for"
    let shared = "PostgreSQL: one-row pushes of 48 devices, 16 a commit, nodes:"
    return [
      Case(name: bulk) {
        let desk = try Desk(try place(), devices: 2)
        let pushes = Array(desk.inserts(measure.rows, each: 10_000))
        let seconds = try measure.wall { for bytes in pushes { try desk.push([bytes]) } }
        let pull = try measure.least { try measure.wall { try desk.pullAll(1) } }
        return [
          Figure(bulk, .rowsPerSecond, Double(measure.rows) / seconds),
          Figure("PostgreSQL: first pull of \(measure.rows) rows", .rowsPerSecond, Double(measure.rows) / pull),
        ]
      },
      Case(name: small) {
        try [1, 16, 256].map { devices in
          let groups = max(1, min(200, 2000 / devices))
          let desk = try Desk(try place(), devices: devices)
          let pushes = (0..<groups).map { desk.groupOfOne($0) }
          let seconds = try measure.wall { for group in pushes { try desk.commit(group) } }
          return Figure("\(small) \(devices)", .milliseconds, seconds * 1000 / Double(groups * devices))
        }
      },
      Case(name: shared) {
        try [1, 3].map { nodes in
          let place = try place()
          let desks = try (0..<nodes).map { try Desk(place, devices: 16, number: $0) }
          let pushes = desks.map { desk in (0..<60 / nodes * 3).map { desk.groupOfOne($0) } }
          let work = zip(desks, pushes).map { Work(desk: $0, pushes: $1) }
          let seconds = measure.wall {
            DispatchQueue.concurrentPerform(iterations: nodes) { at in work[at].run() }
          }
          for one in work { if let failure = one.failure { throw failure } }
          return Figure("\(shared) \(nodes)", .milliseconds, seconds * 1000 / Double(180 * 16))
        }
      },
    ]
  }
}

/// What one node does; each is touched by one thread, which is what makes it `Sendable`.
private final class Work: @unchecked Sendable {
  private let desk: Desk
  private let pushes: [[[UInt8]]]
  private(set) var failure: (any Error)?

  init(desk: Desk, pushes: [[[UInt8]]]) { (self.desk, self.pushes) = (desk, pushes) }

  func run() {
    do { for group in pushes { try desk.commit(group) } } catch { failure = error }
  }
}
