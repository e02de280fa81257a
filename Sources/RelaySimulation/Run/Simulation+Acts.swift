internal import Relay
internal import RelayHub
internal import RelayProtocol

extension Simulation {
  func perform(_ act: Happening) throws {
    var random = SplitMix(state: act.seed)
    let device = devices[act.device]
    device.program = 0
    oracle.count("act: \(act.kind.rawValue)")
    if act.kind.isFault { oracle.tell("\(act.kind.rawValue) \(device.name)") }
    switch act.kind {
    case .killDevice, .cutDevice:
      device.cut = act.kind == .cutDevice ? random.pick(PowerCut.allCases) : nil
      device.process.die(in: random.pick([1, 4, 20, 60]) * random.int(1..<8))
    case .failDevice: device.process.fail(in: random.int(1..<200), forGood: random.once(in: 3))
    case .fillDevice: device.disk.quota = device.disk.bytes + random.pick([0, 4096, 20_000, 100_000])
    case .jumpClock: device.machine.skew = random.pick([0, 1, -1, 3]) * Int64(random.int(1..<40 * 365)) * 86_400_000
    case .deaf: device.isDeaf = true
    case .mute: device.isMute = true
    case .heal: (device.isDeaf, device.isMute) = (false, false)
    case .killHub, .cutHub:
      hubCut = act.kind == .cutHub ? random.pick(PowerCut.allCases) : nil
      hub.process.die(in: random.pick([1, 4, 20, 60]) * random.int(1..<8))
    case .failHub: hub.process.fail(in: random.int(1..<150), forGood: random.once(in: 3))
    case .fillHub: hub.disk.quota = hub.disk.bytes + random.pick([0, 4096, 20_000, 100_000])
    case .hubClock:
      hub.machine.skew = Int64(random.int(0..<7_200_000)) - 3_600_000
      oracle.isHubClockWrong = true
    case .leap:
      let days = Int64(random.pick([5, 20, 40, 60]))
      oracle.tell("\(days) days pass")
      clock.leap(days: days)
    case .absence: try goAway(device, random)
    case .comeBack:
      clock.leap(days: 40)
      device.isMute = false
      try administer(Happening(kind: .pruneHub, time: 0, device: act.device, seed: act.seed), device, random)
      try beginSync(device)
    case .ageHub: try age(random)
    case .pruneHub where plan.configuration.worlds.diesForgetting: try pruneOrDie(random)
    case .updateDevice: update(device, to: device.version + 1)
    case .regrant, .tidyHub, .checkpoint, .updateHub, .pruneHub: try administer(act, device, random)
    case .sync: try beginSync(device)
    case .syncBeside:
      device.program = 1
      try beginSync(device)
    case .syncAll:
      for device in devices {
        device.program = 0
        try beginSync(device)
      }
    default: try work(act, device, random)
    }
  }

  /// What people do with a device that runs.
  private func work(_ act: Happening, _ device: SimulatedDevice, _ random: SplitMix) throws {
    guard device.process.isAlive, let witness = device.witness else { return }
    workload.random = random
    defer {
      witness.beside = nil
      device.program = 0
    }
    try doing("work", device) {
      if act.kind == .writeBeside {
        device.program = 1
        witness.beside = try device.replica()
      }
      switch act.kind {
      case _ where witness.role == "reader": try workload.tryToWrite(witness)
      case .largeWrite: try workload.writeMuch(witness)
      case .settle: try workload.settle(witness)
      case .putRight: try workload.putRight(witness)
      case .openForm: try workload.open(witness)
      case .undelete: try workload.undelete(witness)
      default: try workload.write(witness)
      }
    }
  }

  /// What the office does at a hub that runs; nothing happens to that meanwhile.
  private func administer(_ act: Happening, _ device: SimulatedDevice, _ random: SplitMix) throws {
    guard hub.isUp, let writer = hub.hub?.writer, let witness = device.witness else { return }
    let (faults, quota) = (hub.process.pauseFaults(), hub.disk.quota)
    hub.disk.quota = nil
    var random = random
    workload.random = random
    switch act.kind {
    case .regrant: try workload.regrant(witness)
    case .tidyHub: try writer.tidy(now: hub.machine.now)
    case .pruneHub: try prune(writer, most: random.pick([2, 500, 500]))
    case .updateHub: try updateHub(writer, to: (hub.hub?.reader.schemaVersion() ?? 1) + 1)
    default: try writer.checkpoint()
    }
    hub.disk.quota = quota
    hub.process.goOn(with: faults)
  }

  /// Somebody changes a row and is away for weeks; meanwhile somebody else deletes it, and the hub forgets it.
  private func goAway(_ device: SimulatedDevice, _ random: SplitMix) throws {
    let others = devices.filter { $0 !== device && $0.process.isAlive && $0.witness?.role == "field" }
    guard device.process.isAlive, let witness = device.witness, witness.role != "reader", !others.isEmpty else {
      return
    }
    var random = random
    let other = random.pick(others)
    workload.random = random
    // Whoever looks is not hindered.
    let faults = (device.process.pauseFaults(), other.process.pauseFaults())
    let common = try other.witness.flatMap { try workload.common(witness, $0) }
    device.process.goOn(with: faults.0)
    other.process.goOn(with: faults.1)
    guard let remover = other.witness, let row = common else { return }
    try doing("work", device) { try workload.change(witness, row) }
    try doing("work", other) { try workload.remove(remover, row) }
    device.isMute = true
    other.program = 0
    try beginSync(other)
    later(.act(Happening(kind: .comeBack, time: 0, device: device.index, seed: random.next())), in: 20_000)
  }

  /// The hub forgets a piece of what is older than its retention, or all of it.
  private func prune(_ writer: HubWriter, most: Int) throws {
    guard let reader = hub.hub?.reader else { return }
    let isWholeRun = pruning == nil
    let step = try writer.prune(now: hub.machine.now, from: pruning, most: most)
    pruning = step.next
    if step.exits > 0 { oracle.count("hub: forgets exits") }
    if step.told > 0 { oracle.count("hub: forgets what it told") }
    if step.rows > 0 { oracle.count("hub: forgets rows") }
    oracle.tell("the hub forgets \(step.rows) rows and \(step.exits) exits")
    try oracle.forgot(reader, now: hub.machine.now, all: isWholeRun && pruning == nil)
  }

  /// The hub forgets a piece, and may be killed or lose power in the middle of it.
  private func pruneOrDie(_ drawn: SplitMix) throws {
    guard hub.isUp, let writer = hub.hub?.writer else { return }
    var random = drawn
    let (faults, quota) = (hub.process.pauseFaults(), hub.disk.quota)
    hub.disk.quota = nil
    if random.once(in: 2) { hub.process.die(in: random.int(1..<80)) }
    do { try prune(writer, most: random.pick([2, 500, 500])) } catch {
      guard !hub.process.isAlive else { throw error }
    }
    guard hub.process.isAlive else {
      oracle.count("hub: died while it forgot")
      hubCut = random.once(in: 2) ? random.pick(PowerCut.allCases) : nil
      hasDiedForgetting = true
      return try hubDied()
    }
    hub.disk.quota = quota
    hub.process.goOn(with: faults)
  }

  /// The hub lets leave what is over, and may be killed or lose power in the middle of it.
  private func age(_ drawn: SplitMix) throws {
    guard hub.isUp, let writer = hub.hub?.writer, let reader = hub.hub?.reader else { return }
    var random = drawn
    let (faults, quota) = (hub.process.pauseFaults(), hub.disk.quota)
    hub.disk.quota = nil
    // Where none is over, nobody can see in the log whether the month went on.
    let mayDie = random.once(in: 2) && oracle.wouldMove(at: hub.machine.now)
    let now = hub.machine.now
    try oracle.ages(reader, now: now, isAlive: { hub.process.isAlive }) {
      if mayDie { hub.process.die(in: random.int(1..<40)) }
      do { while try writer.age(now: now) != nil {} } catch {
        guard !hub.process.isAlive else { throw error }
      }
      // The oracle's look at the log is none of the calls to die at.
      hub.process.spare()
    }
    guard hub.process.isAlive else {
      oracle.count("hub: died while rows left by age")
      hubCut = random.once(in: 2) ? random.pick(PowerCut.allCases) : nil
      return try hubDied()
    }
    hub.disk.quota = quota
    hub.process.goOn(with: faults)
  }

  // MARK: Versions of the sync schema

  /// A device gets a newer app: its programs end, and the new one runs.
  func update(_ device: SimulatedDevice, to version: UInt64) {
    guard device.process.isAlive, version > device.version, version <= oracle.schema.newest else { return }
    oracle.tell("\(device.name) is updated to version \(version)")
    oracle.count("version \(version) at a device")
    device.version = version
    device.die()
    later(.start(device: device.index), in: 100)
  }

  func updateHub(_ writer: HubWriter, to version: UInt64) throws {
    guard version <= oracle.schema.newest else { return }
    oracle.tell("the hub is updated to version \(version)")
    let ahead = devices.filter { $0.version >= version }.count
    oracle.count("version \(version) at the hub \(ahead > 0 ? "after a device" : "first")")
    _ = try writer.update(schema: oracle.schema.json(at: version))
  }
}
