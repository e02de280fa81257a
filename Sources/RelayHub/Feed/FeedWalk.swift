internal import RelayProtocol

/// Several scopes' feeds as one, ascending. A row that stands in several of them comes as often, once a place.
struct FeedWalk {
  private struct Cursor {
    let scope: String
    var after: FeedPlace
    var rows: [FeedRow] = []
    var next = 0
    var isAtEnd = false
  }

  private let store: any FeedStore
  private var cursors: [Cursor]
  private let batch: Int

  /// - Parameter scopes: each with the place behind which it begins.
  init(_ store: any FeedStore, _ scopes: [(scope: String, after: FeedPlace)]) {
    self.store = store
    cursors = scopes.map { Cursor(scope: $0.scope, after: $0.after) }
    // Memory for so many rows in all.
    batch = max(16, 512 / max(1, scopes.count))
  }

  mutating func next() throws(RelayError) -> FeedRow? {
    var least: Int?
    for at in cursors.indices {
      if cursors[at].next == cursors[at].rows.count, !cursors[at].isAtEnd { try refill(at) }
      guard cursors[at].next < cursors[at].rows.count else { continue }
      if let best = least, place(best) <= place(at) { continue }
      least = at
    }
    guard let least else { return nil }
    let row = cursors[least].rows[cursors[least].next]
    // The same row at the same place through other scopes.
    for at in cursors.indices where cursors[at].next < cursors[at].rows.count && place(at) == row.place {
      cursors[at].next += 1
    }
    return row
  }

  private func place(_ at: Int) -> FeedPlace { cursors[at].rows[cursors[at].next].place }

  private mutating func refill(_ at: Int) throws(RelayError) {
    let rows = try store.feed(cursors[at].scope, after: cursors[at].after, most: batch)
    cursors[at].rows = rows
    cursors[at].next = 0
    cursors[at].isAtEnd = rows.count < batch
    if let last = rows.last { cursors[at].after = last.place }
  }
}
