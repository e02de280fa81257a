internal import Synchronization

/// Milliseconds since 1970, moved by the test.
package final class TestClock: Sendable {
  private let time: Atomic<Int64>

  package init(_ start: Int64 = 1_700_000_000_000) { time = Atomic(start) }

  package var now: Int64 { time.load(ordering: .relaxed) }
  package func advance(_ milliseconds: Int64) { time.add(milliseconds, ordering: .relaxed) }
  package func set(_ milliseconds: Int64) { time.store(milliseconds, ordering: .relaxed) }
}
