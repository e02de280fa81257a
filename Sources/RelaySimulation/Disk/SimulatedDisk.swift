internal import Relay

/// A disk in memory: files with what a medium would have kept of them. Programs reach it through the processes that run on
/// it, each with a SQLite VFS of its own; a power cut ends all of them.
///
/// Not Sendable: a simulation is one thread.
public final class SimulatedDisk {
  private var files: [String: MemoryFile] = [:]
  /// Removed, while the medium does not know it yet.
  private var removed: [String: MemoryFile] = [:]
  /// The most bytes that all files may have; nil for no bound.
  public var quota: Int?
  /// A drive that says that it has synced and has not.
  public var liesAboutSync = false
  private var random: SplitMix
  private var ids: SplitMix

  public init(seed: UInt64) { (random, ids) = (SplitMix(seed: seed, "disk"), SplitMix(seed: seed, "files")) }

  /// What `Environment.fileID` is to say.
  public func fileID(_ path: String) -> UInt64? { files[path]?.id }

  func file(_ path: String) -> MemoryFile? { files[path] }

  func make(_ path: String) -> MemoryFile {
    let file = MemoryFile(id: ids.next())
    files[path] = file
    return file
  }

  func remove(_ path: String, isSynced: Bool) -> Bool {
    guard let file = files.removeValue(forKey: path) else { return false }
    if file.isOnMedium { removed[path] = file }
    if isSynced { syncNames() }
    return true
  }

  func syncNames() {
    removed.removeAll()
    for file in files.values { file.isOnMedium = true }
  }

  func hasRoom(for more: Int) -> Bool { quota.map { bytes + more <= $0 } ?? true }

  // MARK: For the simulation

  public var bytes: Int { files.values.reduce(0) { $0 + $1.size } }

  /// Sectors that a power cut could take.
  public var unsyncedSectors: Int { files.values.reduce(0) { $0 + $1.unsyncedSectors } }

  public var paths: [String] { files.keys.sorted() }

  /// The power goes. Whoever runs on this disk has to be dead.
  public func cut(_ rule: PowerCut) {
    for path in files.keys.sorted() {
      guard let file = files[path] else { continue }
      file.cut(rule, &random)
      if !file.isOnMedium, !rule.keepsSize(&random) { files[path] = nil }
    }
    for path in removed.keys.sorted() where files[path] == nil && !rule.keepsSize(&random) {
      removed[path]?.cut(rule, &random)
      files[path] = removed[path]
    }
    syncNames()
  }

  /// A bit of a file turns over; nothing happens where the file is shorter.
  public func flip(_ path: String, bit: Int) { files[path]?.flip(bit: bit) }

  public func size(of path: String) -> Int? { files[path]?.size }

  /// Everything as a copy of the files would have it.
  public func image() -> DiskImage {
    DiskImage(files: files.mapValues(\.content), ids: files.mapValues(\.id))
  }

  /// The files are put back to a copy. Whoever runs on this disk has to be dead.
  public func put(_ image: DiskImage, as way: DiskImage.Way = .wholeDisk) {
    let before = files
    files = Dictionary(
      uniqueKeysWithValues: image.files.sorted { $0.key < $1.key }.map { path, content in
        let id =
          switch way {
          case .wholeDisk: image.ids[path]
          case .writtenOver: before[path]?.id
          case .newFiles: nil as UInt64?
          }
        return (path, MemoryFile(content, id: id ?? ids.next()))
      })
    removed.removeAll()
    syncNames()
  }
}

/// A copy of a disk's files.
public struct DiskImage: Sendable, Equatable {
  /// How a copy gets onto a disk.
  public enum Way: Sendable, CaseIterable {
    /// As a copy of the disk itself: the system calls each file as it did.
    case wholeDisk
    /// Over the files that are there.
    case writtenOver
    /// As files that were made for it.
    case newFiles
  }

  var files: [String: [UInt8]]
  /// What the system called them.
  var ids: [String: UInt64] = [:]

  /// The same, but that what lies beside a replica's file is another copy's, or nothing.
  ///
  /// - Parameter path: of the replica's file.
  public func with(_ other: DiskImage?, beside path: String) -> DiskImage {
    var image = self
    image.files[path + Replica.sidecarSuffix] = other?.sidecar(beside: path)
    return image
  }

  func sidecar(beside path: String) -> [UInt8]? { files[path + Replica.sidecarSuffix] }
}
