internal import RelayProtocol

/// What a file reflects, as somebody sees it who watches what is written to it and what answers are installed. A copy of the
/// file has the same.
struct RestoreMemory {
  /// The transactions that the file has as its own work.
  var own: Set<Dot> = []
  /// Of those: found after the process was killed over them, and flushed by nothing since. SQLite shows such a commit, and a
  /// power cut takes it.
  var unflushed: Set<Dot> = []
  /// Of each row the transactions that it shows the effect of.
  var known: [Name: Set<Dot>] = [:]
  /// Rows that reflect what the hub has lost: what of that its author had seen has no name any more.
  var blurred: Set<Name> = []
  /// The effective times that the file was told.
  var times: [Dot: HybridTime] = [:]
  var base: UInt64 = 0
  /// How often the hub had been put back when the file stood there last.
  var history = 0
}

/// A pull that was asked for at one place of the hub's order, and ends at another.
struct Pulled {
  var asked: UInt64
  var head: UInt64
}

/// A transaction as its author wrote it. Its name here stays what it is whatever the hub calls it.
struct RestoreWork {
  var acts: [Name: Act]
  /// May the hub take it for having seen less than it had?
  var isBlurred: Bool
  /// What its author had written before it.
  var own: Set<Dot>
  /// Was it ever accepted, in whatever history?
  var wasAccepted = false
  /// How often it was refused.
  var refusals = 0
}

/// The hub's order as it is now, by the names that transactions have here.
struct RestoreLog {
  struct Entry {
    var work: Dot
    var verdict: Verdict
  }

  private(set) var entries: [Entry] = []
  private(set) var works: [Dot: Dot] = [:]

  var head: UInt64 { UInt64(entries.count) }

  /// - Throws: where the hub has judged the same work twice, under whatever names.
  mutating func append(_ entry: Entry) throws {
    guard entry.verdict.seq == head + 1 else { throw Broken("seq \(entry.verdict.seq) follows \(head)") }
    guard !entries.contains(where: { $0.work == entry.work }) else {
      throw Broken("t\(entry.work.counter) counts twice, the second time as \(entry.verdict.dot)")
    }
    entries.append(entry)
    works[entry.verdict.dot] = entry.work
  }

  /// The hub was put back.
  mutating func cut(to head: UInt64) {
    entries.removeLast(entries.count - Int(head))
    works = Dictionary(uniqueKeysWithValues: entries.map { ($0.verdict.dot, $0.work) })
  }
}
