internal import Foundation

/// A folder that is removed when the test is over.
package final class TestFolder {
  package let path: String

  /// - Parameter inMemory: keeps the files in memory where the system offers that: for runs in their thousands.
  package init(inMemory: Bool = false) {
    let memory = "/dev/shm/"
    let isThere = inMemory && FileManager.default.isWritableFile(atPath: memory)
    path = (isThere ? memory : NSTemporaryDirectory()) + "relay-test-" + UUID().uuidString
    // Where it cannot be made, the first file in it cannot either, and says why.
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  package func file(_ name: String) -> String { path + "/" + name }
}
