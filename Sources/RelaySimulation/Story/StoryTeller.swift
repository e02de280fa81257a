internal import Relay
internal import RelayHub
internal import RelayProtocol

/// Plays a story on a line without faults, and looks at everything in the end.
/// A story that no longer tells what it told has failed, too.
public func play(_ story: Story) -> RunReport {
  var plan = Plan(seed: 0)
  plan.happenings = []
  plan.configuration.schema = story.schema
  plan.configuration.devices = story.devices
  plan.configuration.line = .none
  plan.configuration.worlds = Worlds()
  (plan.configuration.pageBytes, plan.configuration.pushBytes) = (1 << 20, 1 << 20)
  return simulate(plan, nil) { simulation in
    for step in story.steps { try simulation.play(step) }
    try simulation.run()
    for line in story.tells where !simulation.oracle.story.contains(where: { $0.hasPrefix(line) }) {
      throw Broken("the story no longer tells '\(line)'")
    }
  }
}

extension Simulation {
  private var lost: String { "line: an answer into a partition" }

  func play(_ step: Story.Step) throws {
    clock.advance(to: clock.now + 1000)
    switch step {
    case .write(let device, let sql, let writer):
      guard let witness = devices[device].witness else { return }
      let names = Simulation.names(sql)
      switch writer {
      case .app:
        oracle.tell("\(witness.name): \(sql)")
        try witness.write(sql, names)
      case .shell:
        oracle.tell("\(witness.name) shell: \(sql)")
        try witness.foreign(sql, names)
      case .form:
        oracle.tell("\(witness.name) saves its form: \(sql)")
        try witness.save(sql, names)
      }
    case .settle(let device, let name, let column, let position):
      let item = try devices[device].witness?.replica.inbox().first {
        $0.kind == .conflict && $0.table == name.table && $0.key == name.id && $0.column == column
      }
      guard let item else { throw Broken("nobody is asked about \(column) of \(name)") }
      oracle.tell("\(devices[device].name) settles \(item.id)")
      try devices[device].witness?.settle(item, position)
    case .openForm(let device): try devices[device].witness?.open()
    case .grant(let device, let rights):
      guard let witness = devices[device].witness else { return }
      try workload.grant(witness, rights)
      oracle.granted(witness.name, rights)
    case .sync(let device):
      try beginSync(devices[device])
      try drain { !devices[device].isSyncing }
    case .loseAnswer(let device):
      devices[device].isDeaf = true
      try beginSync(devices[device])
      let before = oracle.counts[lost] ?? 0
      try drain { oracle.counts[lost] ?? 0 > before }
      devices[device].isDeaf = false
      devices[device].endSyncs()
    case .die(let device):
      died(devices[device])
      try drain { devices[device].process.isAlive }
    }
  }

  private func drain(_ isDone: () -> Bool) throws {
    while !isDone(), let (time, event) = queue.take() {
      clock.advance(to: time)
      try handle(event)
    }
  }

  /// The rows that SQL may be about, by their keys.
  private static func names(_ sql: String) -> Set<Name> {
    var names: Set<Name> = []
    for word in sql.split(separator: "'") {
      guard let kind = word.first, word.count < 4, word.dropFirst().allSatisfy(\.isNumber), word.count > 1 else {
        continue
      }
      if kind == "p" { names.insert(Name(table: "person", id: String(word))) }
      if kind == "g" { names.insert(Name(table: "gift", id: String(word))) }
      if kind == "v" { names.insert(Name(table: "visit", id: String(word))) }
    }
    return names
  }
}
