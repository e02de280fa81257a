internal import RelayMerge
internal import RelayProtocol

/// A transaction of a group that was read before the first of the group is judged.
struct ReadAhead {
  var read: ReadTransaction
  /// Where its rows are in `GroupMemory.ahead`.
  var rows: Range<Int>
}

/// What a group of pushes will look for is looked up together: many rows by one question.
extension HubSession {
  /// Beyond these a transaction is read when its turn comes; its rows are looked up together anyway.
  private static let mostRows = 256
  private static let mostBytes = 1 << 20

  /// Reads a group's small transactions, and the rows that they write as those are before the group.
  ///
  /// - Returns: by push, by transaction; nil for one that is read when its turn comes.
  func readAhead(_ jobs: [PushJob]) throws(RelayError) -> [[ReadAhead?]] {
    var (keys, bytes): ([RowID], Int) = ([], 0)
    var all: [[ReadAhead?]] = []
    all.reserveCapacity(jobs.count)
    keys.reserveCapacity(jobs.count)
    for job in jobs {
      var ahead: [ReadAhead?] = []
      ahead.reserveCapacity(job.request.push.count)
      for (at, sealed) in job.request.push.enumerated() {
        bytes += sealed.count
        guard undo == .whole, bytes <= Self.mostBytes, let read = job.read[at] ?? ReadTransaction(sealed),
          read.transaction.rows.count <= Self.mostRows
        else {
          ahead.append(nil)
          continue
        }
        let start = keys.count
        for change in read.transaction.rows { keys.append(change.row) }
        ahead.append(ReadAhead(read: read, rows: start..<keys.count))
      }
      all.append(ahead)
    }
    if !keys.isEmpty {
      memory?.shared = HubSession.repeated(keys)
      memory?.ahead = try store.rows.rows(keys)
    }
    return all
  }

  private static func repeated(_ keys: [RowID]) -> Set<RowID> {
    guard keys.count > 1 else { return [] }
    var (seen, repeated) = (Set<RowID>(minimumCapacity: keys.count), Set<RowID>())
    for key in keys where !seen.insert(key).inserted { repeated.insert(key) }
    return repeated
  }

  /// Keeps a row that was written where a transaction behind this one may ask for it.
  ///
  /// - Parameter isOwn: its transaction was read ahead and names it: only who names it too will ask.
  func note(_ bytes: RowBytes, isOwn: Bool) {
    guard memory?.ahead.isEmpty == false, !isOwn || memory?.shared.contains(bytes.row) == true else { return }
    memory?.written[bytes.row] = bytes
  }

  /// A row as it is now, given how it was before the group; nil where there is none.
  func row(_ row: RowID, ahead: RowBytes?) throws(RelayError) -> StoredRow? {
    try (memory?.written[row] ?? ahead).map { (bytes) throws(RelayError) in try decode(bytes) }
  }
}
