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
  /// What that order was called: two of one epoch may have been lost.
  var openings: [Opening]
  /// The last seq that both histories share, as far as the author knows.
  var shared: UInt64

  /// - Returns: nil for a transaction that means here what it meant when it was sealed.
  init?(_ transaction: Transaction, _ envelope: Envelope?) {
    guard let envelope else { return nil }
    epoch = transaction.epoch
    place = envelope.lost
    openings = envelope.openings
    shared = envelope.shared
    bases = [:]
    for change in transaction.rows where change.base > envelope.base { bases[change.row] = change.base }
    if bases.isEmpty, place == nil { return nil }
  }
}

extension Envelope {
  /// The last seq that the history of now can share with the one that its author knew: there this hub has, where the work stood,
  /// something else or nothing.
  var shared: UInt64 { min(base, lost.map { $0.seq - min($0.seq, 1) } ?? base) }
}

extension Judgement {
  /// May the reason go away once others have offered again what they did in the lost history, or once its author's own work
  /// has its verdict that waits for that? A unique key that somebody has now is as a rule his for good, so that who wants it
  /// is told.
  func mayWait(_ refusal: Refusal) throws(RelayError) -> Bool {
    guard [.rowUnknown, .noScope, .notWritable].contains(refusal.rule) else { return false }
    if let originalBases, originalBases.place != nil || refusal.row.map({ originalBases.bases[$0] != nil }) ?? false {
      return true
    }
    guard try session.hasWaiting(), !Mutation.isPlanted(.waitsAlone), try lacks(refusal) else { return false }
    return try !session.hasVerdicts(transaction.seen)
  }

  /// Is the row not here that it is about, or the one that this is hung on? What the device may not see is here.
  private func lacks(_ refusal: Refusal) throws(RelayError) -> Bool {
    guard let row = refusal.row, let change = change(row) else { return false }
    switch refusal.rule {
    case .rowUnknown: return try work(row)?.isThere == false
    case .noScope:
      guard let parent = table(row.table)?.namedParent(change) else { return false }
      return try work(parent)?.isThere == false
    default: return false
    }
  }
}

extension Judgement {
  /// What the author of a change had seen of its row, of the lost history what has come back before it.
  func context(
    of change: RowChange, on row: StoredRow, _ table: TableSchema
  ) throws(RelayError) -> WriteContext {
    var context = context(view(table), base: change.base)
    guard let originalBases, let base = originalBases.bases[change.row] else { return context }
    for cell in row.state.cells {
      for write in cell.writes where !context.covers(write) {
        guard let place = try session.store.healing.place(write.dot), place.epoch == originalBases.epoch else {
          continue
        }
        if place.seq <= base, place.isOf(originalBases.openings) { context.seen.insert(write.dot) }
      }
    }
    return context
  }

  /// How many later transactions of a row are asked whether they had seen what comes back.
  private static let mostLater = 200

  /// What comes after one that had seen it joins no cell that the later one wrote, whoever has covered that one since.
  func removeWhatWasCovered(_ change: RowChange, _ row: inout StoredRow, _ table: TableSchema) throws(RelayError) {
    guard let id = row.id, isLate || originalBases?.place != nil else { return }
    let written = row.state.cells.filter { $0.writes.contains { $0.dot == transaction.dot } }
    var left = RowState(
      cells: written.map { Cell(id: $0.id, writes: $0.writes.filter { $0.dot == transaction.dot }) })
    let later = try session.store.log.writers(of: id, before: seq, by: nil, most: Self.mostLater)
    for other in later {
      let isOwn = other.dot.replica == transaction.dot.replica
      // Nobody had seen what he did later, whatever the places in orders of one name say.
      if isOwn, other.dot.counter < transaction.dot.counter { continue }
      let isOfChain = isLate && isOwn
      let isOfLost = try stoodLater(other.seq, other.dot)
      guard isOfChain || isOfLost else { continue }
      guard let change = try hadSeen(other.seq, other.dot, change.row, isOfChain, isOfLost) else { continue }
      let role = table.access(change.role)
      left.apply(
        change.change,
        WriteContext(
          dot: other.dot, seq: other.seq, effective: .zero, seen: DotSet([transaction.dot]), base: 0, author: role,
          now: role), table: table)
    }
    for cell in written where !left.writes(cell.id).contains(where: { $0.dot == transaction.dot }) {
      row.state.replace(cell.id, row.state.writes(cell.id).filter { $0.dot != transaction.dot })
    }
  }

  /// What another transaction did to a row, if its author had seen this one.
  private func hadSeen(
    _ seq: UInt64, _ dot: Dot, _ row: RowID, _ isOfChain: Bool, _ isOfLost: Bool
  ) throws(RelayError) -> (change: RowChange, role: String)? {
    guard let (other, change) = try change(of: row, seq, isWhole: isOfChain) else { return nil }
    // By its name only within one chain: what a copy's file calls by it may be another copy's work.
    let isNamed = isOfChain && !Mutation.isPlanted(.lateIsNews)
    var isSeen = try isNamed ? session.seen(of: other, called: dot).contains(transaction.dot) : false
    if !isSeen, isOfLost { isSeen = try stoodBefore(change, other, seq, dot) }
    return isSeen ? (change, other.role) : nil
  }

  /// How many transactions are read as a whole, for all rows at once.
  private static let mostWhole = 16

  /// What a transaction did to a row.
  ///
  /// - Parameter isWhole: whether it may touch many of the same rows.
  private func change(
    of row: RowID, _ seq: UInt64, isWhole: Bool
  ) throws(RelayError) -> (transaction: Transaction, change: RowChange)? {
    if isWhole, whole[seq] == nil, whole.count < Self.mostWhole, var other = try session.body(seq) {
      let changes = Dictionary(other.rows.map { ($0.row, $0) }) { first, _ in first }
      other.rows = []
      whole[seq] = (other, changes)
    }
    if let known = whole[seq] { return known.changes[row].map { (known.transaction, $0) } }
    guard let other = try session.body(seq, cutTo: row), let change = other.rows.first else { return nil }
    return (other, change)
  }

  /// May the author of another transaction have seen, in the lost history, what stood where this one did? Not before what both
  /// histories share ended, nor what came after his own work.
  private func stoodLater(_ seq: UInt64, _ dot: Dot) throws(RelayError) -> Bool {
    guard let originalBases, let place = originalBases.place, seq > originalBases.shared else { return false }
    guard let its = try session.store.healing.place(dot), its.epoch == place.epoch else { return true }
    return its.seq >= place.seq
  }

  /// Had he?
  private func stoodBefore(
    _ change: RowChange, _ other: Transaction, _ seq: UInt64, _ dot: Dot
  ) throws(RelayError) -> Bool {
    guard let place = originalBases?.place, other.epoch == place.epoch, change.base >= place.seq else { return false }
    guard try place.isOf(session.store.healing.openings(of: dot)) else { return false }
    // A hub that was put back goes on under the same name until somebody says so. What was written in that order had seen
    // nothing of the one that was lost, though its bases are as high.
    return try session.store.log.base(at: seq) != other.base || Mutation.isPlanted(.otherOrder)
  }
}

extension LostPlace {
  /// Did it stand in the order that was called so?
  fileprivate func isOf(_ openings: [Opening]) -> Bool {
    opening == openings.name(at: seq) || Mutation.isPlanted(.oneOrder)
  }
}
