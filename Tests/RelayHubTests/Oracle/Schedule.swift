import Relay
import RelayHub
import RelayProtocol

/// Something that the rules promise did not hold.
struct Broken: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

/// One random history of a fleet, checked against the truth of what every author had seen.
final class Schedule {
  let fleet: Fleet
  let schema: OracleSchema
  let truth: Truth
  var witnesses: [Witness] = []
  var random: SplitMix
  private(set) var grants: [String: [String]] = [:]
  private(set) var everGranted: [String: Set<String>] = [:]
  /// The bases that rows were sealed with.
  private(set) var bases: [Dot: [Name: UInt64]] = [:]
  /// What each transaction claims to have known, for the report of a failure.
  private var claims: [Dot: String] = [:]
  /// What the hub said of each transaction.
  private(set) var said: [Dot: Verdict] = [:]
  /// Replies that come late, or a second time.
  private var late: [String: (SyncRequest, SyncResponse)] = [:]
  private var serial = 0
  var counts: [String: Int] = [:]

  static let units = ["u1", "u2", "u3"]

  init(seed: UInt64) throws {
    random = SplitMix(state: seed)
    schema = OracleSchema.all[Int(seed / 1000 % 2)]
    truth = Truth(schema)
    fleet = try Fleet(schema: schema.json, inMemory: true)
    for at in 0..<Int.random(in: 3...5, using: &random) {
      var scopes = Schedule.units.filter { _ in Bool.random(using: &random) }.map { "unit/" + $0 }
      if scopes.isEmpty { scopes = ["unit/u1"] }
      if at == 0 { scopes = ["*"] }
      let skew = Int64([0, 0, -5000, 700_000].randomElement(using: &random) ?? 0)
      let role = at == 0 ? "field" : ["field", "field", "blind", "reader"].randomElement(using: &random) ?? "field"
      let device = try fleet.add("d\(at)", role: role, scopes: scopes, skew: skew)
      grants[device.name] = scopes
      everGranted[device.name] = Set(scopes)
      witnesses.append(try Witness(device, truth, role: role))
      count("role " + role)
    }
    fleet.judged = { [unowned self] (device, verdicts) in try self.judged(device, verdicts) }
  }

  func run(steps: Int) throws {
    for _ in 0..<steps {
      fleet.clock.advance(Int64.random(in: 0...2000, using: &random))
      let witness = witnesses[Int.random(in: 0..<witnesses.count, using: &random)]
      switch Int.random(in: 0..<100, using: &random) {
      case ..<61 where witness.role == "reader": try tryToWrite(witness)
      case ..<48: try write(witness)
      case ..<53: try settle(witness)
      case ..<55: try putRight(witness)
      case ..<58: try regrant(witness)
      case ..<60:
        story.append("\(witness.device.name) opens a form")
        try witness.open()
      case ..<61: try undelete(witness)
      case ..<66:
        if let (request, response) = late[witness.device.name] { try deliver(witness, response, request) }
      default: try roundTrip(witness, isRough: true)
      }
    }
    try settleDown()
    try check()
  }

  func count(_ what: String) { counts[what, default: 0] += 1 }

  /// What happened, for the report of a failure.
  var story: [String] = []

  // MARK: What devices do

  private func write(_ witness: Witness) throws {
    var names: Set<Name> = []
    var statements: [String] = []
    for _ in 0..<([1, 1, 1, 2, 3].randomElement(using: &random) ?? 1) {
      let isVisit = Int.random(in: 0..<4, using: &random) == 0
      let name = Name(
        table: isVisit ? "visit" : "person", id: (isVisit ? "v" : "p") + String(Int.random(in: 0..<4, using: &random)))
      guard names.insert(name).inserted else { continue }
      let row = try witness.row(name)
      statements += isVisit ? try visit(witness, name.id, row != nil) : person(witness, name.id, row)
    }
    guard !statements.isEmpty else { return }
    let sql = statements.joined(separator: "; ")
    if witness.form != nil, Int.random(in: 0..<2, using: &random) == 0 {
      story.append("\(witness.device.name) saves its form: \(sql)")
      count("forms")
      try witness.save(sql, names)
    } else if Int.random(in: 0..<3, using: &random) == 0 {
      story.append("\(witness.device.name) shell: \(sql)")
      count("foreign")
      try witness.foreign(sql, names)
    } else {
      story.append("\(witness.device.name): \(sql)")
      try witness.write(sql, names)
    }
  }

  private func fresh() -> String {
    serial += 1
    return "x\(serial)"
  }

  private func unit(_ witness: Witness) -> String {
    let own = (grants[witness.device.name] ?? []).filter { $0 != "*" }.map { String($0.dropFirst(5)) }
    let most = Int.random(in: 0..<6, using: &random) > 0 && !own.isEmpty ? own : Schedule.units
    return most.randomElement(using: &random) ?? "u1"
  }

  private func person(_ witness: Witness, _ id: String, _ row: [String: Value]?) -> [String] {
    let insert =
      "INSERT INTO person (id, unit, phone, guests, tags) VALUES ('\(id)', '\(unit(witness))', '\(fresh())', "
      + "\(Int.random(in: 0..<3, using: &random)), '[\"a\"]')"
    guard let row else { return [insert] }
    let place = "WHERE id = '\(id)'"
    let isBlind = witness.role == "blind"
    switch Int.random(in: 0..<13, using: &random) {
    case 3 where isBlind, 4 where isBlind, 7 where isBlind:
      return ["UPDATE person SET guests = guests + 1, phone = '\(fresh())' \(place)"]
    case 2: return ["UPDATE person SET phone = NULL \(place)"]
    case 0, 1: return ["UPDATE person SET phone = '\(fresh())' \(place)"]
    case 3, 4: return ["UPDATE person SET area = '\(fresh())' \(place)"]
    case 5: return ["UPDATE person SET guests = guests + \(Int.random(in: 1...9, using: &random)) \(place)"]
    case 6: return ["UPDATE person SET top = \(Int.random(in: 1...9, using: &random)) \(place)"]
    case 7: return ["UPDATE person SET area = '\(fresh())', phone = '\(fresh())', guests = guests - 1 \(place)"]
    case 8, 9:
      count("moves")
      return ["UPDATE person SET unit = '\(Schedule.units.randomElement(using: &random) ?? "u1")' \(place)"]
    case 10:
      count("deletes")
      return ["DELETE FROM person \(place)"]
    case 11: return ["DELETE FROM person \(place)", insert]
    default:
      let tag = ["a", "b", "c"].randomElement(using: &random) ?? "a"
      var tags = Set((row["tags"]?.text ?? "").filter(\.isLetter).map(String.init))
      if tags.remove(tag) == nil { tags.insert(tag) }
      let text = tags.sorted().map { "\"\($0)\"" }.joined(separator: ",")
      return ["UPDATE person SET tags = '[\(text)]' \(place)"]
    }
  }

  private func visit(_ witness: Witness, _ id: String, _ isThere: Bool) throws -> [String] {
    let persons = try witness.rows().filter { $0.table == "person" }
    guard let parent = persons.randomElement(using: &random) else { return [] }
    guard isThere else { return ["INSERT INTO visit VALUES ('\(id)', '\(parent.id)', '\(fresh())')"] }
    switch Int.random(in: 0..<5, using: &random) {
    case 0: return ["DELETE FROM visit WHERE id = '\(id)'"]
    case 1: return ["UPDATE visit SET person = '\(parent.id)' WHERE id = '\(id)'"]
    default: return ["UPDATE visit SET note = '\(fresh())' WHERE id = '\(id)'"]
    }
  }

  private func settle(_ witness: Witness) throws {
    let open = try witness.device.replica.inbox().filter { $0.kind == .conflict }
    guard let item = open.randomElement(using: &random) else { return }
    count("settled")
    story.append("\(witness.device.name) settles \(item.id)")
    guard let place = item.siblings.randomElement(using: &random)?.position else { return }
    if Bool.random(using: &random) { try witness.settle(item, place) } else { try witness.choose(item, place) }
  }

  private func undelete(_ witness: Witness) throws {
    let table = ["person", "visit"].randomElement(using: &random) ?? ""
    guard let key = try witness.device.replica.deleted(table).randomElement(using: &random) else { return }
    let name = Name(table: table, id: key[0].text ?? "")
    count("undeleted")
    story.append("\(witness.device.name) undeletes \(name)")
    try witness.undelete(name)
  }

  private func regrant(_ witness: Witness) throws {
    guard grants[witness.device.name] != ["*"] else { return }
    let scopes = Schedule.units.filter { _ in Bool.random(using: &random) }.map { "unit/" + $0 }
    count("regrants")
    story.append("\(witness.device.name) is granted \(scopes)")
    grants[witness.device.name] = scopes
    everGranted[witness.device.name, default: []].formUnion(scopes)
    try fleet.grant(witness.device, scopes)
  }

  // MARK: The network

  /// - Returns: the base that was installed, if one was.
  @discardableResult
  private func roundTrip(_ witness: Witness, isRough: Bool) throws -> Bool {
    let bytes: UInt64 = isRough && Bool.random(using: &random) ? 150 : 1 << 20
    let request = try witness.device.replica.nextRequest(pageBytes: bytes)
    for bytes in request.push {
      let transaction = try Transaction(decoding: bytes)
      let rows = transaction.rows.map { change in
        "\(change.row.table == 1 ? "person" : "visit") \((try? change.row.values())?.first?.text ?? "")"
      }
      let wanted = witness.sent[transaction.dot.counter]?.acts.keys.map(\.description).sorted() ?? []
      guard rows.sorted() == wanted else {
        throw Broken("\(witness.device.name) sealed \(rows) as \(transaction.dot.counter), but wrote \(wanted)")
      }
      claims[transaction.dot] = Schedule.claim(transaction)
      bases[transaction.dot] = Dictionary(
        transaction.rows.map { change in
          let id = (try? change.row.values())?.first?.text ?? ""
          return (Name(table: change.row.table == 1 ? "person" : "visit", id: id), change.base)
        }
      ) { first, _ in first }
    }
    let luck = isRough ? Int.random(in: 0..<10, using: &random) : 9
    if luck == 0 {
      count("lost requests")
      return false
    }
    guard let response = try fleet.answer(witness.device, request) else {
      try witness.device.replica.abandonPull()
      return false
    }
    if luck == 1 {
      count("lost answers")
      return false
    }
    if luck <= 3 { late[witness.device.name] = (request, response) }
    if luck == 2 { return false }
    return try deliver(witness, response, request)
  }

  private static func claim(_ transaction: Transaction) -> String {
    let rows = transaction.rows.map { change in
      let id = (try? change.row.values())?.first?.text ?? ""
      return "\(id) at \(change.base)" + (change.parentBase.map { ", its parent at \($0)" } ?? "")
    }
    let seen = transaction.seen.intervals.map { "\($0.low)...\($0.high)" }.joined(separator: ", ")
    return "at \(transaction.base) seeing \(seen): " + rows.joined(separator: "; ")
  }

  @discardableResult
  private func deliver(_ witness: Witness, _ response: SyncResponse, _ request: SyncRequest) throws -> Bool {
    let step = try witness.device.replica.receive(response, to: request)
    witness.learn(response.verdicts)
    guard case .installed(let base) = step, let page = response.page else { return false }
    count("installs")
    story.append(
      "\(witness.device.name) at \(base): \(try page.rows.decoded().flatMap(\.rows).map(Schedule.line)) exits "
        + "\(page.closing?.exits.map { $0.key.hexadecimal } ?? [])")
    try witness.installed(base, page)
    let wrong = try witness.device.replica.status().mismatch
    guard wrong.isEmpty else { throw Broken("\(witness.device.name): digests of \(wrong) differ") }
    return true
  }

  /// The hub judged; the truth follows in the same order, and says what a refusal may be for.
  private func judged(_ device: Fleet.Device, _ verdicts: [Verdict]) throws {
    guard let witness = witnesses.first(where: { $0.device === device }) else { return }
    for verdict in verdicts {
      if let before = said[verdict.dot] {
        guard before == verdict else { throw Broken("\(verdict.dot) was judged again: \(verdict), then \(before)") }
        continue
      }
      said[verdict.dot] = verdict
      let ruling = verdict.refusal?.rule.rawValue ?? "ok"
      let claim = claims[verdict.dot] ?? ""
      story.append("hub \(verdict.seq): \(device.name) \(verdict.dot.counter) \(ruling), \(claim)")
      guard verdict.seq == truth.head + 1 else { throw Broken("seq \(verdict.seq) after \(truth.head)") }
      guard let sent = witness.sent[verdict.dot.counter] else { throw Broken("nobody wrote \(verdict.dot)") }
      if verdict.isAccepted {
        if let reason = mayNotBeAccepted(verdict.dot, sent, witness) {
          throw Broken("\(device.name): \(sent.acts) was accepted, though \(reason)")
        }
        noteAccepted(sent, witness)
        truth.accept(verdict.dot, seq: verdict.seq, effective: verdict.effective.bits, sent.acts)
      } else {
        count("refused " + (verdict.refusal?.rule.rawValue ?? ""))
        if mayNotBeRefused(verdict.dot, sent, witness) {
          throw Broken("\(device.name): \(sent.acts) was refused: \(String(describing: verdict.refusal))")
        }
        truth.refuse(seq: verdict.seq)
      }
    }
  }

  /// Every row lies where the device may write now, or lay there when the author held it, and nothing builds on a
  /// refused transaction.
  private func mayNotBeRefused(_ dot: Dot, _ sent: Witness.Sent, _ witness: Witness) -> Bool {
    let scopes = grants[witness.device.name] ?? []
    func writes(_ unit: String?) -> Bool { unit.map { scopes.contains("*") || scopes.contains("unit/" + $0) } ?? false }
    let refused = said.filter { $0.key.replica == witness.replica && $0.key != dot && !$0.value.isAccepted }.keys
    let tainted = refused.flatMap { witness.sent[$0.counter]?.acts.keys.map { $0 } ?? [] }
    return sent.acts.allSatisfy { name, act in
      guard !tainted.contains(name) else { return false }
      if name.table == "visit" {
        let parent = Name(table: "person", id: act.after?["person"]?.text ?? act.before?["person"]?.text ?? "")
        guard !tainted.contains(parent), truth.lines[parent] != nil else { return false }
        if act.before == nil, truth.lines[name] == nil {
          return writes(truth.unit(parent, at: truth.head)) || writes(sent.held[parent])
        }
        if act.before == nil { return false }
        // A row moves only between places that its author may write.
        if act.after != nil, act.after?["person"] != act.before?["person"],
          !writes(truth.unit(parent, at: truth.head)), !writes(sent.held[parent])
        {
          return false
        }
      } else if act.before != nil, let unit = act.after?["unit"], unit != act.before?["unit"], !writes(unit.text) {
        return false
      }
      guard truth.lines[name] != nil else { return act.before == nil && writes(act.after?["unit"]?.text) }
      if act.before == nil, !writes(act.after?["unit"]?.text) { return false }
      return writes(truth.unit(name, at: truth.head)) || writes(sent.held[name])
    }
  }

  private static func line(_ record: RowRecord) -> String {
    let id = (try? record.row.values())?.first?.text ?? ""
    return "\(id)@\(record.seq)" + (record.values.map { "=\($0)" } ?? " dead")
  }

  private func settleDown() throws {
    for _ in 0..<12 {
      let head = truth.head
      for witness in witnesses {
        var tries = 0
        while try !roundTrip(witness, isRough: false) {
          tries += 1
          guard tries < 300 else { throw Broken("\(witness.device.name) does not come to an end") }
        }
      }
      if truth.head == head { return }
    }
    throw Broken("the fleet does not come to rest")
  }
}

/// A small generator with a seed (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
