internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// `relay_scope`: what the hub granted when the base was installed, with the sum of what is confirmed there.
struct ScopeStore {
  let db: Database

  static let ddl = """
    -- What the hub granted when the base was installed.
    CREATE TABLE IF NOT EXISTS relay_scope (
      name TEXT PRIMARY KEY, readable INTEGER NOT NULL, writable INTEGER NOT NULL, digest BLOB NOT NULL,
      count INTEGER NOT NULL) WITHOUT ROWID;
    """

  /// Names of those that may be read, ascending.
  func readable() throws(RelayError) -> [String] {
    try db.query("SELECT name FROM relay_scope WHERE readable = 1 ORDER BY name") { (row) throws(RelayError) in
      row[0].text ?? ""
    }
  }

  /// All of them, by name.
  func granted() throws(RelayError) -> [ReplicaStatus.Scope] {
    try db.query("SELECT name, readable, writable FROM relay_scope ORDER BY name") { (row) throws(RelayError) in
      ReplicaStatus.Scope(name: row[0].text ?? "", isReadable: row[1] == 1, isWritable: row[2] == 1)
    }
  }

  func digests() throws(RelayError) -> [String: ScopeDigest] {
    var digests: [String: ScopeDigest] = [:]
    try db.run("SELECT name, digest, count FROM relay_scope", []) { (row) throws(RelayError) in
      digests[row[0].text ?? ""] = ScopeDigest(bytes: row.blob(1), count: UInt64(max(0, row.int(2))))
      return true
    }
    return digests
  }

  func replace(_ grants: [ScopeGrant], _ digests: [String: ScopeDigest]) throws(RelayError) {
    try clear()
    for grant in grants {
      let digest = digests[grant.scope] ?? ScopeDigest()
      try db.execute(
        "INSERT INTO relay_scope (name, readable, writable, digest, count) VALUES (?, ?, ?, ?, ?)",
        [
          .text(grant.scope), .integer(grant.readable ? 1 : 0), .integer(grant.writable ? 1 : 0),
          .blob(digest.bytes), Value(digest.count),
        ])
    }
  }

  func save(_ digest: ScopeDigest, of scope: String) throws(RelayError) {
    try db.execute(
      "UPDATE relay_scope SET digest = ?, count = ? WHERE name = ?",
      [.blob(digest.bytes), Value(digest.count), .text(scope)])
  }

  func clear() throws(RelayError) { try db.execute("DELETE FROM relay_scope") }
}
