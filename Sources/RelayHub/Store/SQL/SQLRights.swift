internal import RelayProtocol

struct SQLRights: RightsStore {
  let db: any HubSQL

  /// What a span of a grant is about, in the store.
  private static let (reading, writing): (Int64, Int64) = (0, 1)

  func changes() throws(RelayError) -> UInt64 { try Count.of(try db.number("SELECT changes FROM rights") ?? 0) }

  func changed() throws(RelayError) { try db.run("UPDATE rights SET changes = changes + 1") }

  func newest(_ device: Int64) throws(RelayError) -> Int64 {
    try db.number("SELECT max(n) FROM rights_change WHERE device = $1", [.integer(device)]) ?? 0
  }

  func change(_ device: Int64, _ number: Int64) throws(RelayError) -> RightsChange? {
    let place: [Value] = [.integer(device), .integer(number)]
    let found = try db.first("SELECT seq, at, role FROM rights_change WHERE device = $1 AND n = $2", place) {
      (row) throws(RelayError) in
      RightsChange(number: number, seq: try row.seq(0), time: row.int(1), role: row.text(2), readable: [])
    }
    guard var change = found else { return nil }
    change.readable = try db.query(
      """
      SELECT scope FROM grant_span WHERE device = $1 AND kind = 0 AND first <= $2 AND (last IS NULL OR last >= $2)
      ORDER BY scope
      """, place
    ) { (row) in row.text(0) }
    return change
  }

  func firstChange(_ device: Int64, after number: Int64, notBefore time: Int64) throws(RelayError) -> Int64? {
    try db.number(
      "SELECT min(n) FROM rights_change WHERE device = $1 AND n > $2 AND at >= $3",
      [.integer(device), .integer(number), .integer(time)])
  }

  func roles(_ device: Int64, since number: Int64) throws(RelayError) -> [String] {
    try db.query(
      "SELECT role FROM rights_change WHERE device = $1 AND n >= $2", [.integer(device), .integer(number)]
    ) { (row) in row.text(0) }
  }

  func spans(_ device: Int64, since number: Int64) throws(RelayError) -> [GrantSpan] {
    try db.query(
      """
      SELECT s.scope, s.kind, c.seq FROM grant_span s JOIN rights_change c ON c.device = s.device AND c.n = s.first
      WHERE s.device = $1 AND (s.last IS NULL OR s.last >= $2)
      """, [.integer(device), .integer(number)]
    ) { (row) throws(RelayError) in
      GrantSpan(scope: row.text(0), isWritable: row.int(1) == Self.writing, seq: try row.seq(2))
    }
  }

  func add(_ change: RightsChange, writable: [String], to device: Int64) throws(RelayError) {
    try db.run(
      "INSERT INTO rights_change VALUES ($1, $2, $3, $4, $5)",
      [.integer(device), .integer(change.number), .seq(change.seq), .integer(change.time), .text(change.role)])
    for (kind, scopes) in [(Self.reading, change.readable), (Self.writing, writable)] {
      let place: [Value] = [.integer(device), .integer(kind)]
      let open = try db.query(
        "SELECT scope FROM grant_span WHERE device = $1 AND kind = $2 AND last IS NULL", place
      ) { (row) in row.text(0) }
      let (wanted, kept) = (Set(scopes), Set(open))
      for scope in open where !wanted.contains(scope) {
        try db.run(
          "UPDATE grant_span SET last = $1 WHERE device = $2 AND kind = $3 AND scope = $4 AND last IS NULL",
          [.integer(change.number - 1)] + place + [.text(scope)])
      }
      for scope in scopes where !kept.contains(scope) {
        try db.run(
          "INSERT INTO grant_span VALUES ($1, $2, $3, $4, NULL)", place + [.text(scope), .integer(change.number)])
      }
    }
  }

  // MARK: Replicas

  func replica(_ id: ReplicaID) throws(RelayError) -> ReplicaRecord? {
    try db.first("SELECT device, n, hash, named, known FROM replica WHERE id = $1", [.bits(id.bits)]) {
      (row) throws(RelayError) in
      ReplicaRecord(
        device: row.int(0), count: try row.seq(1), last: row.hash(2), named: try row.seq(3), known: row.int(4))
    }
  }

  func known(by device: Int64) throws(RelayError) -> (named: UInt64, known: Int64) {
    let found = try db.first(
      "SELECT coalesce(max(named), 0), coalesce(max(known), 1) FROM replica WHERE device = $1", [.integer(device)]
    ) { (row) throws(RelayError) in (named: try row.seq(0), known: row.int(1)) }
    return found ?? (0, 1)
  }

  func add(_ replica: ReplicaRecord, _ id: ReplicaID) throws(RelayError) {
    try db.run(
      """
      INSERT INTO replica(id, device, n, hash, named, known) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING
      """, Self.values(id, replica))
  }

  static func values(_ id: ReplicaID, _ replica: ReplicaRecord) -> [Value] {
    [
      .bits(id.bits), .integer(replica.device), .seq(replica.count), .blob(replica.last.bytes), .seq(replica.named),
      .integer(replica.known),
    ]
  }

  func set(named: UInt64, known: Int64, of id: ReplicaID, _ device: Int64) throws(RelayError) {
    try db.run(
      "UPDATE replica SET named = $1, known = $2 WHERE id = $3 AND device = $4",
      [.seq(named), .integer(known), .bits(id.bits), .integer(device)])
  }

  func give(_ id: ReplicaID, to device: Int64, known: Int64) throws(RelayError) {
    try db.run(
      "UPDATE replica SET device = $1, known = $2 WHERE id = $3",
      [.integer(device), .integer(known), .bits(id.bits)])
  }
}
