internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// What Relay keeps of single rows beside their tables.
struct RowMark: OptionSet, Sendable {
  let rawValue: Int64

  /// Own transactions touch it.
  static let pending = RowMark(rawValue: 1)
  static let image = RowMark(rawValue: 2)
  static let held = RowMark(rawValue: 4)
  static let dead = RowMark(rawValue: 8)
  /// Conflicts and messages about it.
  static let inbox = RowMark(rawValue: 16)
  static let localOnly = RowMark(rawValue: 32)
  static let all = RowMark(rawValue: 63)

  static let tables: [(mark: RowMark, name: String)] = [
    (.pending, "relay_pending"), (.image, "relay_image"), (.held, "relay_held"), (.dead, "relay_dead"),
    (.inbox, "relay_inbox"), (.localOnly, "relay_alone"),
  ]
}

/// The same of one row, for who asks now and then.
final class RowMarkStore {
  private let db: Database
  private let anyMark = Command(
    RowMark.tables.filter { [.image, .pending, .dead, .localOnly].contains($0.mark) }
      .map { "SELECT 1 FROM \($0.name) WHERE tbl = ?1 AND key = ?2" }.joined(separator: " UNION ALL "))

  init(_ db: Database) { self.db = db }

  /// Is there nothing of it that says what its author knows of it?
  func isUnmarked(_ row: RowID) throws(RelayError) -> Bool { try !db.holds(anyMark, row.bindings) }
}

/// Tells of a row which bookkeeping there is, by one query over the tables that are not empty: mostly all of them are,
/// and a row of a large pull costs nothing.
final class RowMarks {
  private let db: Database
  private var filled: RowMark = []
  private var query: PreparedStatement?

  init(_ db: Database) throws(RelayError) {
    self.db = db
    filled = try RowMarks.filled(db)
    try prepare()
  }

  /// Which of the tables are not empty.
  static func filled(_ db: Database) throws(RelayError) -> RowMark {
    var filled: RowMark = []
    for (mark, name) in RowMark.tables where try db.first("SELECT 1 FROM \(name) LIMIT 1") != nil {
      filled.insert(mark)
    }
    return filled
  }

  /// Something was written into this table since.
  func fill(_ mark: RowMark) throws(RelayError) {
    guard !filled.contains(mark) else { return }
    filled.insert(mark)
    try prepare()
  }

  private func prepare() throws(RelayError) {
    let terms = RowMark.tables.filter { filled.contains($0.mark) }.map { mark, name in
      "EXISTS (SELECT 1 FROM \(name) WHERE tbl = ?1 AND key = ?2) * \(mark.rawValue)"
    }
    query = terms.isEmpty ? nil : try db.prepared("SELECT " + terms.joined(separator: " + "))
  }

  /// - Parameter key: a row's key as CBOR.
  func marks(_ table: UInt32, _ key: UnsafeRawBufferPointer) throws(RelayError) -> RowMark {
    guard query != nil else { return [] }
    return try query!.ask(Int64(table), key)
  }
}

extension PreparedStatement {
  fileprivate func ask(_ table: Int64, _ key: UnsafeRawBufferPointer) throws(RelayError) -> RowMark {
    bind(1, table)
    bind(2, blob: key)
    _ = try step()
    let marks = RowMark(rawValue: int(0))
    reset()
    return marks
  }
}
