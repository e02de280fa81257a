internal import RelayMerge
internal import RelayProtocol

/// What becomes one transaction.
struct SealPiece: Sendable {
  /// Ascending by row.
  var changes: [RowChange]
  /// Did Relay put it together, so that it may be sealed anew, apart, when one of its rows is refused?
  var isBatch: Bool
}

/// Decides which transactions the work of foreign writers becomes (rule 10).
///
/// What is known to be one SQL transaction stays one. Anything else that one writer left is one piece too, since it may
/// have been one; what the device knows to be refused is kept out of it, with the rows that it holds together with.
struct SealPlan {
  let schema: SyncSchema
  let role: String
  let uniques: [UInt32: [[Int]]]
  var most = Limits.operations
  var mostBytes = Limits.transaction - (1 << 16)

  func pieces(_ items: [Connected.Item], _ run: CaptureRun) -> [SealPiece] {
    guard !items.isEmpty else { return [] }
    let changes = items.map(\.change)
    let fits = fits(changes)
    if fits, run.isOneTransaction { return [SealPiece(changes: changes, isBatch: false)] }
    let bad = Set(items.indices.filter { isRefused(changes[$0]) })
    if fits, bad.isEmpty { return [SealPiece(changes: changes, isBatch: true)] }
    return cut(items, bad)
  }

  private func fits(_ changes: [RowChange]) -> Bool {
    var (count, bytes) = (0, 0)
    for change in changes {
      count += change.operations.count
      bytes += change.byteCount
    }
    return count <= most && bytes <= mostBytes
  }

  private func isRefused(_ change: RowChange) -> Bool {
    schema.table(change.row.table)?.refusal(change, role: role) != nil
  }

  /// The good ones together as far as they fit, parents first; each bad one with what it holds together with.
  private func cut(_ items: [Connected.Item], _ bad: Set<Int>) -> [SealPiece] {
    var connected = Connected(items, schema, uniques: uniques)
    var (good, apart): ([[Int]], [[Int]]) = ([], [])
    for part in connected.parts() {
      if part.contains(where: bad.contains) { apart.append(part) } else { good.append(part) }
    }
    let depths = Dictionary(uniqueKeysWithValues: schema.tables.map { ($0.id, schema.depth($0)) })
    func depth(_ part: [Int]) -> Int { part.map { depths[items[$0].change.row.table] ?? 0 }.min() ?? 0 }
    good = good.map { (depth($0), $0) }.sorted { ($0.0, $0.1[0]) < ($1.0, $1.1[0]) }.map(\.1)
    return (filled(good, items) + filled(apart, items, each: true)).map { piece in
      SealPiece(changes: piece.sorted().map { items[$0].change }, isBatch: true)
    }
  }

  /// Puts parts into as few pieces as hold them. A part that is too large for one is cut all the same.
  private func filled(_ parts: [[Int]], _ items: [Connected.Item], each: Bool = false) -> [[Int]] {
    var pieces: [[Int]] = []
    var (count, bytes) = (0, 0)
    for part in parts {
      let size = part.reduce(into: (count: 0, bytes: 0)) {
        $0.count += items[$1].change.operations.count
        $0.bytes += items[$1].change.byteCount
      }
      if each || pieces.isEmpty || count + size.count > most || bytes + size.bytes > mostBytes {
        pieces.append([])
        (count, bytes) = (0, 0)
      }
      for at in part {
        let (more, larger) = (items[at].change.operations.count, items[at].change.byteCount)
        if count + more > most || bytes + larger > mostBytes, !pieces[pieces.count - 1].isEmpty {
          pieces.append([])
          (count, bytes) = (0, 0)
        }
        pieces[pieces.count - 1].append(at)
        count += more
        bytes += larger
      }
    }
    return pieces
  }
}

extension RowChange {
  /// About how many bytes it takes in a sealed transaction; no less than it does.
  var byteCount: Int { operations.reduce(row.key.count + 32) { $0 + $1.byteCount } }
}
