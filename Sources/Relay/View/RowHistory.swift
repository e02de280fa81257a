internal import RelayMerge
public import RelayProtocol

/// Why a row is what it is: who wrote it and when, and for each cell which value is shown and which are not.
public struct RowHistory: Sendable, Equatable {
  public var row: RowID
  public var table: String
  /// The key's values, joined by a slash.
  public var key: String
  /// The hub's head when it was asked; nil where only this device was.
  public var head: UInt64?
  /// The seq at which this device's confirmed rows stand.
  public var base: UInt64
  /// Does the table on this device show the row?
  public var isHere: Bool
  /// Why this file's constraints keep the confirmed row out of its table, if they do.
  public var heldBecause: String?
  /// Every cell that was written and that this device reads, own unsent work included.
  public var cells: [CellHistory]
  /// Newest first: what is not confirmed yet, then by seq.
  public var events: [HistoryEvent]

  /// Is there nothing to tell?
  public var isEmpty: Bool { cells.isEmpty && events.isEmpty && heldBecause == nil }
}

/// A cell now, and why it shows what it shows.
public struct CellHistory: Sendable, Equatable {
  /// Why the shown value is the one shown.
  public typealias Reason = ShownReason

  /// The name of a column or a column group; `(existence)` for the row as a whole.
  public var column: String
  /// Of a set: the element.
  public var element: Value?
  public var policy: String
  public var shown: CellValue
  public var reason: Reason
  /// The seq at which a conflict about it opened; nil where none is open.
  public var opened: UInt64?
  /// Its live writes: those that no later author had seen. The shown one first; of a counter all of them count.
  public var writes: [InboxValue]
}

/// What one transaction did to the row.
public struct HistoryEvent: Sendable, Equatable {
  public enum State: Sendable, Equatable {
    case accepted
    case refused(rule: String, message: String)
    /// Of this device, without a verdict yet.
    case pending
  }

  public var state: State
  public var dot: Dot
  /// Nil without a verdict.
  public var seq: UInt64?
  public var author: String
  public var device: String
  /// Effective time, in milliseconds since 1970; the author's own clock where there is no verdict.
  public var time: Int64
  /// When the hub received it, in milliseconds since 1970; nil where nobody knows.
  public var received: Int64?
  /// The seq that its author's image of the row stood at; 0 for none.
  public var base: UInt64
  /// The seq of the conflict that it settles; nil for none.
  public var resolves: UInt64?
  /// Empty where the hub keeps the transaction's body no longer.
  public var operations: [RowOperation]
}

extension TableSchema {
  /// - Parameter names: author and device of a write.
  func history(
    _ cell: Cell, opened: UInt64, _ names: (CellWrite) -> (author: String, device: String)
  ) -> CellHistory? {
    let group = group(cell.id.group)
    guard let shown = shownWrite(cell), let value = shownValue(cell), group != nil || cell.id.group == 0 else {
      return nil
    }
    let isCounter = group?.policy.travelsAsSum == true
    let writes = isCounter ? cell.writes : [shown] + cell.writes.filter { $0 != shown }
    let sum = cell.writes.reduce(Int64(0)) { sum, write in
      if case .delta(let delta) = write.value { sum &+ delta } else { sum }
    }
    return CellHistory(
      column: group?.name ?? "(existence)", element: cell.id.element,
      policy: group?.policy.name ?? deletes.rawValue, shown: isCounter ? .delta(sum) : value,
      reason: reason(cell), opened: opened == 0 ? nil : opened,
      writes: writes.enumerated().map { at, write in
        let (author, device) = names(write)
        let isKnown = write.dot != .unseen
        return InboxValue(
          position: at, isShown: isCounter || at == 0, content: write.value, author: author, device: device,
          time: isKnown ? write.effective.milliseconds : nil, dot: write.dot,
          // What has no verdict stands beyond every seq while it is merged.
          seq: write.seq < WriteContext.pendingSeq ? write.seq : 0)
      })
  }

  func event(
    _ change: RowChange?, _ state: HistoryEvent.State, dot: Dot, seq: UInt64?, author: String, device: String,
    time: HybridTime, received: UInt64 = 0
  ) -> HistoryEvent {
    HistoryEvent(
      state: state, dot: dot, seq: seq, author: author, device: device, time: time.milliseconds,
      received: received == 0 ? nil : Int64(clamping: received), base: change?.base ?? 0,
      resolves: change?.operations.map(\.resolves).max().flatMap { $0 == 0 ? nil : $0 },
      operations: change?.operations.flatMap(told) ?? [])
  }
}
