internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// Rows that come back as this device's own accepted work left them: confirmed as they come by, without a transaction that is
/// decoded. After a push that is nearly all of a pull.
final class OwnRows {
  private let core: ReplicaCore
  /// Own pending transactions that the pull calls accepted, with their seq.
  private let accepted: [Int64: UInt64]
  /// How many rows of each of them were confirmed here.
  private(set) var explained: [Int64: Int] = [:]
  private let touches: PreparedStatement
  private let image: PreparedStatement
  private let forgetTouches: PreparedStatement
  private let forgetImage: PreparedStatement
  /// Those that touch the present row.
  private var dots: [Int64] = []

  /// - Returns: nil where the pull confirms nothing, or has to be looked at row by row.
  init?(_ core: ReplicaCore, _ pull: CompletePull, isCautious: Bool) throws(RelayError) {
    guard !isCautious, !pull.leavesTheRest else { return nil }
    var accepted: [Int64: UInt64] = [:]
    for verdict in pull.closing.confirmed where verdict.isAccepted {
      if let key = try core.own(verdict) { accepted[key.value] = verdict.seq }
    }
    guard !accepted.isEmpty else { return nil }
    (self.core, self.accepted) = (core, accepted)
    touches = try core.db.prepared(RowCommands.fates)
    image = try core.db.prepared(ImageStore.stateAndImage)
    forgetTouches = try core.db.prepared(RowCommands.forget)
    forgetImage = try core.db.prepared(ImageStore.forget)
  }

  /// Is all own work on the row accepted, and in what arrived?
  func settle(_ row: RowCursor) throws(RelayError) -> Bool {
    dots.removeAll(keepingCapacity: true)
    touches.bind(1, Int64(row.table))
    touches.bind(2, blob: row.key)
    defer { touches.reset() }
    while try touches.step() {
      let dot = touches.int(0)
      guard touches.int(1) == Fate.pending.rawValue, let seq = accepted[dot], seq <= row.seq else { return false }
      dots.append(dot)
    }
    return !dots.isEmpty
  }

  /// The row as it was confirmed before; nil where that cannot be told in a word.
  func confirmed(_ row: RowCursor, _ table: TableSchema) throws(RelayError) -> [Value]? {
    image.bind(1, Int64(row.table))
    image.bind(2, blob: row.key)
    defer { image.reset() }
    guard try image.step(), image.int(0) == Image.State.underWork.rawValue else { return nil }
    let bytes = image.row.blob(1)
    return bytes.isEmpty ? nil : try RowBlob.decode(bytes, table)
  }

  /// The row is confirmed: no work on it waits any more.
  func forget(_ row: RowCursor, hasImage: Bool) throws(RelayError) {
    try forget(row, forgetTouches)
    if hasImage { try forget(row, forgetImage) }
    for dot in dots { explained[dot, default: 0] += 1 }
  }

  private func forget(_ row: RowCursor, _ statement: borrowing PreparedStatement) throws(RelayError) {
    statement.bind(1, Int64(row.table))
    statement.bind(2, blob: row.key)
    try statement.run()
  }
}

extension ColdRows {
  /// Confirms a row of own work.
  ///
  /// - Returns: false where it needs thought; then nothing was changed.
  mutating func confirm(
    _ row: inout RowCursor, _ writer: TableWriter, _ found: RowMark, _ own: OwnRows, _ sums: inout ScopeSums
  ) throws(RelayError) -> Bool {
    guard row.isAlive, found.isSubset(of: [.pending, .image]), !writer.mayChange(row), try own.settle(row) else {
      return false
    }
    let table = writer.table
    var was: [Value]?
    if found.contains(.image) {
      was = try own.confirmed(row, table)
      guard was != nil, sums.kind == .change else { return false }
    } else if sums.kind == .change {
      // Somebody else may have written a row with this key before, which nobody here has seen.
      guard try isNewThroughout(&row, table) else { return false }
    }
    guard let isShown = try writer.shows(row) else { return false }
    let id = RowID(table: row.table, key: Array(row.key))
    try sums.keepPlace(id, table, was, core)
    if !isShown || table.seqColumn != nil {
      guard try writer.update(row) == .written else { return false }
    }
    if !isShown { changed.insert(row.table) }
    if let was { try sums.remove(id, table, was, core) }
    sums.add(row, writer)
    remember(id, table, sums)
    try own.forget(row, hasImage: found.contains(.image))
    return true
  }

  /// Is every write in the row newer than what this device stood at?
  private func isNewThroughout(_ row: inout RowCursor, _ table: TableSchema) throws(RelayError) -> Bool {
    let stamps = try row.stamps()
    guard stamps.allSatisfy({ $0.writes.allSatisfy { $0.stamp.seq > pull.base } }) else { return false }
    let stamped = Set(stamps.map(\.id.group))
    return stamped.contains(0)
      && table.groups.allSatisfy { !table.reads($0, pull.newRole) || stamped.contains($0.id) }
  }
}
