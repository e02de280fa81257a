internal import RelayMerge
internal import RelayProtocol

/// What the rows of a transaction were based on in the history that its author knew, and where it stood there itself. In the
/// history of now those bases say nothing, but among the transactions of the lost one they still say exactly who had seen
/// whom: `covered(d, w)` is the lost seq of d against the base of w.
struct OriginalBases {
  /// The epoch that the bases count in.
  var epoch: Hash128
  var bases: [RowID: UInt64]
  var place: LostPlace?

  /// - Returns: nil for a transaction that means here what it meant when it was sealed.
  init?(_ transaction: Transaction, _ envelope: Envelope?) {
    guard let envelope else { return nil }
    epoch = transaction.epoch
    place = envelope.lost
    bases = [:]
    for change in transaction.rows where change.base > envelope.base { bases[change.row] = change.base }
    if bases.isEmpty, place == nil { return nil }
  }

  /// May the reason go away once others have offered again what they did in the lost history? A unique key that somebody has
  /// now is as a rule his for good, so that who wants it is told.
  func mayWait(_ refusal: Refusal) -> Bool {
    switch refusal.rule {
    case .rowUnknown, .noScope, .notWritable:
      return place != nil || refusal.row.map { bases[$0] != nil } ?? false
    default: return false
    }
  }
}

extension Judgement {
  /// The author had seen what of the lost history has come back before it.
  func addLostContext(_ change: RowChange, _ row: StoredRow, _ context: inout WriteContext) throws(RelayError) {
    guard let originalBases, let base = originalBases.bases[change.row] else { return }
    for cell in row.state.cells {
      for write in cell.writes where !context.covers(write) {
        guard let place = try session.store.healing.place(write.dot), place.epoch == originalBases.epoch else {
          continue
        }
        if place.seq <= base { context.seen.insert(write.dot) }
      }
    }
  }

  /// What comes back after one that had seen it and covered it joins no cell that the later one wrote.
  func removeWhatWasCovered(_ change: RowChange, _ row: inout StoredRow) throws(RelayError) {
    guard let place = originalBases?.place else { return }
    var covers: [Dot: Bool] = [:]
    for cell in row.state.cells where cell.writes.count > 1 {
      guard let own = cell.writes.first(where: { $0.dot == transaction.dot }), !own.value.isDelta else { continue }
      for other in cell.writes where other.dot != transaction.dot && covers[other.dot] == nil {
        covers[other.dot] = try self.covered(place, by: other, on: change.row)
      }
      guard cell.writes.contains(where: { covers[$0.dot] == true }) else { continue }
      row.state.replace(cell.id, cell.writes.filter { $0.dot != transaction.dot })
    }
  }

  /// Had the author of another write seen what stood at a place of the lost history?
  private func covered(_ place: LostPlace, by other: CellWrite, on row: RowID) throws(RelayError) -> Bool {
    guard other.seq < seq, let transaction = try session.body(other.seq), transaction.epoch == place.epoch,
      let change = transaction.rows.first(where: { $0.row == row })
    else { return false }
    // A hub that was put back goes on under the same name until somebody says so. What was written in that order had seen
    // nothing of the one that was lost, though its bases are as high.
    let isOther = try session.store.log.base(at: other.seq) == transaction.base
    guard !isOther || Mutation.isPlanted(.otherOrder) else { return false }
    return change.base >= place.seq
  }
}

extension CellValue {
  /// Increments are added up, and cover nothing.
  fileprivate var isDelta: Bool {
    if case .delta = self { return true }
    return false
  }
}
