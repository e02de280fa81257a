internal import RelayProtocol

/// Rows by key, where they lie, what they were counted, and which keys they take.
protocol RowStore {
  /// - Returns: in the order asked for; nil where there is none.
  func rows(_ keys: [RowID]) throws(RelayError) -> [RowBytes?]
  func row(_ id: Int64) throws(RelayError) -> RowBytes?
  /// Parent after parent, those of one ascending by table and key.
  func children(of rows: [RowID]) throws(RelayError) -> [RowBytes]
  /// The greatest number that a row has.
  func newestID() throws(RelayError) -> Int64
  /// Writes a row under its number.
  func put(_ row: RowBytes, isNew: Bool) throws(RelayError)

  /// A scope's number; nil for a name that no row ever had.
  func scopeID(_ name: String) throws(RelayError) -> Int64?
  func addScope(_ name: String) throws(RelayError) -> Int64
  func addPlace(_ row: Int64, scope: Int64, seq: UInt64) throws(RelayError)
  func removePlace(_ row: Int64, scope: Int64, seq: UInt64) throws(RelayError)
  /// Remembers that a row left a scope, the last time it did.
  func putExit(_ row: RowID, scope: String, seq: UInt64) throws(RelayError)
  /// Scopes that a row has left, each with the seq and when that was received.
  func exits(of row: RowID) throws(RelayError) -> [RowExit]

  /// A counter's live increments, newest first.
  func increments(
    _ row: Int64, _ group: GroupID, _ seqs: ClosedRange<UInt64>, most: Int
  ) throws(RelayError) -> [CellWrite]
  func addIncrement(_ write: CellWrite, delta: Int64, _ row: Int64, _ group: GroupID) throws(RelayError)
  func removeIncrement(_ row: Int64, _ group: GroupID, seq: UInt64) throws(RelayError)

  /// The row that holds a unique key.
  func holder(_ key: StoredKey) throws(RelayError) -> Int64?
  func take(_ key: StoredKey, by row: Int64) throws(RelayError)
  func release(_ key: StoredKey, by row: Int64) throws(RelayError)
}

/// A row in the store's bytes.
struct RowBytes {
  /// 0 before it has one.
  var id: Int64
  var row: RowID
  var seq: UInt64
  var isAlive: Bool
  var parent: RowID?
  var scopes: [UInt8]
  var homes: [UInt8]
  var isOrphan: Bool
  var flags: StoredForm.Flags
  var shape: Int64
  var values: [UInt8]
  var stamps: [UInt8]
}

struct RowExit {
  var scope: String
  var seq: UInt64
  /// Milliseconds since 1970.
  var received: Int64
}

/// A value of one of a table's lists of unique columns.
struct StoredKey {
  var table: UInt32
  var list: Int
  var value: [UInt8]
}
