internal import Synchronization

/// Counters in Prometheus' text format (version 0.0.4).
final class Metrics: Sendable {
  private struct Series: Hashable, Comparable {
    var route: String
    var status: Int
    static func < (a: Series, b: Series) -> Bool { (a.route, a.status) < (b.route, b.status) }
  }

  private struct State {
    var requests: [Series: UInt64] = [:]
    var pushes: UInt64 = 0
    var groups = Histogram(bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256])
    var commits = Histogram(bounds: [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5])
  }

  private let state = Mutex(State())

  func answered(route: String, status: Int) {
    state.withLock { $0.requests[Series(route: route, status: status), default: 0] += 1 }
  }

  func committed(pushes: Int, took: Duration) {
    state.withLock { state in
      state.pushes += UInt64(pushes)
      state.groups.add(Double(pushes))
      state.commits.add(took / .seconds(1))
    }
  }

  func text(head: UInt64, parked: Int, gate: ConnectionGate, certificateExpires: Int64?) -> String {
    let state = state.withLock { $0 }
    var lines = ["# TYPE relay_requests_total counter"]
    for (series, count) in state.requests.sorted(by: { $0.key < $1.key }) {
      lines.append("relay_requests_total{route=\"\(series.route)\",status=\"\(series.status)\"} \(count)")
    }
    lines += ["# TYPE relay_pushes_total counter", "relay_pushes_total \(state.pushes)"]
    lines += state.groups.lines("relay_commit_group_pushes")
    lines += state.commits.lines("relay_commit_seconds")
    lines += ["# TYPE relay_parked_pulls gauge", "relay_parked_pulls \(parked)"]
    lines += ["# TYPE relay_head gauge", "relay_head \(head)"]
    lines += ["# TYPE relay_connections gauge", "relay_connections \(gate.count)"]
    lines += ["# TYPE relay_connections_refused_total counter", "relay_connections_refused_total \(gate.turnedAway)"]
    lines += ["# TYPE relay_body_bytes gauge", "relay_body_bytes \(gate.bodies.used)"]
    lines += ["# TYPE relay_answer_bytes gauge", "relay_answer_bytes \(gate.answers.used)"]
    if let certificateExpires {
      lines += [
        "# TYPE relay_certificate_expires_seconds gauge", "relay_certificate_expires_seconds \(certificateExpires)",
      ]
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

/// Counts below upper bounds, as Prometheus wants them: each bucket holds all smaller ones.
struct Histogram: Sendable {
  private let bounds: [Double]
  private var counts: [UInt64]
  private var sum = 0.0
  private var count: UInt64 = 0

  init(bounds: [Double]) {
    self.bounds = bounds
    counts = Array(repeating: 0, count: bounds.count)
  }

  mutating func add(_ value: Double) {
    for (at, bound) in bounds.enumerated() where value <= bound { counts[at] += 1 }
    sum += value
    count += 1
  }

  func lines(_ name: String) -> [String] {
    var lines = ["# TYPE \(name) histogram"]
    for (bound, count) in zip(bounds, counts) { lines.append("\(name)_bucket{le=\"\(bound)\"} \(count)") }
    return lines + ["\(name)_bucket{le=\"+Inf\"} \(count)", "\(name)_sum \(sum)", "\(name)_count \(count)"]
  }
}
