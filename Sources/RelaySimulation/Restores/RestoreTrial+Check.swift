internal import Relay
internal import RelayHub
internal import RelayProtocol

extension RestoreTrial {
  private var atHub: Set<Dot> { Set(log.works.values) }

  /// After a copy was put back: what neither the hub has nor the file of its author is gone, and nobody promises it.
  func noteLosses() throws {
    let kept = nodes.reduce(into: atHub) { $0.formUnion($1.memory.own) }
    for work in written.subtracting(kept).sorted() {
      written.remove(work)
      lost.insert(work)
      count("lost with its file")
    }
  }

  private func shows(_ node: Node) throws -> [Name: [String: Value]] {
    let faults = node.process.pauseFaults()
    defer { node.process.goOn(with: faults) }
    let columns = OracleSchema.columns(of: "person", at: 1)
    let rows = try node.replica?.read { (db) throws(RelayError) in
      try db.query("SELECT id, \(columns.joined(separator: ", ")) FROM person") { (row) throws(RelayError) in
        row.values
      }
    }
    return Dictionary(
      uniqueKeysWithValues: (rows ?? []).map { row in
        (Name(table: "person", id: row[0].text ?? ""), Dictionary(uniqueKeysWithValues: zip(columns, row[1...])))
      })
  }

  /// What a survivor held is at the hub, or refused and in its author's inbox; all show what the hub has.
  func check() throws {
    for work in written.subtracting(atHub).sorted() where try !wasRefused(work) {
      let owners = nodes.filter { $0.memory.own.contains(work) }.map(\.name)
      let waits = try nodes.map { "\($0.name) \(try $0.replica?.status().pending ?? 0)" }
      throw Broken("t\(work.counter) was lost, though \(owners) wrote it; there wait \(waits)")
    }
    try checkRefused()
    let rows = try checkCells()
    // What others hold of work whose author and whose hub have lost it, or that a put-back hub refused, is told as a
    // difference, and stays.
    let gone = lost.union(works.filter { $0.value.wasAccepted && $0.value.refusals > 0 }.keys)
    let orphans = gone.reduce(into: Set<Name>()) { $0.formUnion(works[$1]?.acts.keys.map { $0 } ?? []) }
    for node in nodes {
      guard let replica = node.replica else { throw Broken("\(node.name) does not run") }
      let status = try replica.status()
      guard status.pending == 0 else { throw Broken("\(node.name): \(status.pending) stay pending") }
      guard status.mismatch.isEmpty || !gone.isEmpty else {
        throw Broken("\(node.name): digests of \(status.mismatch) differ")
      }
      let shown = try shows(node)
      for name in Set(shown.keys).union(rows.keys).subtracting(orphans).sorted() where shown[name] != rows[name] {
        throw Broken("\(node.name) shows \(name) as \(shown[name] ?? [:]), the hub has \(rows[name] ?? [:])")
      }
      let sound = try replica.read { (db) throws(RelayError) in try db.first("PRAGMA integrity_check")?[0] }
      guard sound == .text("ok") else { throw Broken("\(node.name): the file is damaged") }
    }
    count(lost.isEmpty ? "agree" : "agree, but for what is lost")
  }

  /// What a pull has told to be refused is not offered again where the hub was put back to before that: it is in the inbox of
  /// whoever wrote it.
  private func wasRefused(_ work: Dot) throws -> Bool {
    let owners = nodes.filter { $0.memory.own.contains(work) }
    guard works[work]?.refusals ?? 0 > 0, !owners.isEmpty else { return false }
    for node in owners where try !inboxHolds(work, node) { return false }
    count("refused by a hub that was put back since")
    return true
  }

  private func inboxHolds(_ work: Dot, _ node: Node) throws -> Bool {
    let items = try node.replica?.inbox().filter { $0.kind == .refused } ?? []
    return items.contains { $0.operations.contains { $0.key == "t\(work.counter)" } }
  }

  /// What was refused waits in the inbox of whoever wrote it; and nothing is refused where nothing was lost.
  private func checkRefused() throws {
    let refused = log.entries.filter { !$0.verdict.isAccepted }
    guard !refused.isEmpty else { return }
    count("refused")
    for entry in refused {
      guard !putBacks.isEmpty else { throw Broken("t\(entry.work.counter) was refused, and nothing explains it") }
      for node in nodes where node.memory.own.contains(entry.work) {
        guard try inboxHolds(entry.work, node) else {
          throw Broken("t\(entry.work.counter) was refused, and the inbox of \(node.name) does not say so")
        }
      }
    }
  }
}
