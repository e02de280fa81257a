/// Asks the hub for confirmed rows by key, to settle what was written to a device's tables unseen.
public struct RowsRequest: Hashable, Sendable {
  /// 128 random bits, drawn anew each time that a request is sent; the answer repeats them.
  public var nonce: Hash128
  public var epoch: Hash128
  /// The device's base; the hub answers `page_void` when it has moved on: sync first.
  public var base: UInt64
  /// Ascending, at most `Limits.rowsAsked`.
  public var rows: [RowID]
  /// The version of the sync schema that the device's rows were pulled at; the hub's newest where it is missing.
  public var schemaVersion: UInt64?

  public init(epoch: Hash128, base: UInt64, rows: [RowID], schemaVersion: UInt64? = nil, nonce: Hash128 = .zero) {
    self.nonce = nonce
    self.epoch = epoch
    self.base = base
    self.rows = rows
    self.schemaVersion = schemaVersion
  }

  public func encoded() -> [UInt8] {
    var out = CBORWriter(reserving: 64 + rows.reduce(0) { $0 + $1.key.count + 8 })
    out.map(schemaVersion == nil ? 5 : 6)
    out.unsigned(1)
    out.unsigned(SyncRequest.version)
    out.unsigned(2)
    out.hash(nonce)
    out.unsigned(3)
    out.hash(epoch)
    out.unsigned(4)
    out.unsigned(base)
    out.unsigned(5)
    out.array(rows.count)
    for row in rows {
      out.array(2)
      out.unsigned(UInt64(row.table))
      out.key(row.key)
    }
    if let schemaVersion {
      out.unsigned(6)
      out.unsigned(schemaVersion)
    }
    return out.bytes
  }

  /// - Throws: `malformed_message`, `limit_exceeded` or `unsupported_version`.
  public init(decoding bytes: [UInt8]) throws(RelayError) {
    self = try CBORReader.decode(bytes) { reader throws(RelayError) in
      let optional = try reader.message("a request for rows", fields: 5)
      try reader.field(2)
      let nonce = try reader.hash()
      try reader.field(3)
      let epoch = try reader.hash()
      try reader.field(4)
      var request = RowsRequest(epoch: epoch, base: try reader.unsigned(most: Limits.sequence), rows: [], nonce: nonce)
      try reader.field(5)
      for _ in 0..<(try reader.array(most: Limits.rowsAsked)) {
        try reader.array(exactly: 2)
        let table = try reader.tableID()
        let row = RowID(table: table, key: try reader.key())
        if let last = request.rows.last, !(last < row) { throw reader.malformed("rows out of order") }
        request.rows.append(row)
      }
      try reader.optionalFields(optional, after: 5) { (key, reader) throws(RelayError) in
        if key == 6 { request.schemaVersion = try reader.schemaVersion() } else { try reader.skip() }
      }
      return request
    }
  }
}

/// The rows that the device should hold, of the first ones that it asked for; the others are not for it or not there.
public struct RowsResponse: Hashable, Sendable {
  /// The request that this answers.
  public var answers = AnswerTo.nothing
  /// In the order asked for; without stamps and entries.
  public var rows: EncodedRows
  /// How many of the rows asked for are answered, from the first; the device asks for the rest again.
  public var answered: UInt64

  public init(rows: EncodedRows = EncodedRows(), answered: UInt64 = 0) {
    self.rows = rows
    self.answered = answered
  }

  public func encoded() -> [UInt8] {
    var out = CBORWriter()
    out.map(4)
    out.unsigned(1)
    out.unsigned(SyncRequest.version)
    out.unsigned(2)
    out.answerTo(answers)
    out.unsigned(3)
    out.raw(rows.bytes)
    out.unsigned(4)
    out.unsigned(answered)
    return out.bytes
  }

  /// - Throws: `malformed_message`, `limit_exceeded` or `unsupported_version`.
  public init(decoding bytes: [UInt8]) throws(RelayError) {
    self = try CBORReader.decode(bytes) { reader throws(RelayError) in
      let unknown = try reader.message("rows", fields: 4)
      try reader.field(2)
      let answers = try reader.answerTo()
      try reader.field(3)
      var response = RowsResponse()
      response.rows = try reader.encodedRows()
      try reader.field(4)
      response.answered = try reader.unsigned(most: UInt64(Limits.rowsAsked))
      try reader.unknownFields(unknown, after: 4)
      response.answers = answers
      return response
    }
  }
}
