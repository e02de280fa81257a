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
    for job in jobs {
      all.append(
        zip(job.request.push, job.read).map { sealed, read in
          bytes += sealed.count
          guard undo == .whole, bytes <= Self.mostBytes, let read = read ?? ReadTransaction(sealed),
            read.transaction.rows.count <= Self.mostRows
          else { return nil }
          let start = keys.count
          for change in read.transaction.rows { keys.append(change.row) }
          return ReadAhead(read: read, rows: start..<keys.count)
        })
    }
    if !keys.isEmpty { memory?.ahead = try store.rows.rows(keys) }
    return all
  }

  /// A row as it is now, given how it was before the group; nil where there is none.
  func row(_ row: RowID, ahead: RowBytes?) throws(RelayError) -> StoredRow? {
    try (memory?.written[row] ?? ahead).map { (bytes) throws(RelayError) in try decode(bytes) }
  }
}
