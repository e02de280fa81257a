internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// The record of what devices were granted, and of what their replicas showed to know (rule 17).
extension HubSession {
  /// Puts down that the rights of a device are others from now on.
  ///
  /// - Parameters:
  ///   - grants: ascending by scope.
  ///   - now: milliseconds since 1970.
  func recordRights(_ device: Int64, role: String, _ grants: [ScopeGrant], now: Int64) throws(RelayError) {
    let number = try newestChange(device) + 1
    try db.execute(
      "INSERT INTO rights_change VALUES (?, ?, ?, ?, ?)",
      [.integer(device), .integer(number), .seq(try head()), .integer(now), .text(role)])
    for (right, scopes) in [
      (Right.read, grants.filter(\.readable).map(\.scope)), (.write, grants.filter(\.writable).map(\.scope)),
    ] {
      let place: [Value] = [.integer(device), .integer(right.rawValue)]
      let open = try db.query(
        "SELECT scope FROM grant_span WHERE device = ? AND kind = ? AND last IS NULL", place
      ) { (row) throws(RelayError) in row[0].text ?? "" }
      let wanted = Set(scopes)
      for scope in open where !wanted.contains(scope) {
        try db.execute(
          "UPDATE grant_span SET last = ? WHERE device = ? AND kind = ? AND scope = ? AND last IS NULL",
          [.integer(number - 1)] + place + [.text(scope)])
      }
      let kept = Set(open)
      for scope in scopes where !kept.contains(scope) {
        try db.execute(
          "INSERT INTO grant_span VALUES (?, ?, ?, ?, NULL)", place + [.text(scope), .integer(number)])
      }
    }
  }

  private enum Right: Int64 { case read, write }

  func newestChange(_ device: Int64) throws(RelayError) -> Int64 {
    try db.first("SELECT coalesce(max(n), 0) FROM rights_change WHERE device = ?", [.integer(device)])?[0].integer ?? 0
  }

  /// What a replica of the device may do in a push that is judged at `now`.
  func authority(_ device: HubDevice, _ replica: ReplicaID, now: Int64) throws(RelayError) -> Authority {
    let standing = try standing(of: replica, device.id)
    // Rights that ended within the grace, and after the replica last stood in step, count as if they were there.
    let since = try db.first(
      """
      SELECT min(n) - 1 FROM rights_change WHERE device = ? AND n > ? AND at >= ?
      """, [.integer(device.id), .integer(standing.known), .integer(now.subtractingSaturating(grace))])
    var low = try newestChange(device.id)
    if let first = since?[0].integer, !Mutation.isPlanted(.rightsNow) { low = min(low, first) }
    let roles = try db.query(
      "SELECT role FROM rights_change WHERE device = ? AND n >= ?", [.integer(device.id), .integer(low)]
    ) { (row) throws(RelayError) in row[0].text ?? "" }
    var writable: [String: UInt64] = [:]
    var readable: Set<String> = []
    try db.query(
      """
      SELECT s.scope, s.kind, c.seq FROM grant_span s JOIN rights_change c ON c.device = s.device AND c.n = s.first
      WHERE s.device = ? AND (s.last IS NULL OR s.last >= ?)
      """, [.integer(device.id), .integer(low)]
    ) { (row) throws(RelayError) in
      let scope = row[0].text ?? ""
      if row.int(1) == Right.write.rawValue {
        let seq = try row.seq(2)
        writable[scope] = min(seq, writable[scope] ?? seq)
      } else {
        readable.insert(scope)
      }
    }
    return Authority(
      device, roles: Set(roles).union([device.role]), writable: writable, readable: readable, named: standing.named)
  }

  /// What a replica has shown to know: a base, and a change of its device's rights.
  ///
  /// A replica id that the hub does not know begins with what the device has shown by others: a new name makes no new
  /// past.
  private func standing(of replica: ReplicaID, _ device: Int64) throws(RelayError) -> (named: UInt64, known: Int64) {
    var values = try db.first("SELECT named, known FROM replica WHERE id = ?", [.bits(replica.bits)])
    if values == nil {
      values = try db.first(
        "SELECT coalesce(max(named), 0), coalesce(max(known), 1) FROM replica WHERE device = ?", [.integer(device)])
    }
    return (try Count.seq(values?[0]), values?[1].integer ?? 1)
  }

  /// Remembers what a request with a pull shows its replica to know. A push alone says nothing: what it brings may have
  /// been written before its device's last pull was installed.
  func remember(_ request: SyncRequest, _ device: HubDevice) throws(RelayError) {
    guard let (named, known) = try news(in: request, device) else { return }
    try bind(request.replica, to: device.id)
    try db.execute(
      "UPDATE replica SET named = ?, known = ? WHERE id = ? AND device = ?",
      [.seq(named), .integer(known), .bits(request.replica.bits), .integer(device.id)])
  }

  /// What `remember` would write; nil where the hub knows it already.
  private func news(
    in request: SyncRequest, _ device: HubDevice
  ) throws(RelayError) -> (named: UInt64, known: Int64)? {
    guard request.pull != nil else { return nil }
    let owner = try db.first("SELECT device FROM replica WHERE id = ?", [.bits(request.replica.bits)])
    guard owner == nil || owner?[0] == .integer(device.id) else { return nil }
    var standing = try standing(of: request.replica, device.id)
    let newest = try newestChange(device.id)
    var isNews = false
    if newest > standing.known, let change = try rightsChange(device.id, newest),
      change.isKnown(to: request, before: try rightsChange(device.id, newest - 1))
    {
      (standing.known, isNews) = (newest, true)
    }
    if request.base > standing.named { (standing.named, isNews) = (request.base, true) }
    return isNews ? standing : nil
  }

  /// Is there anything in a request without a push that the hub must remember? Only where some row has left the device
  /// since the base that it knows of, or its rights have changed.
  func mustRemember(_ request: SyncRequest, _ device: HubDevice) throws(RelayError) -> Bool {
    guard let news = try news(in: request, device) else { return false }
    let known = try standing(of: request.replica, device.id)
    if news.known > known.known { return true }
    for grant in device.grants where grant.writable {
      let left = try db.first(
        "SELECT 1 FROM exits WHERE scope = ? AND seq > ? LIMIT 1", [.text(grant.scope), .seq(known.named)])
      if left != nil { return true }
    }
    return false
  }

  private func rightsChange(_ device: Int64, _ number: Int64) throws(RelayError) -> RightsChange? {
    guard
      let values = try db.first(
        "SELECT seq, at, role FROM rights_change WHERE device = ? AND n = ?", [.integer(device), .integer(number)])
    else { return nil }
    let readable = try db.query(
      """
      SELECT scope FROM grant_span WHERE device = ?1 AND kind = 0 AND first <= ?2 AND (last IS NULL OR last >= ?2)
      ORDER BY scope
      """, [.integer(device), .integer(number)]
    ) { (row) throws(RelayError) in row[0].text ?? "" }
    return RightsChange(
      number: number, seq: try Count.seq(values[0]), time: values[1].integer ?? 0, role: values[2].text ?? "",
      readable: readable)
  }

  /// Makes a replica a device's, if it is nobody's yet.
  func bind(_ replica: ReplicaID, to device: Int64) throws(RelayError) {
    let standing = try standing(of: replica, device)
    try db.execute(
      "INSERT OR IGNORE INTO replica(id, device, n, hash, named, known) VALUES (?, ?, 0, ?, ?, ?)",
      [
        .bits(replica.bits), .integer(device), .blob(Hash128.zero.bytes), .seq(standing.named),
        .integer(standing.known),
      ])
  }

  /// The exits of a row that count for an author: from scopes that may have held it, none older than the grace.
  func exits(of row: RowID, for authority: Authority, now: Int64) throws(RelayError) -> [(scope: String, seq: UInt64)] {
    let all = try db.query(
      "SELECT e.scope, e.seq, t.received FROM exits e JOIN txn t ON t.seq = e.seq WHERE e.tbl = ? AND e.key = ?",
      [.integer(Int64(row.table)), .blob(row.key)]
    ) { (row) throws(RelayError) in (scope: row[0].text ?? "", seq: try row.seq(1), received: row.int(2)) }
    let oldest = now.subtractingSaturating(grace)
    return all.filter { $0.received >= oldest && authority.mayHaveHeld($0.scope) }.map { ($0.scope, $0.seq) }
  }
}
