internal import Foundation
internal import Relay
internal import RelayHub
internal import RelayMerge
internal import RelayProtocol
internal import RelaySQLite
internal import TestSupport

/// A hub and a device with rows, a conflict and work that waits, made anew after an input that changed something.
final class Party {
  let fleet: Fleet
  let device: Fleet.Device

  init() throws {
    fleet = try Fleet(inMemory: true)
    device = try fleet.add("a", "unit/u1")
    let other = try fleet.add("b", "unit/u1")
    try device.sql("INSERT INTO person (id, unit, phone) VALUES ('p', 'u1', '1'), ('q', 'u1', '2')")
    try device.sql("INSERT INTO visit VALUES ('v', 'p', 'first')")
    try fleet.settle()
    try device.sql("UPDATE person SET phone = '3', guests = 1 WHERE id = 'p'")
    try other.sql("UPDATE person SET phone = '4', tags = '[\"x\"]' WHERE id = 'p'; DELETE FROM person WHERE id = 'q'")
    try fleet.settle()
    try device.sql("UPDATE person SET area = 'North' WHERE id = 'p'; INSERT INTO visit VALUES ('w', 'p', 'second')")
  }

  /// What the device asks, and what the hub answers, until the device is up to date; the second time in small pages.
  func exchanges() throws -> [(request: [UInt8], answer: [UInt8])] {
    var exchanges: [(request: [UInt8], answer: [UInt8])] = []
    for _ in 0..<8 {
      let request = try device.replica.nextRequest(pageBytes: exchanges.isEmpty ? 4 << 20 : 1)
      guard let answer = try fleet.answer(device, request) else { break }
      exchanges.append((request.encoded(), answer.encoded()))
      if case .installed = try device.replica.receive(answer, to: request) { break }
    }
    return exchanges
  }
}

final class RequestReader: FuzzReader {
  private var party: Party

  init() throws { party = try Party() }

  func read(_ bytes: [UInt8]) throws {
    var request = try SyncRequest(decoding: bytes)
    let own = try party.device.replica.nextRequest()
    (request.organisation, request.schemaHash, request.epoch) = (own.organisation, own.schemaHash, own.epoch)
    (request.schemaVersion, request.installed) = (own.schemaVersion, own.installed)
    if request.base == own.base { request.logHash = own.logHash }
    request.replica = own.replica
    defer { renew() }
    var verdicts: [Verdict] = []
    _ = try party.fleet.hub.answer(request, as: "a", now: party.fleet.clock.now, &verdicts)
  }

  /// What one input did to the hub is not what another one finds.
  private func renew() {
    let head = (try? party.fleet.reader.status().head) ?? 0
    if head > 4 { party = try! Party() }
  }
}

final class AnswerReader: FuzzReader {
  private var party: Party

  init() throws { party = try Party() }

  func read(_ bytes: [UInt8]) throws {
    var response = try SyncResponse(decoding: bytes)
    let replica = party.device.replica
    let request = try replica.nextRequest()
    response.answers = request.answer(device: "a", body: request.encoded())
    let base = request.base
    defer { if (try? replica.status().base) != base { party = try! Party() } }
    _ = try replica.receive(response, to: request)
    _ = try replica.status()
    _ = try replica.inbox()
  }
}

/// An input is a list of changes: where (three bytes), how many bytes (one), and they.
final class FileReader: FuzzReader {
  private let party: Party
  private let folder = TestFolder(inMemory: true)
  private let whole: [UInt8]
  private let path: String
  /// What waited to be sent when the file was whole.
  private let sealed: [Dot: [UInt8]]

  init() throws {
    party = try Party()
    sealed = Dictionary(
      try party.device.replica.nextRequest().push.map { (try Transaction(decoding: $0).dot, $0) }
    ) { $1 }
    path = folder.file("changed.db")
    try Database(path: party.device.replica.path, mode: .readWrite).script("VACUUM INTO '\(path)'")
    whole = Array(try Data(contentsOf: URL(filePath: path)))
  }

  func read(_ bytes: [UInt8]) throws {
    var file = whole
    var rest = bytes[...]
    while rest.count > 4 {
      let head = Array(rest.prefix(4))
      let at = (Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])) % file.count
      let patch = rest.dropFirst(4).prefix(min(Int(head[3]), file.count - at))
      file.replaceSubrange(at..<at + patch.count, with: patch)
      rest = rest.dropFirst(4 + max(1, patch.count))
    }
    for ending in ["-wal", "-shm", "-journal"] { try? FileManager.default.removeItem(atPath: path + ending) }
    try Data(file).write(to: URL(filePath: path))
    _ = try Replica.kind(of: path, schema: Fleet.schema)
    let replica = try Replica(at: path, schema: Fleet.schema, environment: party.fleet.environment)
    try look(replica)
  }

  /// What commands do with a file; one that fails does not keep the next one from its turn.
  private func look(_ replica: Replica) throws {
    var first: (any Error)?
    let looks: [() throws -> Void] = [
      { _ = try replica.status() }, { _ = try replica.inbox() }, { _ = try replica.exportPending() },
      {
        _ = try replica.write(author: "damaged") { (db) throws(RelayError) in
          try db.script("UPDATE person SET area = 'x'")
        }
      },
      { try self.push(replica) },
    ]
    for look in looks { do { try look() } catch { first = first ?? error } }
    if let first { throw first }
  }

  private func push(_ replica: Replica) throws {
    let request = try replica.nextRequest()
    for bytes in try SyncRequest(decoding: request.encoded()).push { try checkAuthor(bytes) }
  }

  /// What was sealed is sent as it was sealed, or not at all; anything else is what was written to the damaged file.
  private func checkAuthor(_ bytes: [UInt8]) throws {
    let transaction = try Transaction(decoding: bytes)
    guard let original = sealed[transaction.dot], original != bytes else { return }
    expect(transaction.author == "damaged", "\(transaction.dot) is not what was sealed: \(bytes.hexadecimal)")
  }
}
