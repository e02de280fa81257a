internal import RelayMerge
internal import RelayProtocol

/// A connection to the hub's store with what hardly ever changes while it is open, and what one group of pushes knows in
/// memory.
final class HubSession {
  let store: any HubStore
  /// As it was when `refresh` last looked.
  var schema: SyncSchema
  /// The hash of its file's bytes.
  var schemaID: Hash128
  /// The functions that this program has for the policy `resolver`.
  let resolvers: Resolvers
  /// What the group of pushes that is being judged is news of.
  var news = GroupNews(head: 0)
  /// How long after a row left a scope, or a right was taken away, work of before still counts; milliseconds.
  var grace: Int64
  /// Which rows leave their scopes with age, and the setting that says so.
  var ageing: [AgeingRule] = []
  var ageingID: [UInt8] = []
  /// How long the hub keeps what is gone (rule 28); milliseconds.
  var retention: Int64
  /// Bytes of refused transactions that the hub keeps for one device. Beyond it the oldest go first; their records, with
  /// the reason, stay for ever.
  var refusedQuota: UInt64 = 64 << 20
  /// Bytes of parts that the hub keeps for one device: those of one transaction. Where another one would bring more, what
  /// came of the others is dropped, and the device begins them again.
  var partsQuota = UInt64(Limits.transaction)
  /// What the group of pushes that is being judged has changed; nil outside a group.
  var group: GroupState?
  var memory: GroupMemory?
  var kept: KeptMemory?
  var undo = Undo.whole
  /// Something is written that must not be committed.
  var mustUndo = false
  /// How many rows a closing lists as gone.
  var mostExits = Limits.exits
  /// What older versions saw of it, by version.
  var views: [UInt64: SyncSchema] = [:]
  /// Columns of rows by shape, and the shape of a table's rows now.
  var shapes: [Int64: [UInt32]] = [:]
  var newestShapes: [UInt32: Int64] = [:]
  let organisation: Hash128
  var epoch: Hash128
  /// Up to where the newest backup covers the log; 0 where none is known.
  var durable: UInt64 = 0
  /// Up to where it may be forgotten what refused work did (`forgottenRefusal`).
  var forgottenMarks: UInt64 = 0
  /// Those before it, oldest first.
  var pastEpochs: [PastEpoch] = []
  /// What the order is called, ascending: the newest of it.
  var openings: [Opening] = []
  var openingID: [UInt8] = []

  /// Of the store's tables.
  static let version: [UInt8] = [10]
  /// The versions that a store is brought over from, the newest last.
  static let before: [UInt8] = [4, 5, 6, 7, 8, 9]

  init(_ store: any HubStore, resolvers: Resolvers) throws(RelayError) {
    let isThere = try store.hasTables()
    func setting(_ name: String) throws(RelayError) -> [UInt8] {
      guard isThere, let bytes = try store.settings.setting(name) else {
        throw RelayError(.notADatabase, "\(store.name): not a hub's store")
      }
      return bytes
    }
    guard try setting("version") == HubSession.version else {
      throw RelayError(
        .unsupportedVersion, "\(store.name): written by another version of relay-server",
        advice: "Nothing was changed. Serve it with the version that wrote it.")
    }
    try HubSession.refuseMoved(store)
    let file = try setting("schema")
    schema = try SyncSchema(json: file, resolvers: resolvers)
    try schema.checkResolvers()
    schemaID = hash128(file)
    self.resolvers = resolvers
    grace = try Grace.milliseconds(try setting("grace"))
    retention = try Retention.milliseconds(try store.settings.setting(Retention.setting))
    organisation = Hash128(bytes: try setting("organisation")) ?? .zero
    epoch = Hash128(bytes: try setting("epoch")) ?? .zero
    self.store = store
    pastEpochs = try store.healing.epochs()
  }

  var identity: HubIdentity {
    HubIdentity(
      organisation: organisation, epoch: epoch, schemaVersion: schema.version, pastEpochs: pastEpochs,
      openings: openings)
  }

  func head() throws(RelayError) -> UInt64 {
    if let head = group?.head { return head }
    return try store.log.head()
  }

  /// The log's hash after `seq`; zero before the first transaction, nil for a seq that this hub never gave.
  func logHash(_ seq: UInt64) throws(RelayError) -> Hash128? {
    if seq == 0 { return .zero }
    if group?.head == seq { return group?.log }
    return try store.log.logHash(seq)
  }

  /// The log's hash once one more transaction follows.
  func logHash(after head: UInt64, _ hash: Hash128, isAccepted: Bool) throws(RelayError) -> Hash128 {
    hash128(try logHash(head) ?? .zero, hash, then: [isAccepted ? 1 : 0])
  }

  /// Is this the hub, and the history, that the device has talked to (rule 4)?
  ///
  /// - Returns: the schema as the device knows it.
  /// - Throws: `wrong_hub`, `schema_mismatch`, `schema_too_old` or `hub_rolled_back`.
  @discardableResult
  func recognise(_ request: SyncRequest) throws(RelayError) -> SyncSchema {
    guard request.organisation == organisation else {
      throw RelayError(.wrongHub, "this hub serves another organisation")
    }
    let view = try view(of: request.schemaHash, version: request.schemaVersion)
    // The hash says it, whatever the history is called: what was the same up to there goes on here.
    if request.base == 0 { return view }
    guard let log = try logHash(request.base), log == request.logHash else {
      throw RelayError(.hubRolledBack, "the hub does not know the history that the device saw up to \(request.base)")
    }
    return view
  }
}
