internal import Relay
package import RelayHub
internal import RelayMerge
package import RelayProtocol

extension Oracle {
  /// After everybody has synced: hub and truth agree cell by cell, and every device shows what it should and no more.
  ///
  /// - Parameter answer: the hub's answer to a device's request.
  package func check(_ hub: HubReader, answer: (Witness, SyncRequest) throws -> SyncResponse?) throws {
    try checkHub(hub, answer)
    for witness in witnesses { try check(witness) }
  }

  /// Asks the hub for everything with every stamp, as a device that holds nothing would, and looks into its store.
  private func checkHub(
    _ hub: HubReader, _ answer: (Witness, SyncRequest) throws -> SyncResponse?
  ) throws {
    guard let auditor = witnesses.first, auditor.scopes == ["*"] else { return }
    var request = try auditor.replica.nextRequest()
    (request.base, request.floor, request.logHash, request.scopes) = (0, 0, .zero, [])
    request.pull = PullRequest(pageBytes: 1 << 24)
    guard let page = try answer(auditor, request)?.page else { throw Broken("no audit") }
    var told: Set<Name> = []
    for record in try page.rows.decoded().flatMap(\.rows) {
      let name = Oracle.name(of: record.row)
      guard let line = truth.lines[name] else { throw Broken("the hub made up \(name)") }
      guard truth.isAlive(line) == (record.values != nil) else { throw Broken("\(name): dead or alive?") }
      told.insert(name)
      guard record.values != nil, let cells = try hub.cells(of: record.row) else { continue }
      let found = Dictionary(uniqueKeysWithValues: cells.map { (Oracle.label($0.id, name), dots($0)) })
      let wanted = line.cells.filter { !$0.value.isEmpty }.mapValues { cell in cell.keys.sorted() }
      for (cell, dots) in wanted where dots.count > 1 && schema.columns[cell] != .sum {
        count("ends with \(dots.count > 2 ? "three writes or more" : "two writes") in \(cell.prefix(4))")
      }
      guard found == wanted else { throw Broken("\(name): the hub has \(found), the truth is \(wanted)") }
      let sent = Dictionary(
        uniqueKeysWithValues: record.stamps.map {
          (Oracle.label($0.id, name), $0.writes.map(\.stamp.dot).sorted())
        })
      let travels = cells.filter { Oracle.travels($0) }.map { Oracle.label($0.id, name) }
      guard sent.keys.sorted() == travels.sorted(),
        sent.allSatisfy({ schema.columns[$0.key] == .sum ? $0.value.count == 1 : $0.value == wanted[$0.key] })
      else { throw Broken("\(name): the hub sends \(sent) of \(wanted)") }
    }
    guard told == Set(truth.lines.keys.filter(truth.knows)) else { throw Broken("the hub knows \(told)") }
  }

  /// An element that nobody wants in its set stays at the hub.
  private static func travels(_ cell: Cell) -> Bool {
    cell.id.element == nil || cell.writes.contains { $0.value == .flag(true) }
  }

  private func dots(_ cell: Cell) -> [Dot] { cell.writes.map(\.dot).sorted() }

  static func label(_ cell: CellID, _ name: Name) -> String {
    if cell.group == 0 { return "live" }
    if let element = cell.element { return "tags:" + (element.text ?? "") }
    return OracleSchema.columns(of: name.table, at: 3)[Int(cell.group) - 2]
  }

  /// What is judged and not in the inbox leaves nothing behind.
  private func checkBookkeeping(_ witness: Witness) throws {
    for (what, sql) in [
      ("images", "SELECT count(*) FROM relay_image WHERE state <> 2"),
      ("transactions", "SELECT count(*) FROM relay_transaction"),
      ("forgotten refusals", "SELECT count(*) FROM relay_forgotten"),
      (
        "refusals", "SELECT count(*) - (SELECT count(*) FROM relay_inbox WHERE kind = 'refused') FROM relay_refusal"
      ),
      (
        "pending rows",
        """
        SELECT count(*) FROM relay_pending AS p WHERE fate = 0 OR NOT EXISTS (SELECT 1 FROM relay_pending AS r
          WHERE r.tbl = p.tbl AND r.key = p.key AND r.fate = 2)
        """
      ),
    ] {
      let left = try witness.values(sql)
      guard left == [[0]] else { throw Broken("\(witness.name): \(left[0][0]) \(what) are left behind") }
    }
  }

  private func check(_ witness: Witness) throws {
    let name = witness.name
    let status = try witness.replica.status()
    guard status.pending == 0 else { throw Broken("\(name): \(status.pending) stay pending") }
    guard status.mismatch.isEmpty else { throw Broken("\(name): digests of \(status.mismatch) differ") }
    guard witness.installedVersion == witness.version else {
      throw Broken("\(name) holds rows of version \(witness.installedVersion) instead of \(witness.version)")
    }
    guard status.base == truth.head else { throw Broken("\(name) stands at \(status.base) of \(truth.head)") }
    let wanted = truth.lines.keys.filter { row in
      truth.shown(row) != nil && witness.reads(row, at: truth.head)
    }.sorted()
    let found = try witness.rows()
    guard found == wanted else { throw Broken("\(name) shows \(found) instead of \(wanted)") }
    let hidden = witness.hidden
    for row in wanted {
      let values = try witness.row(row)?.filter { !hidden.contains($0.key) }
      let right = truth.shown(row)?.filter { !hidden.contains($0.key) }
      guard values == right else { throw Broken("\(name): \(row) shows \(values ?? [:]) instead of \(right ?? [:])") }
    }
    let inbox = try witness.replica.inbox()
    let asked = inbox.filter { $0.kind == .conflict }.map { "\($0.table) \($0.key) \($0.column ?? "")" }.sorted()
    let open = wanted.flatMap { row in
      truth.questions(row).subtracting(hidden).map {
        "\(row) \($0 == "live" ? "(existence)" : $0)"
      }
    }.sorted()
    if !open.isEmpty { count("conflicts") }
    for item in inbox where item.kind == .conflict {
      let cell = item.column == "(existence)" ? "live" : item.column ?? ""
      let row = Name(table: item.table, id: item.key)
      let opened = truth.opened(row, cell)
      guard opened == item.opened || opened != nil && isAnew(row, cell, item.opened) else {
        throw Broken("\(name): \(item.id) opened at \(item.opened), not at \(opened.map { "\($0)" } ?? "any")")
      }
    }
    try checkNotices(witness, inbox, wanted)
    guard asked == open else { throw Broken("\(name) asks about \(asked) instead of \(open)") }
    try checkBookkeeping(witness)
    let refused = Set(inbox.filter { $0.kind == .refused }.map(\.id))
    for (counter, sent) in witness.sent {
      guard let verdict = sent.verdict else { throw Broken("\(name): nobody judged \(counter)") }
      let waits = !verdict.isAccepted && !witness.forgotten.contains(counter)
      guard waits == refused.contains("r-\(verdict.dot)") else {
        throw Broken(
          "\(name): \(verdict.dot) \(waits ? "was refused and the inbox does not say so" : "is in the inbox")")
      }
    }
  }
}
