internal import RelayProtocol

/// What came into scopes and what left them, in the hub's order.
protocol FeedStore {
  /// Rows of a scope behind a place, ascending; of everything where the scope is `*`.
  ///
  /// - Returns: at most `most`; fewer only where there are no more.
  /// - Complexity: O(most), whatever the scope holds.
  func feed(_ scope: String, after place: FeedPlace, most: Int) throws(RelayError) -> [FeedRow]

  /// Rows of a table behind a key, ascending by key; their places are those of their last changes.
  ///
  /// - Complexity: O(most).
  func rows(of table: UInt32, after key: [UInt8], most: Int) throws(RelayError) -> [FeedRow]

  /// How many rows a scope holds, counted up to a limit.
  func rowCount(_ scope: String, upTo most: Int) throws(RelayError) -> Int

  /// Rows that left a scope after a seq, counted up to a limit.
  func exitCount(_ scope: String, after seq: UInt64, upTo most: Int) throws(RelayError) -> Int

  /// Rows that left a scope after a seq.
  func exits(_ scope: String, after seq: UInt64) throws(RelayError) -> [RowID]

  func totals() throws(RelayError) -> StoreTotals
}

/// Rows that are alive, entries that are open, and devices that were not revoked.
struct StoreTotals {
  var rows: UInt64
  var openEntries: UInt64
  var devices: UInt64
}

/// A place in a feed: rows stand at the seq of their last change or entry, and those of one seq as the store numbers them.
struct FeedPlace: Comparable {
  var seq: UInt64
  var row: Int64

  static let start = FeedPlace(seq: 0, row: 0)

  /// Behind everything that stands at `seq`.
  static func after(_ seq: UInt64) -> FeedPlace { FeedPlace(seq: seq, row: .max) }

  static func < (a: FeedPlace, b: FeedPlace) -> Bool { a.seq == b.seq ? a.row < b.row : a.seq < b.seq }
}

/// A row as a feed brings it: in the store's bytes, which mostly need not be taken apart.
struct FeedRow {
  var place: FeedPlace
  var row: RowID
  /// The seq of the last transaction that wrote it for people to see.
  var changed: UInt64
  var isAlive: Bool
  var isOrphan: Bool
  var flags: StoredForm.Flags
  /// Which columns `values` has (`SettingStore.columns`).
  var shape: Int64
  /// As `StoredRow.scopes`, encoded.
  var scopes: [UInt8]
  var values: [UInt8]
  var stamps: [UInt8]
}
