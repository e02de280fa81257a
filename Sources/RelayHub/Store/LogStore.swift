internal import RelayProtocol

/// Transactions in the hub's order, and what is kept of those that were refused.
protocol LogStore {
  /// The newest seq; 0 before the first transaction.
  func head() throws(RelayError) -> UInt64
  /// The log's hash after a seq; nil for one that this hub never gave.
  func logHash(_ seq: UInt64) throws(RelayError) -> Hash128?
  func record(_ dot: Dot) throws(RelayError) -> TransactionRecord?
  func record(at seq: UInt64) throws(RelayError) -> TransactionRecord?
  /// The nearest that is called by a lower counter of the same replica, or by a higher one.
  func neighbour(before dot: Dot) throws(RelayError) -> TransactionRecord?
  func neighbour(after dot: Dot) throws(RelayError) -> TransactionRecord?
  /// Records of the dots in a set that have a verdict, ascending by seq.
  func records(_ set: DotSet) throws(RelayError) -> [TransactionRecord]
  /// One of a device's refused transactions in a set whose seq lies in a range; nil where there is none.
  func refused(
    in set: DotSet, of device: Int64, after low: UInt64, upTo high: UInt64
  ) throws(RelayError) -> Dot?
  /// What a transaction's base counts for in the history of now; nil for a seq that this hub never gave.
  func base(at seq: UInt64) throws(RelayError) -> UInt64?
  /// - Parameter most: of how many bytes; nil where it is larger, or not kept any more.
  func body(_ seq: UInt64, most: Int) throws(RelayError) -> [UInt8]?
  /// Puts the next transaction at the end of the order.
  func append(_ record: TransactionRecord, base: UInt64, log: Hash128, body: [UInt8]) throws(RelayError)
  /// Says how far a replica's chain has come.
  func advance(_ id: ReplicaID, to head: ReplicaRecord) throws(RelayError)

  /// Transactions that wrote a row before a seq, newest first; those of one device where it is given.
  func writers(
    of row: Int64, before seq: UInt64, by device: Int64?, most: Int
  ) throws(RelayError) -> [(seq: UInt64, dot: Dot)]
  /// Of all that wrote a row, and of what the device was refused about its key: seqs before one, descending.
  func history(
    of row: Int64?, _ key: RowID, refusedTo device: Int64, before seq: UInt64, most: Int
  ) throws(RelayError) -> [UInt64]
  func addHistory(_ row: Int64, seq: UInt64) throws(RelayError)

  /// Keeps a refused transaction: its rows' keys, and its bytes on the device's account.
  func addRefused(_ seq: UInt64, _ rows: [RowID], bytes: Int, _ device: Int64) throws(RelayError)
  func refusedBytes(_ device: Int64) throws(RelayError) -> UInt64
  /// Seqs of a device's refused transactions whose bodies are kept, ascending.
  func refused(of device: Int64, most: Int) throws(RelayError) -> [UInt64]
  /// Of a device, or of all where it is nil, the newest first.
  func refused(before seq: UInt64, of device: Int64?, most: Int) throws(RelayError) -> [(seq: UInt64, bytes: Int)]
  func refused(receivedBefore time: Int64, most: Int) throws(RelayError) -> [(seq: UInt64, device: Int64)]
  /// Drops a refused transaction's body and what leads to it.
  func forgetRefused(_ seq: UInt64, _ rows: [RowID], _ device: Int64) throws(RelayError)

  /// Was anything of this device ever refused?
  func hasMarks(_ device: Int64) throws(RelayError) -> Bool
  /// What a row's next operation is held against (rule 18), newest first.
  func marks(_ row: RowID, _ device: Int64, most: Int) throws(RelayError) -> [StandingMark]
  func addMark(_ mark: StandingMark, _ row: RowID, seq: UInt64, _ device: Int64) throws(RelayError)
}

/// The small record that the hub keeps of every transaction for ever (rule 3).
struct TransactionRecord {
  var verdict: Verdict
  var hash: Hash128
  var device: Int64
  var author: String
  /// Milliseconds since 1970.
  var received: Int64
}

/// A refused insert or delete of a device, or an accepted one after it.
struct StandingMark {
  var dot: Dot
  var kind: Int64
  var isRefused: Bool
}
