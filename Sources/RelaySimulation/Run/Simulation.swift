internal import Relay
internal import RelayHub
internal import RelayMerge
internal import RelayProtocol

/// One run of a plan: devices and a hub, and what happens to them, in virtual time.
package final class Simulation {
  enum Event {
    case act(Happening)
    /// A request arrives at the hub; with how many of its bytes.
    case request(SimulatedHub.Reply, body: [UInt8])
    case hubWorks
    case answer(SimulatedHub.Reply, TransportResponse)
    case deadline(Turn)
    case slept(Turn)
    case start(device: Int)
    case startHub
  }

  /// Of one sync of one program; events of an earlier turn are nobody's.
  struct Turn {
    var device: Int
    var program: Int
    var process: Int
    var turn: Int
  }

  package let plan: Plan
  package let oracle: Oracle
  let clock = VirtualClock()
  let hub: SimulatedHub
  private(set) var devices: [SimulatedDevice] = []
  let workload: Workload
  var queue = EventQueue<Event>()
  var line: LineFaults
  var network: SplitMix
  var crash: SplitMix
  private var isHubBusy = false
  /// Answers of before, for a line that mixes them up.
  var answers: [TransportResponse] = []
  private let begin: Int64
  /// Where the hub's forgetting goes on.
  var pruning: PruneCursor?
  /// Did the hub die over it? Then nobody knows yet what is gone.
  var hasDiedForgetting = false
  /// What the oracle found where an error of the protocol was expected.
  var broken: (any Error)?
  /// How long the fleet took to come to rest after the last fault, in virtual milliseconds.
  package var drained: Int64 = 0
  /// Acts that were carried out, and requests that were answered.
  package private(set) var operations = 0

  package init(_ plan: Plan) throws {
    self.plan = plan
    let configuration = plan.configuration
    var schema = OracleSchema.all[configuration.schema]
    schema.newest = configuration.worlds.newest
    schema.hasTriggers = configuration.worlds.hasTriggers
    let oracle = Oracle(schema)
    let forgets = configuration.worlds.forgets || configuration.worlds.diesForgetting
    oracle.forgets = forgets
    oracle.leaps = configuration.worlds.forgets || configuration.worlds.ages
    self.oracle = oracle
    let hub = try SimulatedHub(seed: plan.seed, clock, oracle)
    self.hub = hub
    hub.disk.liesAboutSync = configuration.hubDiskLies
    let clock = clock
    workload = Workload(oracle, random: SplitMix(seed: plan.seed, "workload")) { witness, rights in
      let grants = rights.scopes.sorted().map { ScopeGrant(scope: $0, writable: rights.writable.contains($0)) }
      try hub.hub?.writer.grant(device: witness.name, role: rights.role, grants: grants, now: hub.machine.now)
    }
    workload.keys = forgets ? configuration.keys * 3 : configuration.keys
    workload.deletesMuch = forgets
    workload.changesRoles = configuration.changesRoles
    if configuration.worlds.ages { workload.now = { clock.now } }
    line = configuration.line
    network = SplitMix(seed: plan.seed, "network")
    crash = SplitMix(seed: plan.seed, "crash")
    begin = clock.time
    if forgets { try hub.hub?.writer.setRetention(days: Oracle.retention) }
    if configuration.worlds.ages {
      try hub.hub?.writer.setAgeing(table: "person", column: "code", months: Oracle.monthsKept)
    }
    for (at, device) in configuration.devices.enumerated() { try add(device, at) }
  }

  private func add(_ setup: Configuration.Device, _ at: Int) throws {
    let device = SimulatedDevice(at, oracle.schema, seed: plan.seed &* 31 &+ 7, clock)
    device.machine.skew = setup.skew
    guard let writer = hub.hub?.writer else { return }
    try writer.addDevice(
      name: device.name, role: setup.role, grants: setup.scopes.sorted().map { ScopeGrant(scope: $0) },
      code: "code-" + device.name, expires: Int64.max / 2)
    try device.begin(oracle, role: setup.role, scopes: setup.scopes) { replica in
      let request = EnrolRequest(
        code: "code-" + device.name, schemaHash: replica.schema.hash, replica: try replica.replicaID(),
        schemaVersion: replica.schema.version)
      return try writer.enrol(request, token: device.token, now: hub.machine.now)
    }
    devices.append(device)
  }

  // MARK: The run

  /// - Throws: `Broken` where something does not hold, and whatever nobody expected.
  package func run() throws {
    for act in plan.happenings { queue.add(.act(act), at: begin + act.time) }
    while let (time, event) = queue.take() {
      clock.advance(to: time)
      try handle(event)
    }
    try settleDown()
    try look()
  }

  func later(_ event: Event, in delay: Int64) { queue.add(event, at: clock.time + max(0, delay)) }

  func handle(_ event: Event) throws {
    operations += 1
    switch event {
    case .act(let act): try perform(act)
    case .request(let reply, let body):
      guard hub.isUp else { return }
      hub.waiting.append(SimulatedHub.Job(token: devices[reply.device].token, body: body, reply: reply))
      guard !isHubBusy else { return }
      isHubBusy = true
      later(.hubWorks, in: Int64(network.int(0..<10)))
    case .hubWorks: try hubWorks()
    case .answer(let reply, let response): try arrived(reply, response)
    case .deadline(let turn):
      guard let device = device(of: turn), device.sync?.request != nil else { return }
      oracle.count("sync: no answer in time")
      try failed(device, RelayError(.deadline, "no answer in time"), retryAfter: nil)
    case .slept(let turn):
      guard let device = device(of: turn) else { return }
      try step(device, .slept)
    case .start(let device): try start(devices[device])
    case .startHub: try startHub()
    }
  }

  /// The device of a turn that still runs, with its program at work.
  private func device(of turn: Turn) -> SimulatedDevice? {
    let device = devices[turn.device]
    device.program = turn.program
    return device.starts == turn.process && device.sync?.turn == turn.turn ? device : nil
  }

  func turn(_ device: SimulatedDevice) -> Turn {
    Turn(device: device.index, program: device.program, process: device.starts, turn: device.sync?.turn ?? 0)
  }

  // MARK: The hub

  private func hubWorks() throws {
    isHubBusy = false
    guard hub.isUp else { return }
    let answers = try hub.work()
    if let broken = hub.broken { throw broken }
    guard let answers else { return try hubDied() }
    for (reply, answer) in answers { send(answer, to: reply) }
  }

  func hubDied() throws {
    oracle.count(hubCut.map { "hub: power cut, sectors \($0)" } ?? "hub: killed")
    if let call = hub.process.diedAt { oracle.count("hub: died at \(call)") }
    oracle.tell("\(clock.time - begin): the hub dies")
    hub.stop(hubCut)
    pruning = nil
    hubCut = nil
    isHubBusy = false
    later(.startHub, in: Int64(crash.int(10..<20_000)))
  }

  /// What follows when the hub dies: nil for a kill.
  var hubCut: PowerCut?

  private func startHub() throws {
    guard !hub.isUp else { return }
    do { try hub.start() } catch {
      guard let relay = error as? RelayError, relay.isOfStore, hub.disk.quota != nil else { throw error }
      oracle.count("hub: cannot start for \(relay.code.rawValue)")
      hub.stop(nil)
      hub.disk.quota = nil
      return later(.startHub, in: 1000)
    }
    oracle.tell("\(clock.time - begin): the hub runs again")
    guard hasDiedForgetting, let reader = hub.hub?.reader else { return }
    hasDiedForgetting = false
    try oracle.forgot(reader, now: hub.machine.now, all: false)
  }

  private func send(_ answer: SimulatedHub.Answer, to reply: SimulatedHub.Reply) {
    let delivery = Delivery(line, size: answer.body.count, &network)
    guard !devices[reply.device].isDeaf else { return oracle.count("line: an answer into a partition") }
    if delivery.delays.isEmpty { oracle.count("line: an answer lost") }
    var response = TransportResponse(status: answer.status, body: answer.body)
    let old = answers.isEmpty ? nil : answers[network.int(0..<answers.count)]
    if answer.status == 200 {
      if answers.count < 20 { answers.append(response) } else { answers[network.int(0..<20)] = response }
    }
    if let bytes = delivery.bytes {
      response.body = Array(response.body.prefix(bytes))
      oracle.count("line: an answer cut")
    }
    if delivery.isMixedUp, let old {
      response = old
      oracle.count("line: another answer")
    }
    if delivery.isStranger {
      response = .stranger(&network)
      oracle.count("line: a stranger answers")
    }
    for delay in delivery.delays { later(.answer(reply, response), in: delay) }
  }

  // MARK: Devices

  func died(_ device: SimulatedDevice) {
    oracle.count(device.cut.map { "device: power cut, sectors \($0)" } ?? "device: killed")
    if let call = device.process.diedAt { oracle.count("device: died at \(call)") }
    if device.disk.unsyncedSectors > 0, device.cut != nil { oracle.count("device: power cut with unsynced sectors") }
    oracle.tell("\(clock.time - begin): \(device.name) dies")
    device.die()
    later(.start(device: device.index), in: Int64(crash.int(10..<5000)))
  }

  private func start(_ device: SimulatedDevice) throws {
    guard !device.process.isAlive else { return }
    do { try device.start(oracle) } catch {
      // A program that cannot run on a full disk does nothing to the file, and runs once there is room.
      guard let relay = error as? RelayError, relay.isOfStore, device.isHindered else { throw error }
      oracle.count("device: cannot start for \(relay.code.rawValue)")
      device.relieve()
      device.process.kill()
      return later(.start(device: device.index), in: 1000)
    }
    oracle.tell("\(clock.time - begin): \(device.name) runs again")
  }

  /// Something that a device does; it may die over it, or its file may fail.
  ///
  /// - Returns: false where it came to nothing.
  @discardableResult
  func doing(_ what: String, _ device: SimulatedDevice, _ body: () throws -> Void) throws -> Bool {
    do {
      try body()
      return true
    } catch {
      guard device.process.isAlive else {
        oracle.count("device: died in \(what)")
        died(device)
        return false
      }
      guard let relay = error as? RelayError, relay.isOfStore, device.isHindered else { throw error }
      oracle.count("device: \(relay.code.rawValue) in \(what)")
      if let call = device.process.failedAt { oracle.count("device: failed at \(call)") }
      device.relieve()
      try device.resume(oracle, device.sync?.taking)
      return false
    }
  }
}
