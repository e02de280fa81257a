internal import Synchronization

#if RACE
  internal import Foundation
#endif

/// A value that is reached only under its lock: Swift's `Mutex`.
///
/// The thread sanitizer does not see that one on Linux, where it waits in the kernel by itself, and would call every use of
/// what it guards a race. The build that it watches (`make race`) therefore holds a lock beside it that it knows.
struct Lock<Value: ~Copyable>: ~Copyable, Sendable {
  private let mutex: Mutex<Value>
  #if RACE
    private let witness = NSLock()
  #endif

  init(_ value: consuming sending Value) { mutex = Mutex(value) }

  borrowing func withLock<T: ~Copyable, E: Error>(
    _ body: (inout sending Value) throws(E) -> sending T
  ) throws(E) -> sending T {
    try mutex.withLock { (value) throws(E) in
      #if RACE
        witness.lock()
        defer { witness.unlock() }
      #endif
      return try body(&value)
    }
  }

  /// - Returns: nil where somebody else holds the lock.
  borrowing func withLockIfAvailable<T: ~Copyable, E: Error>(
    _ body: (inout sending Value) throws(E) -> sending T
  ) throws(E) -> sending T? {
    try mutex.withLockIfAvailable { (value) throws(E) in
      #if RACE
        witness.lock()
        defer { witness.unlock() }
      #endif
      return try body(&value)
    }
  }
}
