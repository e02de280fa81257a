internal import Foundation
internal import Relay
internal import RelaySQLite

extension Case {
  /// What must not grow with the file, and what a large file may take of memory.
  static func inLargeFiles(_ measure: Measure) -> [Case] {
    let rows = measure.rows
    let wait = "longest wait of another writer during a first install of \(rows) rows"
    let status = "status, one-row sync and quiet sync beside \(rows) rows: CPU"
    return [
      Case(name: wait) {
        let fleet = try Fleet(measure.file())
        try fleet.fill(rows)
        let second = try fleet.add("second")
        let worst = try LongestWait.measure(second.path) { try fleet.sync(second, pageBytes: 4 << 20) }
        return [Figure(wait, .milliseconds, worst * 1000, .atMost(2000))]
      },
      Case(name: status) {
        func figures(_ count: Int) throws -> [Double] {
          let fleet = try Fleet(measure.file())
          try fleet.fill(count)
          return [
            try measure.least { try measure.cpu { _ = try fleet.first.status() } },
            try measure.least {
              try fleet.first.write { (db) throws(RelayError) in try Sample.update(7, db, of: count) }
              return try measure.cpu { try fleet.sync(fleet.first) }
            }, try measure.least { try measure.cpu { try fleet.sync(fleet.first) } },
          ]
        }
        let (small, large) = (try figures(1000), try figures(rows))
        return zip(["status", "one-row sync", "quiet sync"], zip(small, large)).map { name, pair in
          // Beside a file of a thousand rows.
          Figure(
            "\(name) beside \(rows) rows, against 1000", .milliseconds, plain: pair.0 * 1000, pair.1 * 1000, .ratio(2))
        }
      },
    ]
  }
}

/// A second connection that writes without pause while something else goes on, and how long it had to wait at most.
enum LongestWait {
  static func measure(_ path: String, _ body: () throws -> Void) throws -> Double {
    let worst = Worst()
    let thread = Thread {
      guard let db = try? Database(path: path, mode: .readWrite) else { return }
      try? db.execute("PRAGMA busy_timeout = 120000")
      try? db.execute("CREATE TABLE IF NOT EXISTS elsewhere (n INTEGER)")
      while !worst.isOver {
        let start = Date()
        try? db.execute("INSERT INTO elsewhere VALUES (1)")
        worst.note(Date().timeIntervalSince(start))
        Thread.sleep(forTimeInterval: 0.01)
      }
      worst.left()
    }
    thread.start()
    defer { worst.end() }
    try body()
    return worst.seconds
  }

  private final class Worst: @unchecked Sendable {
    // The invariant: every access holds the lock.
    private let lock = NSCondition()
    private var most = 0.0
    private var over = false
    private var gone = false

    var isOver: Bool { lock.withLock { over } }
    var seconds: Double { lock.withLock { most } }
    func note(_ seconds: Double) { lock.withLock { most = max(most, seconds) } }

    func left() {
      lock.withLock {
        gone = true
        lock.broadcast()
      }
    }

    func end() {
      lock.lock()
      over = true
      while !gone, lock.wait(until: Date(timeIntervalSinceNow: 10)) {}
      lock.unlock()
    }
  }
}
