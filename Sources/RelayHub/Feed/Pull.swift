internal import RelayMerge
internal import RelayProtocol

/// One page of a pull (rules 21–25), read inside one snapshot.
struct Pull {
  let session: HubSession
  let request: SyncRequest
  let device: HubDevice
  let door: Door
  let upgrade: Upgrade?
  let installed: Set<String>
  /// Scopes that the device does not hold yet, or holds as another role saw them.
  let entered: Set<String>
  var token: PullToken

  var view: SyncSchema { door.view }
  var granted: Set<String> { door.readable }

  init(
    _ session: HubSession, _ request: SyncRequest, _ device: HubDevice, _ view: SyncSchema
  ) throws(RelayError) {
    self.session = session
    door = Door(device, view)
    upgrade = try Upgrade(session, from: request.installed, to: view, role: device.role)
    self.request = request
    self.device = device
    let granted = door.readable
    #if MUTATIONS
      let who = "\(session.store.name) \(device.id)"
      installed = Mutation.isPlanted(.hubRemembers) ? Mutation.memory.sent(who) : Set(request.scopes)
    #else
      installed = Set(request.scopes)
    #endif
    token = PullToken(request, device, epoch: session.epoch, view: view)
    if let bytes = request.pull?.token, !bytes.isEmpty {
      try token.resume(bytes)
    } else {
      token.wholeSince = try Pull.bringsAll(session, request, device) ? try session.head() : nil
    }
    entered =
      (request.role == device.role || Mutation.isPlanted(.roleUnnamed)) && token.wholeSince == nil
      ? granted.subtracting(installed) : granted
  }

  /// Is what changed since the base more than is listed, or forgotten?
  private static func bringsAll(
    _ session: HubSession, _ request: SyncRequest, _ device: HubDevice
  ) throws(RelayError) -> Bool {
    if try losesTooMany(session, request, device) { return true }
    if try isForgotten(session, request, device, after: request.base) { return true }
    return try isOwnForgotten(session, request)
  }

  /// Did more rows leave the device than a closing can list?
  static func losesTooMany(
    _ session: HubSession, _ request: SyncRequest, _ device: HubDevice
  ) throws(RelayError) -> Bool {
    let most = session.mostExits + 1
    var count = 0
    let granted = device.readable
    let (feed, devices) = (session.store.feed, session.store.devices)
    for scope in try devices.everGranted(device.id) where granted.contains(scope) || request.scopes.contains(scope) {
      count +=
        granted.contains(scope)
        ? try feed.exitCount(scope, after: request.base, upTo: most) : try feed.rowCount(scope, upTo: most)
      if count >= most { return true }
    }
    return false
  }

  /// Has the hub forgotten something that happened to the device's rows after a seq (rule 28)?
  static func isForgotten(
    _ session: HubSession, _ request: SyncRequest, _ device: HubDevice, after seq: UInt64
  ) throws(RelayError) -> Bool {
    guard try session.store.pruning.hasHorizon(above: seq) else { return false }
    let (granted, store) = (device.readable, session.store)
    for scope in try store.devices.everGranted(device.id)
    where granted.contains(scope) || request.scopes.contains(scope) {
      if try store.pruning.horizon(of: scope) > seq { return true }
    }
    return false
  }

  /// Has the hub forgotten which rows the device's own accepted work was about?
  static func isOwnForgotten(_ session: HubSession, _ request: SyncRequest) throws(RelayError) -> Bool {
    guard !request.pending.intervals.isEmpty else { return false }
    let bodies = try session.store.pruning.horizon(of: HubSession.bodies)
    guard bodies > 0 else { return false }
    return try session.store.log.records(request.pending).contains {
      $0.verdict.isAccepted && $0.verdict.seq <= bodies
    }
  }

  mutating func page() throws(RelayError) -> PullPage {
    var page = PullPage(grants: device.grants, role: device.role)
    #if MUTATIONS
      if request.pull?.token.isEmpty != false {
        Mutation.memory.begin("\(session.store.name) \(device.id)", try session.head())
      }
    #endif
    page.isWhole = token.wholeSince != nil
    let limit = Int(clamping: max(1, request.pull?.pageBytes ?? 0))
    // A large row has a page for itself, so that the page stays one that can be sent.
    var rows = PageRows(door, limit: limit, most: max(limit, Limits.part))
    var walk = FeedWalk(session.store.feed, walked.map { ($0, start($0)) })
    var isAtEnd = true
    while let row = try walk.next() {
      let fits = rows.isFull ? false : try place(row) == row.place.seq ? try bring(row, &rows) : true
      guard fits else {
        isAtEnd = false
        break
      }
      token.place = row.place
    }
    page.rows = rows.finished
    if isAtEnd, !rows.isOversized {
      page.closing = try closing()
    } else {
      (page.token, page.rowsInAll) = (token.encoded, try rowsInAll())
    }
    return page
  }

  /// Where everything enters, the digests that are kept know how much that is.
  private func rowsInAll() throws(RelayError) -> UInt64? {
    guard entered == granted, !granted.isEmpty else { return nil }
    var count: UInt64 = 0
    for scope in walked {
      let digest = try session.store.digests.digest(of: scope, device.role, version: view.newest)
      guard let digest else { return nil }
      count = min(Limits.sequence, count + digest.count)
    }
    return count
  }

  /// The scopes to walk; the one that holds everything makes the others needless.
  private var walked: [String] { door.readsEverything ? [ScopeGrant.everything] : granted.sorted() }

  /// Behind which place a scope's rows are new to the device.
  private func start(_ scope: String) -> FeedPlace {
    let first = entered.contains(scope) ? 0 : min(request.base + 1, upgrade?.start ?? .max)
    return max(token.place, first == 0 ? .start : .after(min(first, Limits.sequence) - 1))
  }

  /// A row in several scopes comes once: at its last change, or where it entered.
  private func place(_ row: FeedRow) throws(RelayError) -> UInt64? {
    // Nearly always a row lies in one scope, and stands where the walk found it.
    if door.readsEverything || granted.count == 1 || row.scopes.first == 0x82 { return row.place.seq }
    let scopes = try StoredRow.scopes(row.scopes)
    let newest = scopes.filter { granted.contains($0.name) }.map(\.seq).max()
    if let newest, newest > request.base { return newest }
    return scopes.filter { entered.contains($0.name) }.map(\.seq).max() ?? (upgrade == nil ? nil : newest)
  }

  /// Adds what the device may see of a row.
  ///
  /// - Returns: false where it does not fit this page.
  private func bring(_ row: FeedRow, _ rows: inout PageRows) throws(RelayError) -> Bool {
    guard let plan = rows.plan(row.row.table) else { return true }
    if let copied = try copy(row, plan, &rows) { return copied }
    guard let table = session.schema.table(row.row.table) else { return true }
    guard let record = try record(try StoredRow(row, table, session), row.place.seq, plan.table) else { return true }
    return rows.append(record)
  }

  /// Adds a row as it lies in the store.
  ///
  /// - Returns: whether it fitted; nil where its cells have to be looked at.
  private func copy(_ row: FeedRow, _ plan: RolePlan, _ rows: inout PageRows) throws(RelayError) -> Bool? {
    guard row.isAlive, plan.isOpen, upgrade == nil, row.flags.contains(.calm), !row.flags.contains(.mute),
      !row.flags.contains(.counts) || request.base == 0 && request.pending.intervals.isEmpty
    else { return nil }
    let picks = try plan.picks(row.shape, session)
    if picks == .unknown { return nil }
    let all = try StoredStamps(row.stamps)
    // Which of several stamps are newer than the floor only the cells can tell.
    guard request.floor == 0 || all.parts < 4 else { return nil }
    var stamps: StoredStamps? = all
    if request.floor > 0, let origin = all.origin, origin.seq <= request.floor { stamps = nil }
    guard case .some(let positions, let hidden) = picks else {
      return rows.append(row, values: row.values, stamps: stamps)
    }
    if stamps != nil {
      guard all.parts == 2 else { return nil }
      stamps = StoredStamps(all, columns: positions, without: hidden)
    }
    return rows.append(row, values: StoredForm.pick(positions, of: row.values), stamps: stamps)
  }

  /// Does the device hold the row at its base, as far as it knew the columns?
  private func isInstalled(_ stored: StoredRow, _ seq: UInt64) -> Bool {
    seq <= request.base && !entered.contains(ScopeGrant.everything)
      && !stored.scopes.contains { entered.contains($0.name) }
  }

  private func record(_ stored: StoredRow, _ seq: UInt64, _ table: TableSchema) throws(RelayError) -> RowRecord? {
    guard try !table.isUpOnly(stored.row, stored.state, device.role) else { return nil }
    guard let values = try table.shownValues(stored.row, stored.state) else {
      if Mutation.isPlanted(.deadLost) { return nil }
      // What a dead row can still ask is whether it should be.
      let entries = try session.entries(stored, table, door).filter { $0.cell == .live }
      guard seq > request.base || !entries.isEmpty else { return nil }
      return RowRecord(row: stored.row, seq: seq, values: nil, entries: entries)
    }
    if let upgrade, isInstalled(stored, seq), !upgrade.brings(table, values) { return nil }
    var record = RowRecord(
      row: stored.row, seq: seq, values: table.readableColumns(device.role).map { values[$0] })
    record.stamps = table.stamped(try stamps(stored, table), values)
    record.entries = try session.entries(stored, table, door)
    return record
  }

  /// All live writes of the cells that have one newer than the floor.
  private func stamps(_ stored: StoredRow, _ table: TableSchema) throws(RelayError) -> [Cell] {
    var stamps: [Cell] = []
    for var cell in stored.state.cells where cell.isTelling && door.reads(cell.id, table) {
      guard cell.writes.contains(where: { $0.seq > request.floor }) else { continue }
      if table.group(cell.id.group)?.policy.travelsAsSum == true, let id = stored.id {
        cell.writes = try travelling(cell, id)
      }
      stamps.append(cell)
    }
    return stamps
  }
}
