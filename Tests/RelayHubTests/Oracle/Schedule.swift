import Relay
import RelayHub
import RelayProtocol
import RelaySimulation
import TestSupport

/// One random history of a fleet on real files, checked against the truth of what every author had seen.
final class Schedule {
  private let fleet: Fleet
  let oracle: Oracle
  private let workload: Workload
  private var witnesses: [Witness] { oracle.witnesses }
  /// Replies that come late, or a second time.
  private var late: [String: (SyncRequest, SyncResponse)] = [:]

  init(seed: UInt64) throws {
    var random = SplitMix(state: seed)
    let schema = OracleSchema.all[Int(seed / 1000 % 2)]
    let fleet = try Fleet(schema: schema.json, ddl: OracleSchema.ddl, inMemory: true)
    let oracle = Oracle(schema)
    (self.fleet, self.oracle) = (fleet, oracle)
    for at in 0..<random.int(3..<6) {
      var scopes = Oracle.units.filter { _ in random.once(in: 2) }.map { "unit/" + $0 }
      if scopes.isEmpty { scopes = ["unit/u1"] }
      if at == 0 { scopes = ["*"] }
      let skew = random.pick([0, 0, -5000, 700_000] as [Int64])
      let role = at == 0 ? "field" : random.pick(["field", "field", "blind", "reader"])
      let device = try fleet.add("d\(at)", role: role, scopes: scopes, skew: skew)
      oracle.add(try Witness(name: device.name, device.replica, oracle.truth, role: role), scopes: scopes)
    }
    workload = Workload(oracle, random: random) { witness, rights in
      guard let device = fleet.devices.first(where: { $0.name == witness.name }) else { return }
      try fleet.grant(device, rights.scopes)
    }
    fleet.judged = { (_, verdicts) in try oracle.judged(verdicts) }
  }

  func run(steps: Int) throws {
    for _ in 0..<steps {
      fleet.clock.advance(Int64(workload.random.int(0..<2001)))
      let witness = workload.random.pick(witnesses)
      switch workload.random.int(0..<100) {
      case ..<61 where witness.role == "reader": try workload.tryToWrite(witness)
      case ..<48: try workload.write(witness)
      case ..<53: try workload.settle(witness)
      case ..<55: try workload.putRight(witness)
      case ..<58: try workload.regrant(witness)
      case ..<60: try workload.open(witness)
      case ..<61: try workload.undelete(witness)
      case ..<66:
        if let (request, response) = late[witness.name] { try deliver(witness, response, request) }
      default: try roundTrip(witness, isRough: true)
      }
    }
    try settleDown()
    try oracle.check(fleet.reader) { [unowned self] in try answer($0, $1) }
  }

  // MARK: The network

  private func answer(_ witness: Witness, _ request: SyncRequest) throws -> SyncResponse? {
    guard let device = fleet.devices.first(where: { $0.name == witness.name }) else { return nil }
    return try fleet.answer(device, request)
  }

  /// - Returns: whether a pull was installed.
  @discardableResult
  private func roundTrip(_ witness: Witness, isRough: Bool) throws -> Bool {
    let bytes: UInt64 = isRough && workload.random.once(in: 2) ? 150 : 1 << 20
    let request = try witness.replica.nextRequest(pageBytes: bytes)
    try oracle.sends(witness, request)
    let luck = isRough ? workload.random.int(0..<10) : 9
    if luck == 0 {
      oracle.count("lost requests")
      return false
    }
    guard let response = try answer(witness, request) else {
      try witness.replica.abandonPull()
      return false
    }
    if luck == 1 {
      oracle.count("lost answers")
      return false
    }
    if luck <= 3 { late[witness.name] = (request, response) }
    if luck == 2 { return false }
    return try deliver(witness, response, request)
  }

  @discardableResult
  private func deliver(_ witness: Witness, _ response: SyncResponse, _ request: SyncRequest) throws -> Bool {
    let step = try witness.replica.receive(response, to: request)
    witness.learn(response.verdicts)
    guard case .installed(let base) = step, let page = response.page else { return false }
    try oracle.installed(witness, at: base, page)
    return true
  }

  private func settleDown() throws {
    for _ in 0..<12 {
      let head = oracle.truth.head
      for witness in witnesses {
        var tries = 0
        while try !roundTrip(witness, isRough: false) {
          tries += 1
          guard tries < 300 else { throw Broken("\(witness.name) does not come to an end") }
        }
      }
      if oracle.truth.head == head { return }
    }
    throw Broken("the fleet does not come to rest")
  }
}
