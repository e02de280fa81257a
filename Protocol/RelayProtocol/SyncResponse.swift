/// The hub's answer to a `SyncRequest`.
public struct SyncResponse: Hashable, Sendable {
  /// The request that this answers.
  public var answers = AnswerTo.nothing
  public var epoch: Hash128
  /// The hub's time at receipt, in milliseconds since 1970: only to tell a person whose clock is wrong.
  public var time: UInt64
  /// One for each transaction of the push that has a verdict now, in its order.
  public var verdicts: [Verdict]
  /// How many bytes of the pushed part's transaction the hub holds; 0 when the request had no part.
  public var partReceived: UInt64
  public var page: PullPage?
  /// The newest version of the sync schema that the hub knows.
  public var schemaVersion: UInt64?
  /// Where the epoch comes from; nil for a hub's first.
  public var origin: EpochOrigin?
  /// What the order is called after the request's base, ascending; the newest where there are many.
  public var openings: [Opening] = []
  /// With the last page: the newest transaction of the request's replica that counts in it and that the request did not ask
  /// about, by its counter; nil where there is none.
  public var unasked: UInt64?

  public init(
    epoch: Hash128, time: UInt64, verdicts: [Verdict] = [], partReceived: UInt64 = 0, page: PullPage? = nil,
    schemaVersion: UInt64? = nil
  ) {
    self.epoch = epoch
    self.time = time
    self.verdicts = verdicts
    self.partReceived = partReceived
    self.page = page
    self.schemaVersion = schemaVersion
  }
}

/// One page of a pull. Rows ascend by seq over all pages; a later one replaces an earlier one.
public struct PullPage: Hashable, Sendable {
  /// What the hub grants this device now, ascending by scope. Pages of one pull agree on it or the pull starts again.
  public var grants: [ScopeGrant]
  public var role: String
  public var rows: EncodedRows
  /// Asks for the next page; empty on the last.
  public var token: [UInt8]
  /// Only the last page has it.
  public var closing: PullClosing?
  /// The pull brings everything that the device may hold: what did not arrive leaves. Only what left between its pages is
  /// listed.
  public var isWhole = false
  /// How many rows a pull that brings everything has in all; those in several scopes count in each. Nil where the hub does
  /// not know, on the last page, and for a pull of changes.
  public var rowsInAll: UInt64?

  public init(
    grants: [ScopeGrant], role: String, rows: EncodedRows = EncodedRows(), token: [UInt8] = [],
    closing: PullClosing? = nil
  ) {
    self.grants = grants
    self.role = role
    self.rows = rows
    self.token = token
    self.closing = closing
  }

  public var rowCount: Int { rows.count }
}

/// What closes a pull: read in one snapshot together with the last page's rows.
public struct PullClosing: Hashable, Sendable {
  /// W: the device's confirmed rows equal the hub's at this seq once the pull is installed.
  public var head: UInt64
  /// The log's hash at `head`.
  public var logHash: Hash128
  /// Verdicts of the request's pending dots that have one with seq ≤ head; ascending by seq.
  public var confirmed: [Verdict]
  /// Rows that no scope of the device holds any more; ascending. They win over rows of any page.
  public var exits: [RowID]
  public var notices: [NoticeRecord]
  /// One for each readable grant, in the order of the page's grants; empty where head = the request's base and
  /// nobody asked.
  public var digests: [ScopeDigest]
  /// The newest backup covers the log up to here.
  public var durable: UInt64

  public init(
    head: UInt64, logHash: Hash128, confirmed: [Verdict] = [], exits: [RowID] = [], notices: [NoticeRecord] = [],
    digests: [ScopeDigest] = [], durable: UInt64 = 0
  ) {
    self.head = head
    self.logHash = logHash
    self.confirmed = confirmed
    self.exits = exits
    self.notices = notices
    self.digests = digests
    self.durable = durable
  }
}

extension SyncResponse {
  public func encoded() -> [UInt8] {
    var out = CBORWriter(reserving: 1024 + (page?.rows.bytes.count ?? 0))
    let isWhole = page?.isWhole == true
    let optional = [
      page != nil, schemaVersion != nil, isWhole, origin != nil, page?.rowsInAll != nil, !openings.isEmpty,
      unasked != nil,
    ]
    out.map(6 + optional.count { $0 })
    out.unsigned(1)
    out.unsigned(SyncRequest.version)
    out.unsigned(2)
    out.answerTo(answers)
    out.unsigned(3)
    out.hash(epoch)
    out.unsigned(4)
    out.unsigned(time)
    out.unsigned(5)
    out.array(verdicts.count)
    for verdict in verdicts { out.verdict(verdict) }
    out.unsigned(6)
    out.unsigned(partReceived)
    if let page {
      out.unsigned(7)
      out.pullPage(page)
    }
    if let schemaVersion {
      out.unsigned(8)
      out.unsigned(schemaVersion)
    }
    if isWhole {
      out.unsigned(9)
      out.bool(true)
    }
    if let origin {
      out.unsigned(10)
      out.epochOrigin(origin)
    }
    if let count = page?.rowsInAll {
      out.unsigned(11)
      out.unsigned(count)
    }
    if !openings.isEmpty {
      out.unsigned(12)
      out.openings(openings)
    }
    if let unasked {
      out.unsigned(13)
      out.unsigned(unasked)
    }
    return out.bytes
  }

  /// - Throws: `malformed_message`, `limit_exceeded` or `unsupported_version`.
  public init(decoding bytes: [UInt8]) throws(RelayError) {
    self = try CBORReader.decode(bytes) { reader throws(RelayError) in
      let optional = try reader.message("a sync response", fields: 6)
      try reader.field(2)
      let answers = try reader.answerTo()
      try reader.field(3)
      let epoch = try reader.hash()
      try reader.field(4)
      var response = SyncResponse(epoch: epoch, time: try reader.unsigned())
      try reader.field(5)
      for _ in 0..<(try reader.array(most: Limits.transactionsInPush)) {
        response.verdicts.append(try reader.verdict())
      }
      try reader.field(6)
      response.partReceived = try reader.unsigned(most: UInt64(Limits.transaction))
      try reader.optionalFields(optional, after: 6) { (key, reader) throws(RelayError) in
        switch key {
        case 7: response.page = try reader.pullPage()
        case 8: response.schemaVersion = try reader.schemaVersion()
        case 9:
          guard try reader.bool(), response.page != nil else { throw reader.malformed("a whole pull without a page") }
          response.page?.isWhole = true
        case 10: response.origin = try reader.epochOrigin()
        case 11:
          let count = try reader.unsigned(most: Limits.sequence)
          guard response.page?.closing == nil, response.page != nil else {
            throw reader.malformed("a count of rows to come without a page that others follow")
          }
          response.page?.rowsInAll = count
        case 12: response.openings = try reader.openings()
        case 13: response.unasked = try reader.unsigned(most: Limits.sequence)
        default: try reader.skip()
        }
      }
      response.answers = answers
      return response
    }
  }
}

extension CBORWriter {
  public mutating func pullPage(_ page: PullPage) {
    array(page.closing == nil ? 4 : 5)
    grants(page.grants)
    textString(page.role)
    raw(page.rows.bytes)
    byteString(page.token)
    guard let closing = page.closing else { return }
    array(7)
    unsigned(closing.head)
    hash(closing.logHash)
    array(closing.confirmed.count)
    for verdict in closing.confirmed { self.verdict(verdict) }
    array(closing.exits.count)
    for row in closing.exits {
      array(2)
      unsigned(UInt64(row.table))
      key(row.key)
    }
    array(closing.notices.count)
    for notice in closing.notices { self.notice(notice) }
    array(closing.digests.count)
    for digest in closing.digests {
      array(2)
      byteString(digest.bytes)
      unsigned(digest.count)
    }
    unsigned(closing.durable)
  }
}

extension CBORReader {
  public mutating func pullPage() throws(RelayError) -> PullPage {
    let items = try array(4...5)
    var page = PullPage(grants: [], role: "")
    page.grants = try grants()
    page.role = try textString(most: Limits.label)
    page.rows = try encodedRows()
    page.token = try byteString(most: Limits.token)
    guard page.token.isEmpty == (items == 5) else { throw malformed("a page either has a token or is the last") }
    guard items == 5 else { return page }
    try array(exactly: 7)
    let head = try unsigned(most: Limits.sequence)
    var closing = PullClosing(head: head, logHash: try hash())
    for _ in 0..<(try array(most: Limits.confirmed)) {
      let verdict = try verdict()
      if let last = closing.confirmed.last, last.seq >= verdict.seq { throw malformed("verdicts out of order") }
      closing.confirmed.append(verdict)
    }
    for _ in 0..<(try array(most: Limits.inflatedBody)) {
      try array(exactly: 2)
      let table = try tableID()
      let row = RowID(table: table, key: try key())
      if let last = closing.exits.last, !(last < row) { throw malformed("exits out of order") }
      closing.exits.append(row)
    }
    for _ in 0..<(try array(most: Limits.inflatedBody)) { closing.notices.append(try notice()) }
    for _ in 0..<(try array(most: Limits.scopes)) {
      try array(exactly: 2)
      guard let digest = ScopeDigest(bytes: try byteString(most: 32), count: try unsigned(most: Limits.sequence)) else {
        throw malformed("a digest has 32 bytes")
      }
      closing.digests.append(digest)
    }
    closing.durable = try unsigned(most: Limits.sequence)
    page.closing = closing
    return page
  }
}
