internal import CSQLite

/// What the connections to one database in WAL mode share: the index of the log, and the locks over it
/// (https://sqlite.org/walformat.html#wal_index_file_format).
final class SharedMemory {
  private var regions: [UnsafeMutableRawPointer] = []
  private var sizes: [Int] = []

  deinit { for region in regions { region.deallocate() } }

  /// As nobody had written to it.
  func clear() { for (region, size) in zip(regions, sizes) { memset(region, 0, size) } }

  /// - Returns: nil for a region that is not there and is not to be made.
  func region(_ at: Int, size: Int, extends: Bool) -> UnsafeMutableRawPointer? {
    while regions.count <= at {
      guard extends else { return nil }
      let region = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
      memset(region, 0, size)
      regions.append(region)
      sizes.append(size)
    }
    return regions[at]
  }
}

/// The locks that one connection holds on the shared memory, a bit a lock.
struct SharedLocks {
  var shared: UInt32 = 0
  var exclusive: UInt32 = 0
}
