internal import RelayProtocol

/// What was refused.
extension SQLLog {
  func addRefused(_ seq: UInt64, _ rows: [RowID], bytes: Int, _ device: Int64) throws(RelayError) {
    for row in rows {
      try db.run("INSERT INTO attempt VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", Value.row(row) + [.seq(seq)])
    }
    let size = Value.integer(Int64(clamping: bytes))
    try db.run("INSERT INTO refused VALUES ($1, $2, $3)", [.integer(device), .seq(seq), size])
    try db.run("UPDATE device SET refused = refused + $1 WHERE id = $2", [size, .integer(device)])
  }

  func refusedBytes(_ device: Int64) throws(RelayError) -> UInt64 {
    try Count.of(try db.number("SELECT refused FROM device WHERE id = $1", [.integer(device)]) ?? 0)
  }

  func refused(of device: Int64, most: Int) throws(RelayError) -> [UInt64] {
    try db.query(
      "SELECT seq FROM refused WHERE device = $1 ORDER BY seq LIMIT $2", [.integer(device), .integer(Int64(most))]
    ) { (row) throws(RelayError) in try row.seq(0) }
  }

  func refused(
    in set: DotSet, of device: Int64, after low: UInt64, upTo high: UInt64
  ) throws(RelayError) -> Dot? {
    for interval in set.intervals {
      let found = try db.first(
        """
        SELECT replica, n FROM txn WHERE replica = $1 AND n BETWEEN $2 AND $3 AND accepted = 0 AND device = $4
          AND seq > $5 AND seq <= $6 ORDER BY n LIMIT 1
        """,
        [
          .bits(interval.replica.bits), .seq(interval.low), .seq(interval.high), .integer(device), .seq(low),
          .seq(high),
        ]
      ) { (row) throws(RelayError) in try row.dot(0, 1) }
      if let found { return found }
    }
    return nil
  }

  func refused(before seq: UInt64, of device: Int64?, most: Int) throws(RelayError) -> [(seq: UInt64, bytes: Int)] {
    try db.query(
      """
      SELECT seq, bytes FROM refused WHERE seq < $1 \(device == nil ? "" : "AND device = $2")
      ORDER BY seq DESC LIMIT \(most)
      """, [.seq(seq)] + (device.map { [.integer($0)] } ?? [])
    ) { (row) throws(RelayError) in (seq: try row.seq(0), bytes: Int(row.int(1))) }
  }

  func refused(receivedBefore time: Int64, most: Int) throws(RelayError) -> [(seq: UInt64, device: Int64)] {
    try db.query(
      "SELECT r.seq, r.device FROM refused r JOIN txn t ON t.seq = r.seq WHERE t.received < $1 LIMIT $2",
      [.integer(time), .integer(Int64(most))]
    ) { (row) throws(RelayError) in (seq: try row.seq(0), device: row.int(1)) }
  }

  func forgetRefused(_ seq: UInt64, _ rows: [RowID], _ device: Int64) throws(RelayError) {
    for row in rows {
      try db.run("DELETE FROM attempt WHERE tbl = $1 AND key = $2 AND seq = $3", Value.row(row) + [.seq(seq)])
    }
    try db.run("DELETE FROM body WHERE seq = $1", [.seq(seq)])
    let place: [Value] = [.integer(device), .seq(seq)]
    try db.run(
      """
      UPDATE device SET refused = refused - (SELECT bytes FROM refused WHERE device = $1 AND seq = $2) WHERE id = $1
      """, place)
    try db.run("DELETE FROM refused WHERE device = $1 AND seq = $2", place)
  }

  func hasMarks(_ device: Int64) throws(RelayError) -> Bool {
    try db.has("SELECT 1 FROM standing WHERE device = $1 LIMIT 1", [.integer(device)])
  }

  func marks(_ row: RowID, _ device: Int64, most: Int) throws(RelayError) -> [StandingMark] {
    try db.query(
      """
      SELECT replica, n, kind, refused FROM standing WHERE device = $1 AND tbl = $2 AND key = $3
      ORDER BY seq DESC LIMIT $4
      """, [.integer(device)] + Value.row(row) + [.integer(Int64(most))]
    ) { (row) throws(RelayError) in
      StandingMark(dot: try row.dot(0, 1), kind: row.int(2), isRefused: row.int(3) != 0)
    }
  }

  func addMark(_ mark: StandingMark, _ row: RowID, seq: UInt64, _ device: Int64) throws(RelayError) {
    try db.run(
      "INSERT INTO standing VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
      [.integer(device)] + Value.row(row) + [.seq(seq)] + Value.dot(mark.dot)
        + [.integer(mark.kind), .flag(mark.isRefused)])
  }
}
