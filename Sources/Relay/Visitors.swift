internal import RelayProtocol

#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// The threads that are inside a closure of one replica. A closure that calls the replica again would wait for itself; it
/// is told so instead.
final class Visitors: Sendable {
  private let threads = Lock<[UInt]>([])

  /// - Throws: `nested_call`, what `body` throws.
  func visit<T: Sendable>(_ path: String, _ body: () throws(RelayError) -> T) throws(RelayError) -> T {
    let thread = Visitors.currentThread
    let isFirst = threads.withLock { threads in
      guard !threads.contains(thread) else { return false }
      threads.append(thread)
      return true
    }
    guard isFirst else { throw RelayError(.nested, "\(path): a closure of this replica called it again") }
    defer { threads.withLock { threads in threads.removeAll { $0 == thread } } }
    return try body()
  }

  /// A closure runs from beginning to end on the thread that called, so that a thread names who is inside.
  private static var currentThread: UInt {
    #if canImport(Darwin)
      UInt(bitPattern: pthread_self())
    #else
      UInt(pthread_self())
    #endif
  }
}
