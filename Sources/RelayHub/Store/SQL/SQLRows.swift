internal import RelayProtocol

struct SQLRows: RowStore {
  let db: any HubSQL

  private static let select =
    """
    SELECT id, tbl, key, seq, parent_tbl, parent, scopes, homes, orphan, shape, vals, stamps, alive, flags FROM row
    """

  func rows(_ keys: [RowID]) throws(RelayError) -> [RowBytes?] {
    var list = [RowBytes?](repeating: nil, count: keys.count)
    guard db.dialect.joinsValues else {
      try db.each(Self.select + " WHERE tbl = $1 AND key = $2", many: keys.map { Value.row($0) }) {
        (at, row) throws(RelayError) in list[at] = try Self.bytes(row)
      }
      return list
    }
    var start = 0
    for (count, sql) in Self.joins {
      while keys.count - start >= count {
        let places = (start..<start + count).flatMap { [.integer(Int64($0))] + Value.row(keys[$0]) }
        try db.each(sql, places) { (row) throws(RelayError) in list[Int(row.int(14))] = try Self.bytes(row) }
        start += count
      }
    }
    return list
  }

  /// The look-up of so many keys by one statement; the last column says which key it was.
  private static let joins = [64, 16, 4, 1].map { count in
    let keys = (0..<count).map { "($\($0 * 3 + 1), $\($0 * 3 + 2), $\($0 * 3 + 3))" }.joined(separator: ", ")
    return (
      count,
      """
      SELECT id, tbl, key, seq, parent_tbl, parent, scopes, homes, orphan, shape, vals, stamps, alive, flags, k.column1
      FROM (VALUES \(keys)) k CROSS JOIN row ON tbl = k.column2 AND key = k.column3
      """
    )
  }

  func row(_ id: Int64) throws(RelayError) -> RowBytes? {
    try db.first(Self.select + " WHERE id = $1", [.integer(id)], Self.bytes)
  }

  func children(of rows: [RowID]) throws(RelayError) -> [RowBytes] {
    var list: [RowBytes] = []
    try db.each(
      Self.select + " WHERE parent_tbl = $1 AND parent = $2 ORDER BY tbl, key", many: rows.map { Value.row($0) }
    ) { (_, row) throws(RelayError) in list.append(try Self.bytes(row)) }
    return list
  }

  private static func bytes(_ row: any SQLRow) throws(RelayError) -> RowBytes {
    RowBytes(
      id: row.int(0), row: try row.rowID(1, 2), seq: try row.seq(3), isAlive: row.int(12) != 0,
      parent: row.isNull(4) ? nil : try row.rowID(4, 5), scopes: row.blob(6), homes: row.blob(7),
      isOrphan: row.int(8) != 0, flags: StoredForm.Flags(rawValue: row.int(13)), shape: row.int(9),
      values: row.blob(10), stamps: row.blob(11))
  }

  func newestID() throws(RelayError) -> Int64 { try db.number("SELECT max(id) FROM row") ?? 0 }

  func put(_ row: RowBytes, isNew: Bool) throws(RelayError) {
    let values: [Value] = [
      .integer(Int64(row.row.table)), .blob(row.row.key), .seq(row.seq), .flag(row.isAlive),
      row.parent.map { .integer(Int64($0.table)) } ?? .null, row.parent.map { .blob($0.key) } ?? .null,
      .blob(row.scopes), .blob(row.homes), .flag(row.isOrphan), .integer(row.flags.rawValue), .integer(row.shape),
      .blob(row.values), .blob(row.stamps), .integer(row.id),
    ]
    if isNew {
      try db.run(
        """
        INSERT INTO row(tbl, key, seq, alive, parent_tbl, parent, scopes, homes, orphan, flags, shape, vals, stamps, id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        """, values)
    } else {
      try db.run(
        """
        UPDATE row SET tbl = $1, key = $2, seq = $3, alive = $4, parent_tbl = $5, parent = $6, scopes = $7,
        homes = $8, orphan = $9, flags = $10, shape = $11, vals = $12, stamps = $13 WHERE id = $14
        """, values)
    }
  }
}

/// Where rows lie.
extension SQLRows {
  func scopeID(_ name: String) throws(RelayError) -> Int64? {
    try db.number("SELECT id FROM scope WHERE name = $1", [.text(name)])
  }

  func addScope(_ name: String) throws(RelayError) -> Int64 {
    db.writes += 1
    let id = try db.number(
      "INSERT INTO scope(id, name) SELECT coalesce(max(id), 0) + 1, $1 FROM scope RETURNING id", [.text(name)])
    guard let id else {
      throw RelayError(.invariant, "a scope without a number")
    }
    return id
  }

  func addPlace(_ row: Int64, scope: Int64, seq: UInt64) throws(RelayError) {
    try db.run("INSERT INTO feed VALUES ($1, $2, $3)", [.integer(scope), .seq(seq), .integer(row)])
  }

  func removePlace(_ row: Int64, scope: Int64, seq: UInt64) throws(RelayError) {
    try db.run(
      "DELETE FROM feed WHERE scope = $1 AND seq = $2 AND row = $3", [.integer(scope), .seq(seq), .integer(row)])
  }

  func putExit(_ row: RowID, scope: String, seq: UInt64) throws(RelayError) {
    try db.run(
      """
      INSERT INTO exits VALUES ($1, $2, $3, $4) ON CONFLICT (scope, tbl, key) DO UPDATE SET seq = excluded.seq
      """, [.text(scope)] + Value.row(row) + [.seq(seq)])
  }

  func exits(of row: RowID) throws(RelayError) -> [RowExit] {
    try db.query(
      "SELECT e.scope, e.seq, t.received FROM exits e JOIN txn t ON t.seq = e.seq WHERE e.tbl = $1 AND e.key = $2",
      Value.row(row)
    ) { (row) throws(RelayError) in RowExit(scope: row.text(0), seq: try row.seq(1), received: row.int(2)) }
  }
}

/// Counters, and unique keys.
extension SQLRows {
  func increments(
    _ row: Int64, _ group: GroupID, _ seqs: ClosedRange<UInt64>, most: Int
  ) throws(RelayError) -> [CellWrite] {
    try db.query(
      """
      SELECT seq, replica, n, eff, delta FROM increment WHERE row = $1 AND grp = $2 AND seq BETWEEN $3 AND $4
      ORDER BY seq DESC LIMIT $5
      """,
      [
        .integer(row), .integer(Int64(group)), .seq(seqs.lowerBound), .seq(seqs.upperBound), .integer(Int64(most)),
      ]
    ) { (row) throws(RelayError) in
      CellWrite(
        dot: try row.dot(1, 2), seq: try row.seq(0), effective: HybridTime(bits: row.bits(3)), value: .delta(row.int(4))
      )
    }
  }

  func addIncrement(_ write: CellWrite, delta: Int64, _ row: Int64, _ group: GroupID) throws(RelayError) {
    try db.run(
      "INSERT INTO increment VALUES ($1, $2, $3, $4, $5, $6, $7)",
      [.integer(row), .integer(Int64(group)), .seq(write.seq)] + Value.dot(write.dot)
        + [.bits(write.effective.bits), .integer(delta)])
  }

  func removeIncrement(_ row: Int64, _ group: GroupID, seq: UInt64) throws(RelayError) {
    try db.run(
      "DELETE FROM increment WHERE row = $1 AND grp = $2 AND seq = $3",
      [.integer(row), .integer(Int64(group)), .seq(seq)])
  }

  func holder(_ key: StoredKey) throws(RelayError) -> Int64? {
    try db.number("SELECT row FROM taken WHERE tbl = $1 AND list = $2 AND value = $3", Self.values(key))
  }

  func take(_ key: StoredKey, by row: Int64) throws(RelayError) {
    try db.run("INSERT INTO taken VALUES ($1, $2, $3, $4)", Self.values(key) + [.integer(row)])
  }

  func release(_ key: StoredKey, by row: Int64) throws(RelayError) {
    try db.run(
      "DELETE FROM taken WHERE tbl = $1 AND list = $2 AND value = $3 AND row = $4", Self.values(key) + [.integer(row)])
  }

  /// Version 4 began with long values as they are, and came to keep them by their hash without saying so: who holds one
  /// would not be found.
  func shortenKeys() throws(RelayError) {
    let long = try db.query(
      "SELECT tbl, list, value, row FROM taken WHERE length(value) > $1", [.integer(Int64(StoredKey.longest))]
    ) { (row) throws(RelayError) in
      (key: StoredKey(table: try row.table(0), list: Int(row.int(1)), value: row.blob(2)), row: row.int(3))
    }
    for (key, row) in long {
      try release(key, by: row)
      try take(StoredKey(table: key.table, list: key.list, value: sha256(key.value)), by: row)
    }
  }

  private static func values(_ key: StoredKey) -> [Value] {
    [.integer(Int64(key.table)), .integer(Int64(key.list)), .blob(key.value)]
  }
}
