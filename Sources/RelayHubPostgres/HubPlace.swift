package import RelayHub
package import RelayMerge
package import RelayProtocol

/// Where a hub's store is: a directory of this machine, or a database that several nodes share.
package enum HubPlace: Sendable {
  case directory(String)
  case database(PostgresAddress)

  /// - Parameter text: a directory, or an address of PostgreSQL.
  /// - Throws: `usage`.
  package init(_ text: String) throws(RelayError) {
    self = PostgresAddress.isOne(text) ? .database(try PostgresAddress(text)) : .directory(text)
  }

  /// For messages.
  package var name: String {
    switch self {
    case .directory(let path): path
    case .database(let address): address.name
    }
  }

  /// - Parameter newName: draws 64 random bits; nil where the order needs no names.
  package func writer(
    resolvers: Resolvers = Resolvers(), newName: (@Sendable () -> UInt64)? = nil
  ) throws(RelayError) -> HubWriter {
    switch self {
    case .directory(let path): try HubWriter(directory: path, resolvers: resolvers, newName: newName)
    case .database(let address): try HubWriter(try PostgresHub(address), resolvers: resolvers, newName: newName)
    }
  }

  package func reader(resolvers: Resolvers = Resolvers()) throws(RelayError) -> HubReader {
    switch self {
    case .directory(let path): try HubReader(directory: path, resolvers: resolvers)
    case .database(let address): try HubReader(try PostgresHub(address), resolvers: resolvers)
    }
  }

  /// Copies a hub whole into a place that has none, and compares; the old place serves no more.
  ///
  /// - Returns: how many rows of tables were copied.
  /// - Throws: `usage`, `corrupt` where the copy differs from the original.
  package static func move(from source: HubPlace, to target: HubPlace) throws(RelayError) -> Int {
    try HubCopy(from: try source.database(isNew: false), to: try target.database(isNew: true)).run(to: target.name)
  }

  /// Takes a move back that did not come to its end.
  ///
  /// - Throws: `usage` where there was none, or the target has the hub.
  package static func withdraw(from source: HubPlace, to target: HubPlace) throws(RelayError) {
    let copy = HubCopy(from: try source.database(isNew: false), to: try target.database(isNew: true))
    try copy.withdraw(from: target.name)
  }

  /// Copies the hub into a file, while it is served or not, as it is at one moment.
  ///
  /// - Parameter file: what is made; nothing may be there.
  /// - Returns: the last seq in the copy.
  package func backUp(to file: String) throws(RelayError) -> UInt64 {
    switch self {
    case .directory(let path): try HubBackup.take(directory: path, to: file)
    case .database(let address): try HubBackup.take(try PostgresHub(address), to: file)
    }
  }

  /// Makes the hub of a database from a copy. What was there is kept under the name of another schema; wherever this is cut
  /// off, either that or the copy is there.
  ///
  /// - Returns: that name; nil where no hub was there.
  package static func put(_ file: String, in address: PostgresAddress) throws(RelayError) -> String? {
    let db = try PostgresHub(address)
    var kept: String?
    _ = try HubBackup.put(file, in: db) { () throws(RelayError) in kept = try db.setAside() }
    return kept
  }

  private func database(isNew: Bool) throws(RelayError) -> any HubSQL {
    switch self {
    case .directory(let path): return try SQLiteHub(directory: path, isNew ? .creates : .writes)
    case .database(let address):
      let db = try PostgresHub(address)
      if isNew { try db.makeSchema() }
      return db
    }
  }

  /// Makes the store; a directory must be there.
  ///
  /// - Throws: `schema_invalid`, `usage` where a hub is there already.
  package func create(
    schema: [UInt8], organisation: Hash128, epoch: Hash128, graceDays: Int64 = Grace.days,
    retentionDays: Int64 = Retention.days, resolvers: Resolvers = Resolvers()
  ) throws(RelayError) {
    switch self {
    case .directory(let path):
      try Hub.create(
        directory: path, schema: schema, organisation: organisation, epoch: epoch, graceDays: graceDays,
        retentionDays: retentionDays, resolvers: resolvers)
    case .database(let address):
      let db = try PostgresHub(address)
      try db.makeSchema()
      try Hub.create(
        in: db, schema: schema, organisation: organisation, epoch: epoch, graceDays: graceDays,
        retentionDays: retentionDays, resolvers: resolvers)
    }
  }
}
