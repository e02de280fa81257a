internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// A confirmed image that the replica keeps beside the table.
struct Image {
  enum State: Int64 {
    /// The row has pending work on it.
    case underWork = 0
    /// The row left this device's scopes; it stays readable until its pending work is judged.
    case left = 1
    /// This file's constraints refuse the newer image; the table shows this older one.
    case held = 2
  }

  var values: [Value]?
  var stamps: [Cell] = []
  /// The seq at which the image was valid.
  var base: UInt64
  var state: State = .underWork
  /// The seq that the table shows for it, where a column does.
  var seq: UInt64?
}

/// `relay_image` and `relay_held`: confirmed rows that are not what their table shows.
final class ImageStore {
  let db: Database
  private let find = Command(
    "SELECT \(validAt), state, image, stamps, seq FROM relay_image WHERE tbl = ? AND key = ?")
  // A row that left before there was an image of it was never confirmed here.
  private let baseOf = Command(
    "SELECT \(validAt) FROM relay_image WHERE tbl = ? AND key = ? AND (state <> 1 OR image IS NOT NULL OR base > 0)")
  private let underWork = Command("SELECT \(validAt) FROM relay_image WHERE tbl = ? AND key = ? AND state = 0")
  private let put = Command(
    "INSERT OR REPLACE INTO relay_image (tbl, key, base, state, image, stamps, seq) VALUES (?, ?, ?, ?, ?, ?, ?)")
  private let add = Command(
    "INSERT INTO relay_image (tbl, key, base, state, image, seq) VALUES (?, ?, ?, 0, ?, ?)")
  private let drop = Command("DELETE FROM relay_image WHERE tbl = ? AND key = ?")
  private let anyLeft = Command("SELECT 1 FROM relay_image WHERE state = 1 LIMIT 1")
  private let findHeld = Command("SELECT image, stamps, seq FROM relay_held WHERE tbl = ? AND key = ?")

  /// The seq at which an image was valid. A row under work is valid wherever the replica stands: `base` says when it was
  /// written, so that an install has nothing to write of rows that it does not touch, however many of them are under work.
  private static let validAt =
    "CASE state WHEN 0 THEN max(base, (SELECT s.base FROM relay_state AS s)) ELSE base END"

  /// For a statement that somebody keeps: a row's image, and forgetting it.
  static let stateAndImage = "SELECT state, image FROM relay_image WHERE tbl = ?1 AND key = ?2"
  static let forget = "DELETE FROM relay_image WHERE tbl = ?1 AND key = ?2"

  static let ddl = """
    -- Confirmed images of rows with pending work, and of rows that left or that a constraint keeps out.
    CREATE TABLE IF NOT EXISTS relay_image (
      tbl INTEGER NOT NULL, key BLOB NOT NULL, base INTEGER NOT NULL, state INTEGER NOT NULL, image BLOB, stamps BLOB,
      seq INTEGER, PRIMARY KEY (tbl, key)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS relay_image_left ON relay_image (state) WHERE state = 1;
    CREATE INDEX IF NOT EXISTS relay_image_base ON relay_image (base) WHERE state > 0;
    -- Confirmed rows that this file's own constraints refuse.
    CREATE TABLE IF NOT EXISTS relay_held (
      tbl INTEGER NOT NULL, key BLOB NOT NULL, image BLOB NOT NULL, stamps BLOB NOT NULL, reason TEXT NOT NULL,
      seq INTEGER, PRIMARY KEY (tbl, key)) WITHOUT ROWID;
    """

  init(_ db: Database) { self.db = db }

  // MARK: Images

  /// For rows in their thousands.
  func writer() throws(RelayError) -> ImageWriter { try ImageWriter(db) }

  func image(_ row: RowID, _ table: TableSchema) throws(RelayError) -> Image? {
    var found: Image?
    try db.run(find, row.bindings) { (row) throws(RelayError) in
      guard let state = Image.State(rawValue: row.int(1)) else {
        throw RelayError(.corrupt, "\(self.db.path): relay_image has a state of \(row.int(1))")
      }
      var image = Image(base: UInt64(max(0, row.int(0))), state: state)
      if case .blob(let bytes) = row[2] { image.values = try RowBlob.decode(bytes, table) }
      if case .blob(let bytes) = row[3] { image.stamps = try RowBlob.cells(bytes) }
      image.seq = row[4].integer.map { UInt64(max(0, $0)) }
      found = image
      return false
    }
    return found
  }

  /// The seq at which a row's image was valid; nil where this file holds no confirmed one.
  func base(_ row: RowID) throws(RelayError) -> UInt64? {
    try db.first(baseOf, row.bindings).map { UInt64(max(0, $0[0].integer ?? 0)) }
  }

  /// The same of a row with pending work on it.
  func baseUnderWork(_ row: RowID) throws(RelayError) -> UInt64? {
    try db.first(underWork, row.bindings).map { UInt64(max(0, $0[0].integer ?? 0)) }
  }

  func save(_ image: Image, _ row: RowID, _ table: TableSchema) throws(RelayError) {
    try db.execute(
      put,
      row.bindings + [
        Value(image.base), .integer(image.state.rawValue),
        image.values.map { .blob(RowBlob.encode($0, table)) } ?? .null,
        image.stamps.isEmpty ? .null : .blob(RowBlob.encode(cells: image.stamps)),
        image.seq.map { Value($0) } ?? .null,
      ])
  }

  /// The image of a row of which none is kept yet, from the bytes of its values.
  func add(
    _ values: borrowing EncodedValues, _ table: TableSchema, _ key: UnsafeRawBufferPointer, base: UInt64
  ) throws(RelayError) {
    let seq = table.shownSeq(values).map { Value.integer($0) } ?? .null
    try db.execute(
      add,
      [.integer(Int64(table.id)), .blob(Array(key)), Value(base), .blob(RowBlob.encode(values, table)), seq])
  }

  func remove(_ row: RowID) throws(RelayError) { try db.execute(drop, row.bindings) }

  /// Is there a row that left and is still shown?
  func hasLeft() throws(RelayError) -> Bool { try db.first(anyLeft) != nil }

  /// The least base of a row that left or is held; nil where there is none. Rows under work are at the replica's own.
  ///
  /// - Complexity: O(1).
  func leastBase() throws(RelayError) -> UInt64? {
    if Mutation.isPlanted(.floorPending) { return nil }
    return try db.first("SELECT min(base) FROM relay_image WHERE state > 0")?[0].integer.map { UInt64(max(0, $0)) }
  }

  /// The older image of a held row says nothing of columns that were not known when it was pulled.
  func forgetBasesOfHeld() throws(RelayError) { try db.execute("UPDATE relay_image SET base = 0 WHERE state = 2") }

  // MARK: Held rows

  func held(_ row: RowID, _ table: TableSchema) throws(RelayError)
    -> (values: [Value], stamps: [Cell], seq: UInt64?)?
  {
    var found: (values: [Value], stamps: [Cell], seq: UInt64?)?
    try db.run(findHeld, row.bindings) { (row) throws(RelayError) in
      let seq = row[2].integer.map { UInt64(max(0, $0)) }
      found = (try RowBlob.decode(row.blob(0), table), try RowBlob.cells(row.blob(1)), seq)
      return false
    }
    return found
  }

  func hold(
    _ row: RowID, _ table: TableSchema, _ values: [Value], _ stamps: [Cell], seq: UInt64?, _ reason: String
  ) throws(RelayError) {
    try db.execute(
      "INSERT OR REPLACE INTO relay_held (tbl, key, image, stamps, reason, seq) VALUES (?, ?, ?, ?, ?, ?)",
      row.bindings + [
        .blob(RowBlob.encode(values, table)), .blob(RowBlob.encode(cells: stamps)), .text(reason),
        seq.map { Value($0) } ?? .null,
      ])
  }

  func release(_ row: RowID) throws(RelayError) {
    try db.execute("DELETE FROM relay_held WHERE tbl = ? AND key = ?", row.bindings)
  }

  func heldRows() throws(RelayError) -> [RowID] {
    try db.query("SELECT tbl, key FROM relay_held ORDER BY tbl, key") { (row) throws(RelayError) in
      RowID(table: UInt32(truncatingIfNeeded: row.int(0)), key: row.blob(1))
    }
  }

  /// Why the file does not take a row; nil where it does.
  func reason(_ row: RowID) throws(RelayError) -> String? {
    try db.first("SELECT reason FROM relay_held WHERE tbl = ? AND key = ?", row.bindings)?[0].text
  }

  // MARK: Rows that their table does not tell of

  /// Rows of a table that are held, deleted here, or asked about as a whole.
  func besideTheTable(_ table: UInt32) throws(RelayError) -> Set<RowID> {
    try keys(
      """
      SELECT key FROM relay_held WHERE tbl = ?1 UNION SELECT key FROM relay_image WHERE tbl = ?1
      UNION SELECT key FROM relay_inbox WHERE tbl = ?1 AND kind = 'conflict'
      """, table)
  }

  /// Rows of which the table may show something else than what is confirmed.
  func unlikeTheTable(_ table: UInt32) throws(RelayError) -> Set<RowID> {
    try keys(
      """
      SELECT key FROM relay_image WHERE tbl = ?1 UNION SELECT key FROM relay_held WHERE tbl = ?1
      UNION SELECT key FROM relay_pending WHERE tbl = ?1 UNION SELECT key FROM relay_alone WHERE tbl = ?1
      """, table)
  }

  private func keys(_ sql: String, _ table: UInt32) throws(RelayError) -> Set<RowID> {
    Set(
      try db.query(sql, [.integer(Int64(table))]) { (row) throws(RelayError) in
        RowID(table: table, key: row.blob(0))
      })
  }
}

extension RowID {
  /// For `tbl = ? AND key = ?`.
  var bindings: [Value] { [.integer(Int64(table)), .blob(key)] }
}
