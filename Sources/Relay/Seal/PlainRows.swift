internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// Seals rows of plain tables straight from the bytes that were heard of them (`ChangeTap`), where no bookkeeping of any row
/// is to be asked. It keeps its memory from row to row.
final class PlainRows {
  private let core: ReplicaCore
  private let state: ReplicaState
  private var plain: (id: UInt32, table: PlainTable?)?
  private var images: ImageWriter?
  private var before = EncodedValues()
  private var after = EncodedValues()
  private var places: [Int] = []

  init(_ core: ReplicaCore, _ state: ReplicaState) { (self.core, self.state) = (core, state) }

  /// - Returns: false where the row needs a closer look; nothing was done then.
  func seal(_ row: ChangeTap.Touched, of schema: TableSchema, into sealing: inout Sealing) throws(RelayError) -> Bool {
    if plain?.id != schema.id { plain = (schema.id, PlainTable(schema, role: state.role)) }
    guard let table = plain?.table, row.key.count < Limits.key / 2 else { return false }
    guard let was = row.before else {
      guard let now = row.after else { return true }
      try after.read(now)
      guard table.admits(after) else { return false }
      sealing.insert(row.key, after, table, base: 0)
      return true
    }
    try before.read(was)
    if let now = row.after {
      try after.read(now)
      guard table.difference(before, after, into: &places) else { return false }
      if places.isEmpty { return true }
      sealing.set(row.key, after, table, at: places, base: state.base)
    } else {
      guard table.mayDelete(before) else { return false }
      sealing.delete(row.key, table, base: state.base)
    }
    if images == nil { images = try core.stores.images.writer() }
    try images?.save(before, schema, row.key, base: state.base)
    return true
  }

  /// Once every row was sealed.
  func finish() throws(RelayError) { try images?.finish() }
}
