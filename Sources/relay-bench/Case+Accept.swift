internal import Dispatch
internal import Foundation
internal import Relay
internal import RelayHub
internal import RelayHubPostgres
internal import RelayMerge
internal import RelayProtocol
internal import Synchronization

extension Case {
  /// What the hub's one writer does.
  static func accepting(_ measure: Measure) -> [Case] {
    let bulk = "hub accepts \(measure.rows) inserts, 10,000 a transaction"
    let count = measure.writes
    let refused = "hub judges \(count) small transactions: none refused, the first refused"
    return [
      Case(name: bulk) {
        let seconds = try measure.least {
          let desk = try Desk(measure.file())
          let pushes = Array(desk.inserts(measure.rows, each: 10_000))
          return try measure.cpu { for bytes in pushes { try desk.push([bytes]) } }
        }
        return [Figure(bulk, .rowsPerSecond, Double(measure.rows) / seconds, .atLeast(60_000))]
      },
      Case(name: refused) {
        func seconds(_ isRefused: Bool) throws -> Double {
          let desk = try Desk(measure.file())
          let chain = desk.chain(count, firstIsRefused: isRefused)
          return try measure.cpu { try desk.push(chain) }
        }
        return try measure.compare(refused, 1.5, { try seconds(false) }, { try seconds(true) })
      },
    ] + [1, 16, 1000].map { small($0, measure) }
  }

  /// One-row pushes, a flush for so many of them, beside a program in C that writes the same.
  private static func small(_ devices: Int, _ measure: Measure) -> Case {
    let name = "hub, one-row pushes beside the same writes in C, a flush for \(devices)"
    return Case(name: name) {
      let groups = max(4, min(200, 4000 / devices))
      // What the hub writes is written again by the other side, so it is made once.
      let written = measure.file()
      if measure.side != .relay { try PushGroups(written, groups, of: devices).commit(0...groups) }
      return try measure.compare(name, 1 / 0.6) {
        let empty = measure.file()
        _ = try PushGroups(empty, groups, of: devices)
        let same = try SameWrites(of: written + "/hub.db", into: empty + "/hub.db")
        try same.group(1...devices)
        return try measure.wall {
          for group in 1...groups { try same.group(group * devices + 1...(group + 1) * devices) }
        }
      } _: {
        let pushes = try PushGroups(measure.file(), groups, of: devices)
        // The first group finds nothing in memory; a hub that serves these devices has met them before.
        try pushes.commit(0...0)
        return try measure.wall { try pushes.commit(1...groups) }
      }
    }
  }
}

/// One push of each device a group, sealed beforehand.
private struct PushGroups {
  private let desk: Desk
  private let pushes: [[[UInt8]]]

  init(_ folder: String, _ groups: Int, of devices: Int) throws {
    let desk = try Desk(folder, devices: devices)
    pushes = (0...groups).map { desk.groupOfOne($0) }
    self.desk = desk
  }

  /// As in the server: requests become jobs on other threads while the writer commits the groups before, and are given up
  /// there.
  func commit(_ groups: ClosedRange<Int>) throws {
    let (made, done) = (Line(), Line())
    let pushes = pushes
    // The other thread only reads of it what does not change while the writer works.
    nonisolated(unsafe) let desk = desk
    DispatchQueue.global().async {
      for group in groups {
        var jobs = desk.jobs(pushes[group].map { [$0] })
        made.put(&jobs)
      }
      for _ in groups { _ = done.take() }
    }
    for _ in groups {
      var jobs = made.take()
      try desk.commit(jobs)
      done.put(&jobs)
    }
  }
}

/// Groups of jobs on their way from one thread to another.
private final class Line: Sendable {
  private let groups = Mutex<[[PushJob]]>([])
  private let count = DispatchSemaphore(value: 0)

  /// Takes them away from their holder: whoever takes them out is the only one to have them.
  func put(_ jobs: inout [PushJob]) {
    groups.withLock { groups in
      groups.append(jobs)
      jobs = []
    }
    count.signal()
  }

  func take() -> [PushJob] {
    count.wait()
    return groups.withLock { $0.removeFirst() }
  }
}
