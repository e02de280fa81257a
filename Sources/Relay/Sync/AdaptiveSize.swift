/// How large one kind of message may be on the line that this device has: halved where something on the way does not
/// carry it, doubled again after a run of full ones that arrived.
package struct AdaptiveSize: Sendable, Equatable {
  /// Nothing is asked in smaller pieces than this, in bytes.
  package static let least = 64 << 10
  private static let mostPatience = 64

  package private(set) var bytes: Int
  /// How many full messages have to arrive before a larger one is tried; doubles with every try that failed.
  package private(set) var patience: Int
  private var arrived = 0
  private let most: Int

  /// Nothing is known against the largest messages.
  var isFull: Bool { bytes == most && patience == 4 }

  /// What is worth remembering.
  package var memory: [Int] { [bytes, patience] }

  /// - Parameters:
  ///   - bytes: what was remembered; nil for a line that nothing is known of.
  ///   - most: what is never exceeded.
  package init(bytes: Int? = nil, patience: Int? = nil, most: Int) {
    self.most = max(AdaptiveSize.least, most)
    self.bytes = min(max(bytes ?? most, AdaptiveSize.least), self.most)
    self.patience = min(max(patience ?? 4, 4), AdaptiveSize.mostPatience)
  }

  /// A message of so many bytes came through.
  package mutating func arrived(_ size: Int) {
    // A small message says nothing about large ones.
    guard bytes < most, size >= bytes / 2 else { return }
    arrived += 1
    guard arrived >= patience else { return }
    arrived = 0
    bytes = min(most, bytes * 2)
  }

  /// A message of so many bytes did not come through.
  ///
  /// - Returns: false where nothing smaller can be tried.
  package mutating func failed(_ size: Int) -> Bool {
    arrived = 0
    patience = min(patience * 2, AdaptiveSize.mostPatience)
    guard bytes > AdaptiveSize.least else { return false }
    bytes = max(AdaptiveSize.least, min(bytes, max(size, AdaptiveSize.least)) / 2)
    return true
  }
}
