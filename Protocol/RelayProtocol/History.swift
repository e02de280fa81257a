/// Asks why a row is what it is: its cells now, and the transactions that wrote it, newest first.
public struct HistoryRequest: Hashable, Sendable {
  /// 128 random bits, drawn anew each time that a request is sent; the answer repeats them.
  public var nonce: Hash128
  /// The history of the hub that the device has seen; zero before the first contact.
  public var epoch: Hash128
  public var row: RowID
  /// Only transactions with a lower seq; 0 for the newest.
  public var before: UInt64
  /// The most transactions that the answer should carry.
  public var most: UInt64
  /// The version of the sync schema that the device's rows were pulled at; the hub's newest where it is missing.
  public var schemaVersion: UInt64?

  public init(
    epoch: Hash128, row: RowID, before: UInt64 = 0, most: UInt64 = 50, schemaVersion: UInt64? = nil,
    nonce: Hash128 = .zero
  ) {
    self.nonce = nonce
    self.epoch = epoch
    self.row = row
    self.before = before
    self.most = most
    self.schemaVersion = schemaVersion
  }

  public func encoded() -> [UInt8] {
    var out = CBORWriter()
    out.map(schemaVersion == nil ? 7 : 8)
    out.unsigned(1)
    out.unsigned(SyncRequest.version)
    out.unsigned(2)
    out.hash(nonce)
    out.unsigned(3)
    out.hash(epoch)
    out.unsigned(4)
    out.unsigned(UInt64(row.table))
    out.unsigned(5)
    out.key(row.key)
    out.unsigned(6)
    out.unsigned(before)
    out.unsigned(7)
    out.unsigned(most)
    if let schemaVersion {
      out.unsigned(8)
      out.unsigned(schemaVersion)
    }
    return out.bytes
  }

  /// - Throws: `malformed_message`, `limit_exceeded` or `unsupported_version`.
  public init(decoding bytes: [UInt8]) throws(RelayError) {
    self = try CBORReader.decode(bytes) { reader throws(RelayError) in
      let optional = try reader.message("a history request", fields: 7)
      try reader.field(2)
      let nonce = try reader.hash()
      try reader.field(3)
      let epoch = try reader.hash()
      try reader.field(4)
      let table = try reader.tableID()
      try reader.field(5)
      let row = RowID(table: table, key: try reader.key())
      try reader.field(6)
      let before = try reader.unsigned(most: Limits.sequence)
      try reader.field(7)
      let most = try reader.unsigned(most: UInt64(Limits.historyPage))
      var request = HistoryRequest(epoch: epoch, row: row, before: before, most: most, nonce: nonce)
      try reader.optionalFields(optional, after: 7) { (key, reader) throws(RelayError) in
        if key == 8 { request.schemaVersion = try reader.schemaVersion() } else { try reader.skip() }
      }
      return request
    }
  }
}

/// What one transaction did to the row that was asked about.
public struct HistoryRecord: Hashable, Sendable {
  public var verdict: Verdict
  public var author: String
  public var device: String
  /// The hub's time at receipt, in milliseconds since 1970; 0 where it is not known.
  public var received: UInt64
  /// Cut to what the device's role reads; nil where the hub keeps the body no longer.
  public var change: RowChange?

  public init(verdict: Verdict, author: String, device: String, received: UInt64 = 0, change: RowChange?) {
    self.verdict = verdict
    self.author = author
    self.device = device
    self.received = received
    self.change = change
  }
}

public struct HistoryResponse: Hashable, Sendable {
  /// The request that this answers.
  public var answers = AnswerTo.nothing
  /// The hub's head at which this was read.
  public var head: UInt64
  /// The row's cells that the device reads, ascending, each with its live writes, the shown one first; `opened` is 0
  /// where nobody is asked. Empty for a row that the device may not read: nothing tells it from one that is not there.
  public var cells: [EntryRecord]
  /// Descending by seq.
  public var records: [HistoryRecord]
  /// Older transactions follow: ask for those before this seq. 0 where there are none.
  public var next: UInt64

  public init(head: UInt64, cells: [EntryRecord] = [], records: [HistoryRecord] = [], next: UInt64 = 0) {
    self.head = head
    self.cells = cells
    self.records = records
    self.next = next
  }

  public func encoded() -> [UInt8] {
    var out = CBORWriter()
    out.map(6)
    out.unsigned(1)
    out.unsigned(SyncRequest.version)
    out.unsigned(2)
    out.answerTo(answers)
    out.unsigned(3)
    out.unsigned(head)
    out.unsigned(4)
    out.entries(cells)
    out.unsigned(5)
    out.array(records.count)
    for record in records {
      out.array(5)
      out.verdict(record.verdict)
      out.textString(record.author)
      out.textString(record.device)
      out.unsigned(record.received)
      // The base stands written out: there is no header to save it against.
      if let change = record.change { out.rowChange(change, headerBase: nil) } else { out.null() }
    }
    out.unsigned(6)
    out.unsigned(next)
    return out.bytes
  }

  /// - Throws: `malformed_message`, `limit_exceeded` or `unsupported_version`.
  public init(decoding bytes: [UInt8]) throws(RelayError) {
    self = try CBORReader.decode(bytes) { reader throws(RelayError) in
      let unknown = try reader.message("a history", fields: 6)
      try reader.field(2)
      let answers = try reader.answerTo()
      try reader.field(3)
      var response = HistoryResponse(head: try reader.unsigned(most: Limits.sequence))
      try reader.field(4)
      response.cells = try reader.entries()
      try reader.field(5)
      for _ in 0..<(try reader.array(most: Limits.historyPage)) {
        try reader.array(exactly: 5)
        let verdict = try reader.verdict()
        if let last = response.records.last, last.verdict.seq <= verdict.seq {
          throw reader.malformed("transactions out of order")
        }
        var record = HistoryRecord(
          verdict: verdict, author: try reader.textString(most: Limits.label),
          device: try reader.textString(most: Limits.label), received: try reader.unsigned(), change: nil)
        if try reader.peekIsNull() { try reader.null() } else { record.change = try reader.rowChange(headerBase: nil) }
        response.records.append(record)
      }
      try reader.field(6)
      response.next = try reader.unsigned(most: Limits.sequence)
      try reader.unknownFields(unknown, after: 6)
      response.answers = answers
      return response
    }
  }
}
