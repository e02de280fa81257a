internal import CSQLite

/// The C side of the disk: function pointers that find the Swift object and call it. What a VFS and its files have to do
/// stands at https://sqlite.org/c3ref/vfs.html and https://sqlite.org/c3ref/io_methods.html.
enum VirtualFileSystem {
  /// What SQLite keeps for an open file; it allocates the room.
  struct Slot {
    var methods: UnsafePointer<sqlite3_io_methods>?
    var open: UnsafeMutableRawPointer?
  }

  static var template: sqlite3_vfs {
    var vfs = sqlite3_vfs()
    vfs.iVersion = 2
    vfs.szOsFile = Int32(MemoryLayout<Slot>.size)
    vfs.mxPathname = 512
    vfs.xOpen = { vfs, name, file, flags, outFlags in
      guard let process = process(vfs), let slot = slot(file) else { return SQLITE_CANTOPEN }
      slot.pointee.methods = nil
      let path = name.map { String(cString: $0) }
      guard let open = process.open(path, creates: flags & SQLITE_OPEN_CREATE != 0) else { return SQLITE_CANTOPEN }
      slot.pointee = VirtualFileSystem.Slot(methods: fileMethods, open: Unmanaged.passRetained(open).toOpaque())
      outFlags?.pointee = flags
      return SQLITE_OK
    }
    vfs.xDelete = { vfs, name, isSynced in
      guard let process = process(vfs), let name else { return IOCode.delete }
      if process.isHindered(at: .delete) { return IOCode.delete }
      let isRemoved = process.disk.remove(String(cString: name), isSynced: isSynced != 0)
      return isRemoved ? SQLITE_OK : IOCode.deleteNone
    }
    vfs.xAccess = { vfs, name, flags, result in
      guard let process = process(vfs), let name else { return IOCode.access }
      if process.isHindered(at: .look) { return IOCode.access }
      let file = process.disk.file(String(cString: name))
      result?.pointee = file.map { flags != SQLITE_ACCESS_EXISTS || $0.size > 0 ? 1 : 0 } ?? 0
      return SQLITE_OK
    }
    vfs.xFullPathname = { _, name, most, out in
      guard let name, let out, strlen(name) < most else { return SQLITE_CANTOPEN }
      strcpy(out, name)
      return SQLITE_OK
    }
    vfs.xRandomness = { vfs, count, out in
      guard let process = process(vfs), let out else { return 0 }
      for at in 0..<Int(count) { out[at] = CChar(bitPattern: process.randomByte()) }
      return count
    }
    vfs.xSleep = { _, microseconds in microseconds }
    vfs.xCurrentTime = { vfs, days in
      days?.pointee = Double(process(vfs)?.julian ?? 0) / 86_400_000
      return SQLITE_OK
    }
    vfs.xCurrentTimeInt64 = { vfs, time in
      time?.pointee = process(vfs)?.julian ?? 0
      return SQLITE_OK
    }
    vfs.xGetLastError = { _, _, _ in 0 }
    return vfs
  }

  fileprivate static var methods: sqlite3_io_methods {
    var methods = sqlite3_io_methods()
    methods.iVersion = 2
    methods.xClose = { file in
      guard let slot = slot(file), let held = slot.pointee.open else { return SQLITE_OK }
      slot.pointee.open = nil
      return Unmanaged<OpenFile>.fromOpaque(held).takeRetainedValue().close()
    }
    methods.xRead = { file, buffer, count, offset in
      guard let buffer else { return IOCode.read }
      return open(file)?.read(buffer, Int(count), at: Int(offset)) ?? IOCode.read
    }
    methods.xWrite = { file, buffer, count, offset in
      guard let buffer else { return IOCode.write }
      return open(file)?.write(buffer, Int(count), at: Int(offset)) ?? IOCode.write
    }
    methods.xTruncate = { file, size in open(file)?.truncate(Int(size)) ?? IOCode.truncate }
    methods.xSync = { file, _ in open(file)?.sync() ?? IOCode.sync }
    methods.xFileSize = { file, size in
      guard let size else { return IOCode.size }
      return open(file)?.size(size) ?? IOCode.size
    }
    methods.xLock = { file, level in open(file)?.lock(level) ?? IOCode.lock }
    methods.xUnlock = { file, level in open(file)?.unlock(level) ?? SQLITE_OK }
    methods.xCheckReservedLock = { file, result in
      result?.pointee = open(file)?.isReserved == true ? 1 : 0
      return SQLITE_OK
    }
    methods.xFileControl = { file, operation, argument in
      guard operation == SQLITE_FCNTL_HAS_MOVED, let argument, let open = open(file) else { return SQLITE_NOTFOUND }
      argument.storeBytes(of: open.hasMoved ? 1 : 0, as: Int32.self)
      return SQLITE_OK
    }
    methods.xSectorSize = { _ in 4096 }
    // As the system's VFS says of itself: a power cut hurts only bytes that were being written.
    methods.xDeviceCharacteristics = { _ in SQLITE_IOCAP_POWERSAFE_OVERWRITE }
    methods.xShmMap = { file, region, size, extends, out in
      guard let mapped = open(file)?.map(Int(region), Int(size), extends: extends != 0) else {
        return IOCode.sharedMap
      }
      out?.pointee = mapped.1
      return mapped.code
    }
    methods.xShmLock = { file, first, count, flags in open(file)?.lockShared(first, count, flags) ?? IOCode.sharedLock }
    methods.xShmBarrier = { _ in }
    methods.xShmUnmap = { file, _ in open(file)?.unmap() ?? SQLITE_OK }
    return methods
  }
}

// A C function pointer captures nothing, not even a type: what they all need stands outside.

private func process(_ vfs: UnsafeMutablePointer<sqlite3_vfs>?) -> SimulatedProcess? {
  vfs?.pointee.pAppData.map { Unmanaged<SimulatedProcess>.fromOpaque($0).takeUnretainedValue() }
}

private func open(_ file: UnsafeMutablePointer<sqlite3_file>?) -> OpenFile? {
  slot(file)?.pointee.open.map { Unmanaged<OpenFile>.fromOpaque($0).takeUnretainedValue() }
}

private func slot(_ file: UnsafeMutablePointer<sqlite3_file>?) -> UnsafeMutablePointer<VirtualFileSystem.Slot>? {
  file.map { UnsafeMutableRawPointer($0).assumingMemoryBound(to: VirtualFileSystem.Slot.self) }
}

/// Never freed: every open file of the program points here. Nobody writes to it.
private nonisolated(unsafe) let fileMethods: UnsafePointer<sqlite3_io_methods> = {
  let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
  methods.initialize(to: VirtualFileSystem.methods)
  return UnsafePointer(methods)
}()
