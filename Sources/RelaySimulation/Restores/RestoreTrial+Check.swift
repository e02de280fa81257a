internal import Relay
internal import RelayHub
internal import RelayProtocol

extension RestoreTrial {
  private func isAtHub(_ id: String) throws -> Bool {
    try hub.reader.cells(of: RowID(table: 1, values: [.text(id)])) != nil
  }

  /// After a copy was put back: what neither the hub has nor the file of its author is gone, and nobody promises it.
  func noteLosses() throws {
    let kept = nodes.reduce(into: Set<String>()) { $0.formUnion($1.own) }
    for id in written.subtracting(kept).sorted() where try !isAtHub(id) {
      written.remove(id)
      lost.insert(id)
      count("lost with its file")
    }
  }

  private func shows(_ node: Node) throws -> [String: [Value]] {
    let faults = node.process.pauseFaults()
    defer { node.process.goOn(with: faults) }
    let rows = try node.replica?.read { (db) throws(RelayError) in
      try db.query("SELECT id, unit, phone, guests, tags FROM person") { (row) throws(RelayError) in row.values }
    }
    return Dictionary(uniqueKeysWithValues: (rows ?? []).map { ($0[0].text ?? "", $0) })
  }

  /// What a survivor held is at the hub, or refused and in its author's inbox; all agree; nothing is made up.
  func check() throws {
    var refused: Set<String> = []
    for node in nodes {
      for item in try node.replica?.inbox() ?? [] where item.kind == .refused {
        refused.formUnion(item.operations.map(\.key))
      }
    }
    for id in written.sorted() where try !isAtHub(id) && !refused.contains(id) {
      let owners = nodes.filter { $0.own.contains(id) }.map(\.name)
      let shown = try nodes.filter { try shows($0).keys.contains(id) }.map(\.name)
      let waits = try nodes.map { "\($0.name) \(try $0.replica?.status().pending ?? 0)" }
      throw Broken("\(id) was lost, though \(owners) wrote it; \(shown) show it; there wait \(waits)")
    }
    if !refused.isEmpty { count("refused") }
    for node in nodes {
      for (id, row) in try shows(node) where row[2].text.map({ !values.contains($0) }) ?? false {
        throw Broken("\(node.name) shows \(row[2]) in \(id), which nobody wrote")
      }
    }
    // What others hold of work whose author and whose hub have lost it is told as a difference, and stays.
    for node in nodes where try !lost.isDisjoint(with: shows(node).keys) { return count("with orphans") }
    var first: [String: [Value]]?
    for node in nodes {
      guard let replica = node.replica else { throw Broken("\(node.name) does not run") }
      let status = try replica.status()
      guard status.pending == 0 else { throw Broken("\(node.name): \(status.pending) stay pending") }
      guard status.mismatch.isEmpty else { throw Broken("\(node.name): digests of \(status.mismatch) differ") }
      let rows = try shows(node)
      if let first, first != rows { throw Broken("\(node.name) and \(nodes[0].name) differ") }
      first = rows
      let sound = try replica.read { (db) throws(RelayError) in try db.first("PRAGMA integrity_check")?[0] }
      guard sound == .text("ok") else { throw Broken("\(node.name): the file is damaged") }
    }
    count("agree")
  }
}
