internal import CSQLite
internal import Synchronization

/// A VFS as SQLite knows it, by a name of its own: what the process sees that runs under it. It stays as long as anybody has a
/// file open that was opened through it.
final class RegisteredSystem {
  let name: String
  private let vfs: UnsafeMutablePointer<sqlite3_vfs>
  private let label: UnsafeMutablePointer<CChar>

  private static let serial = Atomic<Int>(0)

  init() {
    name = "simulated-\(Self.serial.wrappingAdd(1, ordering: .relaxed).newValue)"
    vfs = .allocate(capacity: 1)
    vfs.initialize(to: VirtualFileSystem.template)
    label = .allocate(capacity: name.utf8.count + 1)
    for (at, byte) in name.utf8.enumerated() { label[at] = CChar(bitPattern: byte) }
    label[name.utf8.count] = 0
    vfs.pointee.zName = UnsafePointer(label)
    sqlite3_vfs_register(vfs, 0)
  }

  deinit {
    sqlite3_vfs_unregister(vfs)
    label.deallocate()
    vfs.deallocate()
  }

  /// - Parameter process: is asked from now on; it keeps this system, and not the other way round.
  func run(_ process: SimulatedProcess) { vfs.pointee.pAppData = Unmanaged.passUnretained(process).toOpaque() }
}
