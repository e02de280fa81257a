internal import CSQLite

/// One file as one connection has it open: the methods of `sqlite3_io_methods` in Swift. They answer with SQLite's codes.
final class OpenFile {
  private(set) var process: SimulatedProcess
  private(set) var file: MemoryFile
  /// Nil for a temporary file.
  let path: String?
  private var level = SQLITE_LOCK_NONE
  private var locks = SharedLocks()
  /// Held until SQLite gives it back: the memory that a dead process looks at stays there.
  private var memory: SharedMemory?

  init(_ process: SimulatedProcess, _ file: MemoryFile, path: String?) {
    (self.process, self.file, self.path) = (process, file, path)
    file.opens.append(self)
  }

  /// The process is gone, and its locks with it.
  func abandon() {
    level = SQLITE_LOCK_NONE
    locks = SharedLocks()
    file.opens.removeAll { $0 === self }
    if !file.opens.contains(where: { $0.memory != nil }) { file.memory = nil }
  }

  /// Becomes the file of the same name on another disk, under a connection in WAL mode that has nothing under way.
  func move(to process: SimulatedProcess, _ file: MemoryFile) {
    abandon()
    (self.process, self.file) = (process, file)
    // Such a connection holds the lock on the database for good; of the log there is none (https://sqlite.org/wal.html).
    level = memory == nil ? SQLITE_LOCK_NONE : SQLITE_LOCK_SHARED
    if memory != nil { file.memory = memory }
    file.opens.append(self)
    process.moved(self)
  }

  func close() -> Int32 {
    abandon()
    memory = nil
    process.closed(self)
    return SQLITE_OK
  }

  // MARK: Bytes

  func read(_ buffer: UnsafeMutableRawPointer, _ count: Int, at offset: Int) -> Int32 {
    if process.isHindered(at: .read) { return IOCode.read }
    return file.read(buffer, count, at: offset) == count ? SQLITE_OK : IOCode.shortRead
  }

  func write(_ buffer: UnsafeRawPointer, _ count: Int, at offset: Int) -> Int32 {
    if process.isHindered(at: .write) {
      // Who dies in the middle of a write has written a part of it.
      if process.diedNow { file.write(buffer, process.partOf(count), at: offset) }
      return IOCode.write
    }
    let more = offset + count - file.size
    guard more <= 0 || process.disk.hasRoom(for: more) else { return SQLITE_FULL }
    file.write(buffer, count, at: offset)
    return SQLITE_OK
  }

  func truncate(_ size: Int) -> Int32 {
    if process.isHindered(at: .truncate) { return IOCode.truncate }
    file.truncate(size)
    return SQLITE_OK
  }

  func sync() -> Int32 {
    if process.isHindered(at: .sync) { return IOCode.sync }
    guard !process.disk.liesAboutSync else { return SQLITE_OK }
    file.sync()
    // The folder is synced with a file that it does not show yet.
    if !file.isOnMedium, path != nil { process.disk.syncNames() }
    return SQLITE_OK
  }

  func size(_ size: UnsafeMutablePointer<sqlite3_int64>) -> Int32 {
    if process.isHindered(at: .look) { return IOCode.size }
    size.pointee = sqlite3_int64(file.size)
    return SQLITE_OK
  }

  var hasMoved: Bool { path.map { process.disk.file($0) !== file } ?? false }

  // MARK: Locks on the file

  private var others: [OpenFile] { file.opens.filter { $0 !== self } }

  func lock(_ wanted: Int32) -> Int32 {
    if process.isHindered(at: .lock) { return IOCode.lock }
    guard wanted > level else { return SQLITE_OK }
    let highest = others.map(\.level).max() ?? SQLITE_LOCK_NONE
    switch wanted {
    case SQLITE_LOCK_SHARED: guard highest < SQLITE_LOCK_PENDING else { return SQLITE_BUSY }
    case SQLITE_LOCK_RESERVED: guard highest < SQLITE_LOCK_RESERVED else { return SQLITE_BUSY }
    default:
      guard highest < SQLITE_LOCK_RESERVED else { return SQLITE_BUSY }
      guard highest < SQLITE_LOCK_SHARED else {
        level = SQLITE_LOCK_PENDING
        return SQLITE_BUSY
      }
    }
    level = wanted
    return SQLITE_OK
  }

  func unlock(_ wanted: Int32) -> Int32 {
    level = min(level, wanted)
    return SQLITE_OK
  }

  var isReserved: Bool { file.opens.contains { $0.level >= SQLITE_LOCK_RESERVED } }

  // MARK: Shared memory

  func map(_ region: Int, _ size: Int, extends: Bool) -> (code: Int32, UnsafeMutableRawPointer?) {
    if process.isHindered(at: .look) { return (IOCode.sharedMap, nil) }
    let memory = self.memory ?? file.memory ?? SharedMemory()
    (self.memory, file.memory) = (memory, memory)
    return (SQLITE_OK, memory.region(region, size: size, extends: extends))
  }

  func lockShared(_ first: Int32, _ count: Int32, _ flags: Int32) -> Int32 {
    let mask = ((UInt32(1) << UInt32(count)) - 1) << UInt32(first)
    guard flags & SQLITE_SHM_LOCK != 0 else {
      locks.shared &= ~mask
      locks.exclusive &= ~mask
      return SQLITE_OK
    }
    if process.isHindered(at: .lock) { return IOCode.sharedLock }
    let held = others.reduce(into: SharedLocks()) { held, other in
      held.shared |= other.locks.shared
      held.exclusive |= other.locks.exclusive
    }
    if flags & SQLITE_SHM_SHARED != 0 {
      guard held.exclusive & mask == 0 else { return SQLITE_BUSY }
      locks.shared |= mask
    } else {
      guard (held.exclusive | held.shared) & mask == 0 else { return SQLITE_BUSY }
      locks.exclusive |= mask
    }
    return SQLITE_OK
  }

  func unmap() -> Int32 {
    locks = SharedLocks()
    memory = nil
    if !file.opens.contains(where: { $0.memory != nil }) { file.memory = nil }
    return SQLITE_OK
  }
}
