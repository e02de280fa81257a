internal import RelayProtocol

/// Devices: credentials, roles, and what they are granted now.
protocol DeviceStore {
  func device(_ id: Int64) throws(RelayError) -> DeviceRecord?
  func device(named name: String) throws(RelayError) -> DeviceRecord?
  /// - Parameter token: its hash.
  func device(withToken token: [UInt8]) throws(RelayError) -> Int64?
  /// The invited device that a code is of, if it was not revoked.
  ///
  /// - Parameter code: its hash.
  func invitation(_ code: [UInt8]) throws(RelayError) -> Invitation?
  /// Ascending by name, each with the number of its transactions, and when it last synced, in milliseconds since 1970.
  func devices() throws(RelayError) -> [(record: DeviceRecord, transactions: UInt64, lastSync: Int64?)]
  /// Keeps when devices synced.
  func noteSyncs(_ times: [(device: Int64, at: Int64)]) throws(RelayError)
  func add(name: String, role: String, code: [UInt8], expires: Int64) throws(RelayError) -> Int64
  func enrol(_ id: Int64, token: [UInt8], _ replica: ReplicaID) throws(RelayError)
  func set(role: String, of id: Int64) throws(RelayError)
  /// Turns a device away, with its code.
  func revoke(_ id: Int64) throws(RelayError)
  func admit(_ id: Int64, quarantined: Bool) throws(RelayError)

  /// What is granted, ascending by scope.
  func grants(_ id: Int64) throws(RelayError) -> [ScopeGrant]
  /// Every scope that the device was ever granted to read or write.
  func everGranted(_ id: Int64) throws(RelayError) -> [String]
  /// Replaces what is granted; what is not any more is remembered.
  func set(grants: [ScopeGrant], of id: Int64) throws(RelayError)
}

struct DeviceRecord {
  var id: Int64
  var name: String
  var role: String
  var isEnrolled: Bool
  var isRevoked: Bool
  var isQuarantined: Bool
}

struct Invitation {
  var device: Int64
  /// Milliseconds since 1970.
  var expires: Int64
  /// Who used the code.
  var replica: ReplicaID?
}

struct SQLDevices: DeviceStore {
  let db: any HubSQL

  private static let select = "SELECT id, name, role, token IS NOT NULL, revoked, quarantined"

  private static func record(_ row: any SQLRow) -> DeviceRecord {
    DeviceRecord(
      id: row.int(0), name: row.text(1), role: row.text(2), isEnrolled: row.int(3) != 0, isRevoked: row.int(4) != 0,
      isQuarantined: row.int(5) != 0)
  }

  func device(_ id: Int64) throws(RelayError) -> DeviceRecord? {
    try db.first(Self.select + " FROM device WHERE id = $1", [.integer(id)]) { (row) in Self.record(row) }
  }

  func device(named name: String) throws(RelayError) -> DeviceRecord? {
    try db.first(Self.select + " FROM device WHERE name = $1", [.text(name)]) { (row) in Self.record(row) }
  }

  func device(withToken token: [UInt8]) throws(RelayError) -> Int64? {
    try db.number("SELECT id FROM device WHERE token = $1", [.blob(token)])
  }

  func invitation(_ code: [UInt8]) throws(RelayError) -> Invitation? {
    try db.first("SELECT id, expires, replica FROM device WHERE code = $1 AND revoked = 0", [.blob(code)]) { (row) in
      Invitation(
        device: row.int(0), expires: row.int(1), replica: row.isNull(2) ? nil : ReplicaID(bits: row.bits(2)))
    }
  }

  func devices() throws(RelayError) -> [(record: DeviceRecord, transactions: UInt64, lastSync: Int64?)] {
    try db.query(
      Self.select
        + """
        , (SELECT count(*) FROM txn WHERE device = d.id), (SELECT at FROM last_sync WHERE device = d.id)
        FROM device d ORDER BY name
        """
    ) { (row) throws(RelayError) in (Self.record(row), try row.seq(6), row.isNull(7) ? nil : row.int(7)) }
  }

  func noteSyncs(_ times: [(device: Int64, at: Int64)]) throws(RelayError) {
    for (device, at) in times {
      try db.run(
        """
        INSERT INTO last_sync VALUES ($1, $2)
        ON CONFLICT (device) DO UPDATE SET at = excluded.at
        """, [.integer(device), .integer(at)])
    }
  }

  func add(name: String, role: String, code: [UInt8], expires: Int64) throws(RelayError) -> Int64 {
    let id = try db.number(
      """
      INSERT INTO device(id, name, role, code, expires) SELECT coalesce(max(id), 0) + 1, $1, $2, $3, $4 FROM device
      RETURNING id
      """,
      [.text(name), .text(role), .blob(code), .integer(expires)])
    guard let id else { throw RelayError(.invariant, "a device without a number") }
    return id
  }

  func enrol(_ id: Int64, token: [UInt8], _ replica: ReplicaID) throws(RelayError) {
    try db.run(
      "UPDATE device SET token = $1, replica = $2 WHERE id = $3", [.blob(token), .bits(replica.bits), .integer(id)])
  }

  func set(role: String, of id: Int64) throws(RelayError) {
    try db.run("UPDATE device SET role = $1 WHERE id = $2", [.text(role), .integer(id)])
  }

  func revoke(_ id: Int64) throws(RelayError) {
    try db.run("UPDATE device SET revoked = 1, code = NULL WHERE id = $1", [.integer(id)])
  }

  func admit(_ id: Int64, quarantined: Bool) throws(RelayError) {
    try db.run("UPDATE device SET revoked = 0, quarantined = $1 WHERE id = $2", [.flag(quarantined), .integer(id)])
  }

  func grants(_ id: Int64) throws(RelayError) -> [ScopeGrant] {
    try db.query(
      "SELECT scope, readable, writable FROM grants WHERE device = $1 AND readable + writable > 0 ORDER BY scope",
      [.integer(id)]
    ) { (row) in ScopeGrant(scope: row.text(0), readable: row.int(1) != 0, writable: row.int(2) != 0) }
  }

  func everGranted(_ id: Int64) throws(RelayError) -> [String] {
    try db.query("SELECT scope FROM grants WHERE device = $1 ORDER BY scope", [.integer(id)]) { (row) in row.text(0) }
  }

  func set(grants: [ScopeGrant], of id: Int64) throws(RelayError) {
    try db.run("UPDATE grants SET readable = 0, writable = 0 WHERE device = $1", [.integer(id)])
    for grant in grants {
      try db.run(
        """
        INSERT INTO grants VALUES ($1, $2, $3, $4)
        ON CONFLICT (device, scope) DO UPDATE SET readable = excluded.readable, writable = excluded.writable
        """, [.integer(id), .text(grant.scope), .flag(grant.readable), .flag(grant.writable)])
    }
  }
}
