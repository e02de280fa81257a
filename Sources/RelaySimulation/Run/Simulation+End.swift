internal import Relay
internal import RelayHub
internal import RelayProtocol
internal import RelaySQLite

extension Simulation {
  /// How long a fleet may take to come to rest once nothing goes wrong any more, in virtual milliseconds.
  private var patience: Int64 { plan.configuration.goesOn ? 30_000 : 120_000 }

  /// Nothing goes wrong any more: everybody syncs until nobody has anything to tell.
  func settleDown() throws {
    line = .none
    try relieve()
    let begin = clock.time
    for _ in 0..<12 {
      let head = oracle.truth.head
      for device in devices {
        if !plan.configuration.goesOn { device.endSyncs() }
        device.program = 0
        try beginSync(device)
      }
      while let (time, event) = queue.take() {
        clock.advance(to: time)
        try handle(event)
        guard clock.time - begin < patience else {
          let late = devices.filter(\.isSyncing).map(\.name)
          throw Broken("\(late) do not come to an end after \(patience) ms without a fault")
        }
        // Deadlines of requests that were answered are nobody's business.
        if !devices.contains(where: \.isSyncing) { queue = EventQueue() }
      }
      let behind = devices.filter { $0.witness?.base != oracle.truth.head }
      if oracle.truth.head == head, behind.isEmpty {
        drained = clock.time - begin
        return
      }
    }
    throw Broken("the fleet does not come to rest")
  }

  private func relieve() throws {
    for device in devices {
      (device.isDeaf, device.isMute) = (false, false)
      device.relieve()
      if !device.process.isAlive { try handle(.start(device: device.index)) }
    }
    hub.process.spare()
    hub.disk.quota = nil
    if !hub.isUp { try handle(.startHub) }
    try bringVersions()
  }

  /// In the end the hub is as new as anybody, and so is the device that looks at everything; others may never be.
  private func bringVersions() throws {
    let newest = oracle.schema.newest
    guard newest > 1, let hub = hub.hub else { return }
    for version in try hub.reader.schemaVersion()...newest { try updateHub(hub.writer, to: version) }
    guard devices[0].version < newest else { return }
    update(devices[0], to: newest)
    try handle(.start(device: 0))
  }

  /// Hub, devices and truth agree, and every file is sound.
  func look() throws {
    guard let hub = hub.hub else { throw Broken("the hub does not run") }
    try oracle.check(hub.reader) { [devices] witness, request in
      guard let device = devices.first(where: { $0.witness === witness }) else { return nil }
      return try hub.answer(
        request, device: try hub.reader.authenticate(token: device.token), now: self.hub.machine.now)
    }
    let store = try self.hub.connect(.readOnly)
    var random = SplitMix(seed: plan.seed, "orders")
    try oracle.checkOrders(hub.reader, orders: 3, &random) { seq in
      guard case .blob(let bytes)? = try store.first("SELECT bytes FROM body WHERE seq = ?", [.integer(Int64(seq))])?[0]
      else { return nil }
      return bytes
    }
    let log = try hub.reader.verdicts(after: 0)
    guard log.count == oracle.said.count, log.allSatisfy({ oracle.said[$0.dot] == $0 }) else {
      throw Broken("the hub's log is not what it said")
    }
    for device in devices { try checkFile(device.connect(.readOnly)) }
    try checkFile(self.hub.connect(.readOnly))
  }

  /// - Parameter db: has read nothing yet.
  private func checkFile(_ db: Database) throws {
    let found = try db.first("PRAGMA integrity_check")?[0]
    guard found == .text("ok") else { throw Broken("\(db.path) is damaged: \(String(describing: found))") }
  }

  /// The same for the same plan, always and everywhere.
  package var trace: UInt64 {
    var hash = Digest64()
    for line in oracle.story { hash.add(line) }
    for (what, count) in oracle.counts.sorted(by: { $0.key < $1.key }) {
      hash.add(what)
      hash.add(UInt64(count))
    }
    hash.add(UInt64(clock.now))
    return hash.value
  }
}
