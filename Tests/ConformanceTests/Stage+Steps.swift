import ConformanceVectors
import Relay
import RelayHub
internal import RelayMerge
internal import RelayProtocol
import TestSupport

extension Stage {
  /// Plays the vector to its end.
  ///
  /// - Throws: `Mismatch` where the code does something else than the vector demands.
  func play() throws {
    for (at, step) in vector.steps.enumerated() {
      do { try play(step) } catch var mismatch as Mismatch {
        if mismatch.step == 0 { (mismatch.step, mismatch.deed) = (at + 1, step.deed.description) }
        throw mismatch
      } catch {
        throw Mismatch(
          vector: vector.name, step: at + 1, deed: step.deed.description, device: step.device, what: "an error",
          expected: "none", got: "\(error)")
      }
    }
    try checkEnd()
  }

  func play(_ step: Step) throws {
    clock.advance(1000)
    if step.kind == .clock {
      clock.advance(step.json["forward"]?.integer ?? 0)
      return
    }
    guard !step.device.isEmpty else { return try operate(step) }
    guard let player = players[step.device] else { throw JSONError(description: "no device \(step.device)") }
    let isForeign = step.kind == .write && step.json["foreign"] == .bool(true)
    // A grant is the hub's business: what the shell has begun goes on.
    if step.kind != .grant { try player.mark(isOpen: isForeign) }
    switch step.kind {
    case .grant:
      let grants = try hub.reader.devices().first { $0.device.name == player.device }?.device.grants ?? []
      try hub.writer.grant(
        device: player.device, role: step.json["role"]?.text,
        grants: step.json["scopes"].map(Vector.grants) ?? grants, now: clock.now)
      return
    case .write: try write(step, player)
    case .resolve: try resolve(step, player)
    case .push, .pull, .sync: try roundTrip(step, player)
    case .deliver:
      guard let kept = player.kept else { throw JSONError(description: "nothing was kept for \(player.name)") }
      try deliver(kept.response, kept.request, player, step)
    case .copy: try copy(step, player)
    case .clock, .backup, .restore, .prune, .age: break
    }
    try note(player)
    try check(step, player)
  }

  // MARK: The app

  func write(_ step: Step, _ player: Player) throws {
    let items = step.writes
    let schema = spelling.schema
    if step.json["foreign"] == .bool(true) {
      try player.shell.transaction { () throws(RelayError) in
        for item in items { try item.run(player.shell, schema) }
      }
    } else {
      let mode: TransactionMode = step.json["strict"] == .bool(true) ? .strict : .merge
      try player.replica.write(author: player.name, mode: mode) { (db) throws(RelayError) in
        for item in items { try item.run(db, schema) }
      }
    }
  }

  private func resolve(_ step: Step, _ player: Player) throws {
    let (table, key) = (step.json["table"]?.text ?? "", step.json["key"]?.list?.compactMap(\.value) ?? [])
    let name = key.map { $0.text ?? $0.description }.joined(separator: "/")
    let cell = step.json["cell"]?.text ?? ""
    let column = cell == "_live" ? "(existence)" : cell
    let item = try player.replica.inbox().first {
      $0.kind == .conflict && $0.table == table && $0.key == name && $0.column == column
    }
    guard let item else { throw JSONError(description: "no conflict about \(table) \(name) \(cell)") }
    guard cell == "_live" else {
      guard let group = spelling.schema.table(named: table)?.groups.first(where: { $0.name == cell }),
        let choice = step.json["choice"]
      else { throw JSONError(description: "no choice") }
      return try player.replica.resolve(item.id, .values(Spelling.unpack(choice, group)), author: player.name)
    }
    // Values keep their positions when a sync takes others away.
    let wanted = CellValue.flag(step.json["choice"] != .text("dead"))
    guard let sibling = item.siblings.first(where: { $0.content == wanted }) else {
      throw JSONError(description: "no such sibling in \(item)")
    }
    try player.replica.resolve(item.id, .sibling(sibling.position), author: player.name)
  }
}

extension WriteItem {
  /// Does it as an app would: an UPDATE where the row is there, an INSERT where not.
  func run(_ db: Database, _ schema: SyncSchema) throws(RelayError) {
    guard let table = schema.table(named: self.table) else { throw RelayError(.usage, "no table \(self.table)") }
    let spelling = Spelling(schema: schema, devices: [])
    let match = table.key.map { "\(table.columns[$0].name) = ?" }.joined(separator: " AND ")
    guard let row else { return try db.execute("DELETE FROM \(table.name) WHERE \(match)", key) }
    var columns = row.sorted { $0.key < $1.key }.map { (name: $0.key, value: spelling.column($0.value)) }
    if try db.first("SELECT 1 FROM \(table.name) WHERE \(match)", key) == nil {
      columns = zip(table.key, key).map { (name: table.columns[$0].name, value: $1) } + columns
      let names = columns.map(\.name).joined(separator: ", ")
      let marks = Array(repeating: "?", count: columns.count).joined(separator: ", ")
      try db.execute("INSERT INTO \(table.name) (\(names)) VALUES (\(marks))", columns.map(\.value))
    } else if !columns.isEmpty {
      let sets = columns.map { "\($0.name) = ?" }.joined(separator: ", ")
      try db.execute("UPDATE \(table.name) SET \(sets) WHERE \(match)", columns.map(\.value) + key)
    }
    for (name, value) in add.sorted(by: { $0.key < $1.key }) {
      try db.execute(
        "UPDATE \(table.name) SET \(name) = \(name) + ? WHERE \(match)", [value.value ?? 0] + key)
    }
  }
}
