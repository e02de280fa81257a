internal import CSQLite

/// The bytes of one simulated file: what programs see, and what the medium has kept. Sectors that were written since the
/// last sync may be lost by a power cut, kept, or torn.
final class MemoryFile {
  /// What a medium writes in one piece, in bytes.
  static let sector = 512

  private(set) var size = 0
  private var durableSize = 0
  private var capacity = 0
  private var bytes: UnsafeMutableRawPointer
  private var durable: UnsafeMutableRawPointer
  private var isUnsynced: [Bool] = []
  private var unsynced: [Int] = []

  /// What the system calls it, and no other file.
  let id: UInt64
  /// Is its name on the medium?
  var isOnMedium = false
  /// Who has it open.
  var opens: [OpenFile] = []
  var memory: SharedMemory?

  init(_ content: [UInt8] = [], id: UInt64) {
    self.id = id
    bytes = .allocate(byteCount: 0, alignment: 16)
    durable = .allocate(byteCount: 0, alignment: 16)
    reserve(content.count)
    content.withUnsafeBytes { content in
      guard let start = content.baseAddress else { return }
      bytes.copyMemory(from: start, byteCount: content.count)
      durable.copyMemory(from: start, byteCount: content.count)
    }
    (size, durableSize) = (content.count, content.count)
    isOnMedium = !content.isEmpty
  }

  deinit {
    bytes.deallocate()
    durable.deallocate()
  }

  var content: [UInt8] { Array(UnsafeRawBufferPointer(start: bytes, count: size)) }

  var unsyncedSectors: Int { unsynced.count }

  private func reserve(_ wanted: Int) {
    guard wanted > capacity else { return }
    let larger = max(wanted, capacity * 2, 16 << 10)
    let room = (larger + MemoryFile.sector - 1) / MemoryFile.sector * MemoryFile.sector
    bytes = MemoryFile.grown(bytes, from: capacity, to: room)
    durable = MemoryFile.grown(durable, from: capacity, to: room)
    isUnsynced += Array(repeating: false, count: room / MemoryFile.sector - isUnsynced.count)
    capacity = room
  }

  private static func grown(_ old: UnsafeMutableRawPointer, from: Int, to: Int) -> UnsafeMutableRawPointer {
    let new = UnsafeMutableRawPointer.allocate(byteCount: to, alignment: 16)
    new.copyMemory(from: old, byteCount: from)
    new.advanced(by: from).initializeMemory(as: UInt8.self, repeating: 0, count: to - from)
    old.deallocate()
    return new
  }

  // MARK: What programs do

  /// - Returns: how many bytes there were; the rest of the buffer is zero.
  func read(_ buffer: UnsafeMutableRawPointer, _ count: Int, at offset: Int) -> Int {
    let there = max(0, min(count, size - offset))
    if there > 0 { buffer.copyMemory(from: bytes.advanced(by: offset), byteCount: there) }
    if there < count { memset(buffer.advanced(by: there), 0, count - there) }
    return there
  }

  func write(_ buffer: UnsafeRawPointer, _ count: Int, at offset: Int) {
    guard count > 0 else { return }
    reserve(offset + count)
    bytes.advanced(by: offset).copyMemory(from: buffer, byteCount: count)
    size = max(size, offset + count)
    for sector in (offset / MemoryFile.sector)...((offset + count - 1) / MemoryFile.sector) where !isUnsynced[sector] {
      isUnsynced[sector] = true
      unsynced.append(sector)
    }
  }

  func truncate(_ wanted: Int) {
    if wanted < size { memset(bytes.advanced(by: wanted), 0, size - wanted) }
    reserve(wanted)
    size = wanted
  }

  /// Everything is on the medium.
  func sync() {
    for sector in unsynced {
      let at = sector * MemoryFile.sector
      durable.advanced(by: at).copyMemory(from: bytes.advanced(by: at), byteCount: MemoryFile.sector)
      isUnsynced[sector] = false
    }
    unsynced.removeAll(keepingCapacity: true)
    if durableSize > size { memset(durable.advanced(by: size), 0, durableSize - size) }
    durableSize = size
  }

  // MARK: What happens to it

  /// The power goes: of each unsynced sector the rule decides what the medium has.
  func cut(_ rule: PowerCut, _ random: inout SplitMix) {
    for sector in unsynced {
      let at = sector * MemoryFile.sector
      let (seen, kept) = (bytes.advanced(by: at), durable.advanced(by: at))
      kept.copyMemory(from: seen, byteCount: rule.bytesKept(of: MemoryFile.sector, &random))
      isUnsynced[sector] = false
    }
    unsynced.removeAll(keepingCapacity: true)
    if durableSize != size { durableSize = rule.keepsSize(&random) ? size : durableSize }
    size = durableSize
    bytes.copyMemory(from: durable, byteCount: capacity)
    if size < capacity {
      memset(bytes.advanced(by: size), 0, capacity - size)
      memset(durable.advanced(by: size), 0, capacity - size)
    }
  }

  /// A bit turns over on the medium.
  func flip(bit: Int) {
    let at = bit / 8
    guard at < size else { return }
    for image in [bytes, durable] {
      let byte = image.load(fromByteOffset: at, as: UInt8.self) ^ (1 << UInt8(bit % 8))
      image.storeBytes(of: byte, toByteOffset: at, as: UInt8.self)
    }
  }
}

/// What a power cut leaves of sectors that were written and not synced.
public enum PowerCut: Sendable, CaseIterable {
  case lost, kept, torn
  /// Each sector its own way, as a drive does that writes in an order of its own.
  case mixed

  func bytesKept(of sector: Int, _ random: inout SplitMix) -> Int {
    switch self {
    case .lost: return 0
    case .kept: return sector
    case .torn: return random.int(0..<sector + 1)
    case .mixed:
      switch random.int(0..<3) {
      case 0: return 0
      case 1: return sector
      default: return random.int(0..<sector + 1)
      }
    }
  }

  func keepsSize(_ random: inout SplitMix) -> Bool {
    switch self {
    case .lost: false
    case .kept: true
    case .torn, .mixed: random.once(in: 2)
    }
  }
}
