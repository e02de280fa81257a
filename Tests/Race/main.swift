// Every public call of a replica from many threads at once, for the thread sanitizer to watch. Ends with 0 where nothing was
// lost; a race ends it with the sanitizer's report.
internal import Dispatch
internal import Foundation
internal import Relay
internal import RelayCurl
internal import Synchronization

if CommandLine.arguments.contains("planted") {
  // What must be seen: two threads and a number without a lock. Here the sanitizer ends the program.
  nonisolated(unsafe) let number = UnsafeMutablePointer<Int>.allocate(capacity: 1)
  number.initialize(to: 0)
  DispatchQueue.concurrentPerform(iterations: 4) { _ in
    for _ in 0..<100 {
      for _ in 0..<1000 { number.pointee += 1 }
      usleep(100)
    }
  }
  print("nobody watches: \(number.pointee)")
  exit(0)
}

let schema = Array(
  """
  { "name": "race", "version": 1, "roles": ["field"], "tables": [
    { "id": 1, "name": "item", "key": ["id"], "scopes": ["everyone"], "homes": ["everyone"],
      "columns": [ { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "n", "type": "integer" } ],
      "access": { "field": { "read": true, "write": true } } } ] }
  """.utf8)
let (threads, rounds) = (8, 40)
let path = NSTemporaryDirectory() + "/relay-race-\(UUID().uuidString).db"
defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }

let replica = try Replica(at: path, schema: schema, environment: .system) { db in
  try db.script("CREATE TABLE item (id TEXT PRIMARY KEY, n INTEGER)")
}
// A second replica of the same file, as another part of the app might open it.
let other = try Replica(at: path, schema: schema, environment: .system)
let watcher = Task { [replica] in
  var seen = 0
  for await _ in try replica.changes(of: ["item", "relay_inbox"]) { seen += 1 }
  return seen
}

let failures = Failures()
DispatchQueue.concurrentPerform(iterations: threads) { thread in
  for round in 0..<rounds {
    do {
      let mine = thread % 2 == 0 ? replica : other
      try mine.write { db in
        try db.execute("INSERT INTO item VALUES (?, ?)", [.text("\(thread)-\(round)"), .integer(Int64(round))])
      }
      switch round % 6 {
      case 0: _ = try replica.read { db in try db.query("SELECT count(*) FROM item") { row in row[0] } }
      case 1: _ = try replica.exportPending()
      case 2: _ = try replica.status()
      case 3: _ = try replica.inbox()
      case 4: _ = try replica.moment(of: [(table: "item", key: [.text("0-0")])])
      default: _ = try replica.poll()
      }
    } catch { failures.note("thread \(thread), round \(round): \(error)") }
  }
}
watcher.cancel()
_ = try? await watcher.value

let count = try replica.read { db in try db.query("SELECT count(*) FROM item") { row in row[0] } }
let sealed = try replica.exportPending().transactions.count
for failure in failures.list { print(failure) }
guard failures.list.isEmpty, count == [.integer(Int64(threads * rounds))], sealed == threads * rounds else {
  print("rows \(count), transactions \(sealed), of \(threads * rounds)")
  exit(1)
}
print("\(threads) threads, \(sealed) transactions, nothing lost")

/// What went wrong on any thread.
final class Failures: Sendable {
  private let texts = Mutex<[String]>([])

  var list: [String] { texts.withLock { $0 } }

  func note(_ text: String) { texts.withLock { $0.append(text) } }
}
