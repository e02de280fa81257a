internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// Seals rows of plain tables straight from the bytes that were heard of them (`ChangeTap`), where nothing is kept of a row
/// beside its table but its confirmed image. It keeps its memory from row to row.
final class PlainRows {
  private let core: ReplicaCore
  private let state: ReplicaState
  private let filled: RowMark
  private var images: ImageWriter?
  private var before = EncodedValues()
  private var after = EncodedValues()
  private var places: [Int] = []

  /// - Parameter filled: the bookkeeping that there is of any row; `all` where it is asked row by row.
  init(_ core: ReplicaCore, _ state: ReplicaState, _ filled: RowMark) {
    (self.core, self.state, self.filled) = (core, state, filled)
  }

  /// - Returns: false where the row needs a closer look; nothing was done then.
  func seal(_ row: ChangeTap.Touched, of schema: TableSchema, into sealing: inout Sealing) throws(RelayError) -> Bool {
    guard let table = core.plainTables.plain(schema, state.role), row.key.count < Limits.key / 2,
      let base = try base(of: row, schema)
    else { return false }
    guard let was = row.before else {
      guard let now = row.after else { return true }
      try after.read(now)
      guard base == .fresh, table.admits(after) else { return false }
      sealing.insert(row.key, after, table, base: 0)
      return true
    }
    try before.read(was)
    let seq = if case .image(let seq) = base { seq } else { state.base }
    if let now = row.after {
      try after.read(now)
      guard table.difference(before, after, into: &places) else { return false }
      if places.isEmpty { return true }
      sealing.set(row.key, after, table, at: places, base: seq)
    } else {
      guard table.mayDelete(before) else { return false }
      sealing.delete(row.key, table, base: seq)
    }
    if base == .fresh { try keepImage(row.key, schema) }
    return true
  }

  /// Once every row was sealed.
  func finish() throws(RelayError) { try images?.finish() }

  private enum Base: Equatable {
    /// Nothing is kept of the row: it is confirmed as it was before, or was not there.
    case fresh
    /// The row is under work, and its image was valid at this seq.
    case image(UInt64)
  }

  /// - Returns: nil where that needs a closer look.
  private func base(of row: ChangeTap.Touched, _ table: TableSchema) throws(RelayError) -> Base? {
    let asked: RowMark = [.image, .pending, .dead, .localOnly]
    guard !filled.isDisjoint(with: asked) else { return .fresh }
    guard filled == .all else { return nil }
    let id = RowID(table: table.id, key: Array(row.key))
    if let base = try core.stores.images.baseUnderWork(id) {
      return .image(Mutation.isPlanted(.headerBase) ? state.base : base)
    }
    return try core.stores.marks.isUnmarked(id) ? .fresh : nil
  }

  private func keepImage(_ key: UnsafeRawBufferPointer, _ table: TableSchema) throws(RelayError) {
    guard filled != .all else { return try core.stores.images.add(before, table, key, base: state.base) }
    if images == nil { images = try core.stores.images.writer() }
    try images?.save(before, table, key, base: state.base)
  }
}
