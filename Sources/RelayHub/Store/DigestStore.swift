internal import RelayProtocol

/// Digests of scopes (rule 25), kept for those who were granted them.
protocol DigestStore {
  /// Of one scope, by role and version of the schema.
  func digests(of scope: String) throws(RelayError) -> [KeptDigest]
  func digest(of scope: String, _ role: String, version: UInt64) throws(RelayError) -> ScopeDigest?
  /// Versions of the schema that some digest is for.
  func versions() throws(RelayError) -> [UInt64]
  func put(_ digest: KeptDigest, of scope: String) throws(RelayError)
  /// Begins the digests of a version with those of an older one.
  func copy(from old: UInt64, to version: UInt64) throws(RelayError)
  func drop(before version: UInt64) throws(RelayError)
}

struct KeptDigest {
  var role: String
  var version: UInt64
  var digest: ScopeDigest
}

struct SQLDigests: DigestStore {
  let db: any HubSQL

  func digests(of scope: String) throws(RelayError) -> [KeptDigest] {
    try db.query("SELECT role, version, sum, count FROM digest WHERE scope = $1", [.text(scope)]) {
      (row) throws(RelayError) in
      KeptDigest(
        role: row.text(0), version: try row.seq(1),
        digest: ScopeDigest(bytes: row.blob(2), count: try row.seq(3)) ?? ScopeDigest())
    }
  }

  func digest(of scope: String, _ role: String, version: UInt64) throws(RelayError) -> ScopeDigest? {
    try db.first(
      "SELECT sum, count FROM digest WHERE scope = $1 AND role = $2 AND version = $3",
      [.text(scope), .text(role), .seq(version)]
    ) { (row) throws(RelayError) in ScopeDigest(bytes: row.blob(0), count: try row.seq(1)) } ?? nil
  }

  func versions() throws(RelayError) -> [UInt64] {
    try db.query("SELECT DISTINCT version FROM digest") { (row) throws(RelayError) in try row.seq(0) }
  }

  func put(_ kept: KeptDigest, of scope: String) throws(RelayError) {
    try db.run(
      """
      INSERT INTO digest VALUES ($1, $2, $3, $4, $5)
      ON CONFLICT (scope, role, version) DO UPDATE SET sum = excluded.sum, count = excluded.count
      """,
      [
        .text(scope), .text(kept.role), .seq(kept.version), .blob(kept.digest.bytes), .seq(kept.digest.count),
      ])
  }

  func copy(from old: UInt64, to version: UInt64) throws(RelayError) {
    try db.run(
      """
      INSERT INTO digest SELECT scope, role, $1, sum, count FROM digest WHERE version = $2 ON CONFLICT DO NOTHING
      """, [.seq(version), .seq(old)])
  }

  func drop(before version: UInt64) throws(RelayError) {
    try db.run("DELETE FROM digest WHERE version < $1", [.seq(version)])
  }
}
