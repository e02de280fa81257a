internal import Relay
internal import RelayHub
internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite

/// What every author had seen, and what the hub made of it.
extension RestoreTrial {
  /// Names that work has here are of this replica.
  static func work(_ serial: Int) -> Dot { Dot(ReplicaID(bits: 1), UInt64(serial)) }

  /// What the hub has judged since anybody looked.
  ///
  /// - Parameter node: whose push it was.
  func readLog(_ node: Node) throws {
    let news = try hub.reader.verdicts(after: log.head)
    guard !news.isEmpty else { return }
    let store = try Database(path: "/hub/hub.db", mode: .readOnly, vfs: hubProcess.name)
    for verdict in news {
      let seq = Value.integer(Int64(verdict.seq))
      guard case .blob(let bytes)? = try store.first("SELECT bytes FROM body WHERE seq = ?", [seq])?[0],
        let work = RestoreTrial.work(of: try Transaction(decoding: bytes))
      else { throw Broken("the hub has no body of \(verdict.dot)") }
      story.append("hub \(verdict.seq): t\(work.counter) as \(verdict.dot)\(verdict.isAccepted ? "" : " refused")")
      try log.append(RestoreLog.Entry(work: work, verdict: verdict))
      try checkName(work, verdict.dot)
      guard verdict.isAccepted else {
        works[work]?.refusals += 1
        continue
      }
      works[work]?.wasAccepted = true
      if let told = node.memory.times[work] {
        count("judged again with the time that it had")
        guard told == verdict.effective else {
          throw Broken("t\(work.counter) of \(node.name) had the time \(told), and was given \(verdict.effective)")
        }
      }
    }
  }

  /// Who names own work as seen names all of it up to a counter: what lies below a name in its replica its author had written.
  private func checkName(_ work: Dot, _ name: Dot) throws {
    for (other, its) in log.works.sorted(by: { $0.key < $1.key }) where other.replica == name.replica {
      let (earlier, later) = other < name ? (its, work) : (work, its)
      guard earlier == later || works[later]?.own.contains(earlier) ?? true else {
        throw Broken("t\(work.counter) is \(name), and t\(its.counter), of another author, is \(other)")
      }
    }
  }

  /// Each transaction inserts a row that nobody else inserts.
  static func work(of transaction: Transaction) -> Dot? {
    let keys = transaction.rows.map { Oracle.name(of: $0.row).id }
    return keys.first { $0.hasPrefix("t") }.flatMap { Int($0.dropFirst()) }.map(work)
  }

  /// The file was told verdicts.
  func learn(_ verdicts: [Verdict], _ node: Node) {
    for verdict in verdicts where verdict.isAccepted {
      guard let work = log.works[verdict.dot] else { continue }
      node.memory.times[work] = verdict.effective
    }
  }

  /// A pull is in the file.
  func installed(_ pull: Pulled, _ node: Node) {
    var memory = node.memory
    let entries = log.entries.prefix(Int(pull.head)).filter(\.verdict.isAccepted)
    var writers: [Name: Set<Dot>] = [:]
    var concerned: Set<Name> = []
    for entry in entries {
      for name in works[entry.work]?.acts.keys.map({ $0 }) ?? [] {
        writers[name, default: []].insert(entry.work)
        if entry.verdict.seq > pull.asked { concerned.insert(name) }
      }
    }
    for name in concerned {
      let own = memory.own.filter { works[$0]?.acts[name] != nil }
      memory.known[name] = (writers[name] ?? []).union(own)
      memory.blurred.remove(name)
    }
    (memory.base, memory.history) = (pull.head, putBacks.count)
    node.memory = memory
  }

  /// A file that stands in a history which the hub has lost knows more than it can say.
  func blur(_ node: Node) {
    guard putBacks[node.memory.history...].contains(where: { $0 < node.memory.base }) else { return }
    node.memory.blurred.formUnion(node.memory.known.keys)
  }

  /// Finds out whether a pull is in the file that was on its way into it.
  func resume(_ node: Node) throws(RelayError) {
    guard let pull = node.installing, let replica = node.replica else { return }
    let faults = node.process.pauseFaults()
    let isThere = try replica.position().base == pull.head
    node.process.goOn(with: faults)
    // A program that is dead by now, and was not told, is asked once it runs again.
    node.installing = nil
    if isThere { installed(pull, node) }
  }

  // MARK: In the end

  /// The hub's cells are the writes that nobody who wrote later had seen; more of them only where what an author had seen
  /// was lost.
  ///
  /// - Returns: what the living rows show.
  func checkCells() throws -> [Name: [String: Value]] {
    let truth = Truth(schema)
    // In the order in which they were written: who comes to the hub again may come after whoever had seen it.
    for entry in log.entries.filter(\.verdict.isAccepted).sorted(by: { $0.work < $1.work }) {
      let verdict = entry.verdict
      truth.accept(
        entry.work, seq: verdict.seq, effective: verdict.effective.bits, works[entry.work]?.acts ?? [:], hidden: [],
        settles: [:])
    }
    var rows: [Name: [String: Value]] = [:]
    for (name, line) in truth.lines.sorted(by: { $0.key < $1.key }) {
      let found = try cells(name)
      for cell in Set(found.keys).union(line.cells.keys).sorted() {
        var named: [Dot: Truth.Write] = [:]
        for (dot, write) in found[cell] ?? [:] {
          guard let work = log.works[dot] else { throw Broken("\(cell) of \(name) has a write of nobody") }
          named[work] = write
        }
        try check(named, line.cells[cell] ?? [:], cell, name)
      }
      var merged = Truth.Line()
      merged.cells = found
      if truth.isAlive(merged) { rows[name] = truth.values(name, merged) }
    }
    return rows
  }

  private func cells(_ name: Name) throws -> [String: [Dot: Truth.Write]] {
    guard let cells = try hub.reader.cells(of: RowID(table: 1, values: [.text(name.id)])) else {
      throw Broken("the hub has no \(name)")
    }
    var found: [String: [Dot: Truth.Write]] = [:]
    for cell in cells {
      for write in cell.writes { found[Oracle.label(cell.id, name), default: [:]][write.dot] = Truth.Write(write) }
    }
    return found
  }

  private func check(
    _ hub: [Dot: Truth.Write], _ right: [Dot: Truth.Write], _ cell: String, _ name: Name
  ) throws {
    for (work, write) in right.sorted(by: { $0.key < $1.key }) {
      guard let there = hub[work] else {
        throw Broken("t\(work.counter) is gone from \(cell) of \(name), and nobody who had seen it wrote there")
      }
      guard there == write else { throw Broken("t\(work.counter) is \(there) in \(cell) of \(name), not \(write)") }
    }
    for work in hub.keys.filter({ right[$0] == nil }).sorted() {
      let later = log.entries.filter { entry in
        entry.verdict.isAccepted && works[entry.work]?.acts[name]?.seen.contains(work) ?? false
      }
      guard later.contains(where: { works[$0.work]?.isBlurred ?? false }) else {
        let names = later.map { "t\($0.work.counter)" }
        throw Broken("t\(work.counter) still stands in \(cell) of \(name), though \(names) had seen it")
      }
      count("asked once too often")
    }
    if right.count > 1 { count("concurrent") }
  }
}

extension Truth.Write {
  fileprivate init(_ write: CellWrite) {
    let value: Value =
      switch write.value {
      case .values(let values): values.first ?? .null
      case .delta(let change): .integer(change)
      case .flag(let isThere): .integer(isThere ? 1 : 0)
      }
    self.init(value: value, effective: write.effective.bits)
  }
}
