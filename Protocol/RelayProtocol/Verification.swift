/// Asks the hub what this device should hold, table by table and then row by row.
public struct VerifyRequest: Hashable, Sendable {
  /// 128 random bits, drawn anew each time that a request is sent; the answer repeats them.
  public var nonce: Hash128
  public var epoch: Hash128
  /// The device's base; the hub answers `page_void` when it has moved on: sync first.
  public var base: UInt64
  /// 0 asks for a count and a digest a table; otherwise for the rows of this table after `after`.
  public var table: UInt32
  public var after: [UInt8]
  /// The version of the sync schema that the device's rows were pulled at; the hub's newest where it is missing.
  public var schemaVersion: UInt64?

  public init(
    epoch: Hash128, base: UInt64, table: UInt32 = 0, after: [UInt8] = [], schemaVersion: UInt64? = nil,
    nonce: Hash128 = .zero
  ) {
    self.nonce = nonce
    self.epoch = epoch
    self.base = base
    self.table = table
    self.after = after
    self.schemaVersion = schemaVersion
  }

  public func encoded() -> [UInt8] {
    var out = CBORWriter()
    out.map(schemaVersion == nil ? 6 : 7)
    out.unsigned(1)
    out.unsigned(SyncRequest.version)
    out.unsigned(2)
    out.hash(nonce)
    out.unsigned(3)
    out.hash(epoch)
    out.unsigned(4)
    out.unsigned(base)
    out.unsigned(5)
    out.unsigned(UInt64(table))
    out.unsigned(6)
    out.byteString(after)
    if let schemaVersion {
      out.unsigned(7)
      out.unsigned(schemaVersion)
    }
    return out.bytes
  }

  public init(decoding bytes: [UInt8]) throws(RelayError) {
    self = try CBORReader.decode(bytes) { reader throws(RelayError) in
      let optional = try reader.message("a verification", fields: 6)
      try reader.field(2)
      let nonce = try reader.hash()
      try reader.field(3)
      let epoch = try reader.hash()
      try reader.field(4)
      let base = try reader.unsigned(most: Limits.sequence)
      try reader.field(5)
      let table = try reader.tableID()
      try reader.field(6)
      let after = try reader.byteString(most: Limits.key)
      var request = VerifyRequest(epoch: epoch, base: base, table: table, after: after, nonce: nonce)
      try reader.optionalFields(optional, after: 6) { (key, reader) throws(RelayError) in
        if key == 7 { request.schemaVersion = try reader.schemaVersion() } else { try reader.skip() }
      }
      return request
    }
  }
}

public struct VerifyResponse: Hashable, Sendable {
  /// The request that this answers.
  public var answers = AnswerTo.nothing
  /// For table 0: every table that has rows for the device, ascending.
  public var tables: [TableDigest]
  /// For one table: its next rows, ascending by key.
  public var rows: [RowHash]
  /// More rows follow.
  public var more: Bool

  public struct TableDigest: Hashable, Sendable {
    public var table: UInt32
    public var digest: ScopeDigest

    public init(table: UInt32, digest: ScopeDigest) {
      self.table = table
      self.digest = digest
    }
  }

  public struct RowHash: Hashable, Sendable {
    public var key: [UInt8]
    /// The first 128 bits of e(R).
    public var hash: Hash128

    public init(key: [UInt8], hash: Hash128) {
      self.key = key
      self.hash = hash
    }
  }

  public init(tables: [TableDigest] = [], rows: [RowHash] = [], more: Bool = false) {
    self.tables = tables
    self.rows = rows
    self.more = more
  }

  public func encoded() -> [UInt8] {
    var out = CBORWriter()
    out.map(5)
    out.unsigned(1)
    out.unsigned(SyncRequest.version)
    out.unsigned(2)
    out.answerTo(answers)
    out.unsigned(3)
    out.array(tables.count)
    for item in tables {
      out.array(3)
      out.unsigned(UInt64(item.table))
      out.byteString(item.digest.bytes)
      out.unsigned(item.digest.count)
    }
    out.unsigned(4)
    out.array(rows.count)
    for item in rows {
      out.array(2)
      out.byteString(item.key)
      out.hash(item.hash)
    }
    out.unsigned(5)
    out.bool(more)
    return out.bytes
  }

  public init(decoding bytes: [UInt8]) throws(RelayError) {
    self = try CBORReader.decode(bytes) { reader throws(RelayError) in
      let unknown = try reader.message("a verification's answer", fields: 5)
      try reader.field(2)
      let answers = try reader.answerTo()
      try reader.field(3)
      var response = VerifyResponse()
      for _ in 0..<(try reader.array(most: Limits.tables)) {
        try reader.array(exactly: 3)
        let table = try reader.tableID()
        if let last = response.tables.last, last.table >= table { throw reader.malformed("tables out of order") }
        let bytes = try reader.byteString(most: 32)
        guard let digest = ScopeDigest(bytes: bytes, count: try reader.unsigned(most: Limits.sequence)) else {
          throw reader.malformed("a digest has 32 bytes")
        }
        response.tables.append(TableDigest(table: table, digest: digest))
      }
      try reader.field(4)
      for _ in 0..<(try reader.array(most: Limits.inflatedBody)) {
        try reader.array(exactly: 2)
        let key = try reader.byteString(most: Limits.key)
        if let last = response.rows.last, !last.key.lexicographicallyPrecedes(key) {
          throw reader.malformed("rows out of order")
        }
        response.rows.append(RowHash(key: key, hash: try reader.hash()))
      }
      try reader.field(5)
      response.more = try reader.bool()
      try reader.unknownFields(unknown, after: 5)
      response.answers = answers
      return response
    }
  }
}
