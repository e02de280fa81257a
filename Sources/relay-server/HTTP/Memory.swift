internal import Synchronization

/// How many bytes are held for the network, so that slow peers together cannot fill the memory.
final class Memory: Sendable {
  private let taken = Atomic<Int>(0)
  let most: Int

  init(most: Int) { self.most = most }

  var used: Int { taken.load(ordering: .relaxed) }
  var room: Int { max(0, most - used) }

  /// - Returns: false, and nothing taken, where there is no room.
  func take(_ bytes: Int) -> Bool {
    let now = taken.add(bytes, ordering: .relaxed).newValue
    guard now <= most else {
      taken.subtract(bytes, ordering: .relaxed)
      return false
    }
    return true
  }

  /// Takes it whether there is room or not: it is there already.
  fileprivate func hold(_ bytes: Int) { taken.add(bytes, ordering: .relaxed) }

  func giveBack(_ bytes: Int) { taken.subtract(bytes, ordering: .relaxed) }
}

/// What one answer holds of a memory, from when it is made until it is sent or nobody wants it any more.
final class MemoryLease: Sendable {
  private let memory: Memory
  private let held = Atomic<Int>(0)

  init(_ memory: Memory) { self.memory = memory }

  /// Holds so many bytes from now on, instead of what it held.
  func hold(_ bytes: Int) { memory.hold(bytes - held.exchange(bytes, ordering: .relaxed)) }

  deinit { memory.giveBack(held.load(ordering: .relaxed)) }
}
