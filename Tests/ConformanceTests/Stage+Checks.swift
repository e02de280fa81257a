import ConformanceVectors
import Foundation
import Relay
internal import RelayMerge
internal import RelayProtocol
import TestSupport

@testable import RelayHub

extension Stage {
  func expect(_ what: String, _ expected: JSON, _ got: JSON, _ player: Player? = nil) throws {
    guard expected != got else { return }
    var (expected, got) = (expected, got)
    // Of two large objects only what differs is worth reading.
    if case .object(let a) = expected, case .object(let b) = got {
      expected = .object(a.filter { b[$0.key] != $0.value })
      got = .object(b.filter { a[$0.key] != $0.value })
    }
    throw Mismatch(
      vector: vector.name, device: player?.name ?? "", what: what, expected: expected.description,
      got: got.description)
  }

  /// Takes note of what the replica is called and has sealed since the last time.
  func note(_ player: Player) throws {
    // An id is named by the file that drew it, though a copy may be the first to write as it.
    let ids = try player.shell.query("SELECT id FROM relay_replica WHERE first = 0 ORDER BY number", []) { (row) in
      ReplicaID(bits: UInt64(bitPattern: row.int(0)))
    }
    for id in ids where !spelling.knows(id) {
      player.drawn += 1
      spelling.learn(id, as: "\(player.name)+\(player.drawn)")
    }
    let found = try player.shell.query(
      "SELECT dot, bytes FROM relay_transaction WHERE dot > ? ORDER BY dot",
      [.integer(Int64(player.noted))]
    ) { (row) throws(RelayError) in
      (UInt64(row.int(0)), try Transaction(decoding: row.blob(1)), row.blob(1))
    }
    for (key, transaction, bytes) in found {
      player.noted = key
      // What the fork would be called that begins with it.
      let hash = hash128(transaction.previous.bytes, bytes)
      spelling.learn(.fork(transaction.dot, hash), as: "\(player.name)/\(spelling.dot(transaction.dot))")
      player.sealed.append(spelling.transaction(transaction))
    }
  }

  func check(_ verdicts: [Verdict], _ step: Step, _ player: Player) throws {
    let expected = (step.json["verdicts"]?.list ?? []).map { verdict in
      var members = verdict.object ?? [:]
      for name in ["as", "signs", "sealed", "seen"] { members[name] = nil }
      return JSON.object(members)
    }
    try expect("verdicts", .list(expected), .list(verdicts.map(spelling.verdict)), player)
  }

  /// After a step: what was sealed, and every row that the device shows.
  func check(_ step: Step, _ player: Player) throws {
    try expect("sealed", step.json["sealed"] ?? .list([]), .list(player.sealed), player)
    player.sealed = []
    for (row, values) in step.json["shows"]?.object ?? [:] {
      if values == .null { player.shows[row] = nil } else { player.shows[row] = canonical(values) }
    }
    try expect("rows shown", .object(player.shows), .object(try shown(player)), player)
  }

  /// Lists as SQL holds them.
  private func canonical(_ values: JSON) -> JSON {
    .object((values.object ?? [:]).mapValues { JSON(spelling.column($0)) })
  }

  private func shown(_ player: Player) throws -> [String: JSON] {
    var shown: [String: JSON] = [:]
    for table in player.replica.schema.tables {
      let columns = table.columns.map(\.name)
      for values in try player.shell.query(
        "SELECT \(columns.joined(separator: ", ")) FROM \(table.name)", [],
        { (row) throws(RelayError) in row.values })
      {
        let row = RowID(table: table.id, values: table.key.map { values[$0] })
        shown[spelling.row(row)] = .object(
          Dictionary(uniqueKeysWithValues: zip(columns, values.map { JSON($0) })))
      }
    }
    return shown
  }

  // MARK: The end

  func checkEnd() throws {
    let end = vector.end
    try expect("the hub's head", end["head"] ?? .null, .integer(Int64(try hub.reader.head())))
    try expect("the hub's cells", end["cells"] ?? .null, .object(try hubCells()))
    try expect("open entries", Stage.sorted(end["entries"]), Stage.sorted(.list(try openEntries())))
    for player in players.values.sorted(by: { $0.name < $1.name }) { try checkInbox(player) }
  }

  /// Every row that the hub keeps, dead ones too, with its live writes.
  func hubCells() throws -> [String: JSON] {
    var cells: [String: JSON] = [:]
    let session = hub.reader.session
    for row in try session.store.feed.feed(ScopeGrant.everything, after: .start, most: .max) {
      guard var stored = try session.load(row.row), let table = spelling.schema.table(row.row.table) else { continue }
      try session.expand(&stored)
      cells[spelling.row(stored.row)] = spelling.cells(stored.state, table)
    }
    return cells
  }

  /// Row, cell and the seq at which it opened.
  func openEntries() throws -> [JSON] {
    var list: [JSON] = []
    for row in try hub.reader.session.store.feed.feed(ScopeGrant.everything, after: .start, most: .max) {
      guard let table = spelling.schema.table(row.row.table) else { continue }
      for entry in try hub.reader.session.store.conflicts.openEntries(row.row) {
        let cell = try CBORReader.decode(entry.cell) { (reader) throws(RelayError) in try reader.cellID() }
        list.append(
          .list([.text(spelling.row(row.row)), .text(spelling.cell(cell, table)), .integer(Int64(entry.opened))]))
      }
    }
    return list
  }

  private static func sorted(_ list: JSON?) -> JSON {
    .list((list?.list ?? []).sorted { $0.description < $1.description })
  }

  private func checkInbox(_ player: Player) throws {
    let expected = vector.end["inbox"]?[player.name]
    let inbox = try player.replica.inbox()
    func row(_ item: InboxItem) -> JSON { .text("\(item.table) \(item.key)") }
    func cell(_ item: InboxItem) -> JSON { .text(item.column == "(existence)" ? "_live" : item.column ?? "") }
    let conflicts = inbox.filter { $0.kind == .conflict }.map { item in
      JSON.list([row(item), cell(item), .integer(Int64(item.opened))])
    }
    try expect("conflicts in the inbox", Stage.sorted(expected?["conflicts"]), Stage.sorted(.list(conflicts)), player)
    // A notice tells the value shown with its author and time; the vector has the value.
    let wanted = (expected?["notices"]?.list ?? []).map { notice -> JSON in
      guard let parts = notice.list, parts.count == 4 else { return notice }
      if parts[1] == .text("_live") {
        return .list(parts.prefix(3) + [.text(parts[3] == .text("alive") ? "there" : "deleted")])
      }
      let values = (parts[3].list ?? [parts[3]]).map { ($0.value ?? .null).description }
      return .list(parts.prefix(3) + [.text(values.joined(separator: ", "))])
    }
    let notices = inbox.filter { $0.kind == .notice }.map { item in
      let shown = item.shown.map { text in
        JSON.text(text.range(of: " (").map { String(text[..<$0.lowerBound]) } ?? text)
      }
      return JSON.list([row(item), cell(item), .integer(Int64(item.opened))] + (shown.map { [$0] } ?? []))
    }
    try expect("notices in the inbox", Stage.sorted(.list(wanted)), Stage.sorted(.list(notices)), player)
    let refused = inbox.filter { $0.kind == .refused }.map { item -> JSON in
      let parts = item.id.split(separator: "-").last?.split(separator: ":") ?? []
      guard parts.count == 2, let replica = ReplicaID(String(parts[0])), let counter = UInt64(parts[1]) else {
        return .text(item.id)
      }
      return .text(spelling.dot(Dot(replica, counter)))
    }
    try expect("refusals in the inbox", Stage.sorted(expected?["refused"]), Stage.sorted(.list(refused)), player)
  }
}
