import Foundation
import Testing

/// What `strace -f -y` saw of one program with a database: were the bytes flushed before anybody was told?
///
/// strace writes a line when a call begins and when it returns, in the order in which that happened, over all threads.
/// A database's log is clean when a flush of it has returned that began after the last write to it had returned. A kill
/// of a process cannot show this: what was written and not flushed outlives the process.
struct FlushTrace {
  /// Acknowledgements that went out.
  private(set) var acknowledgements = 0
  private(set) var flushes = 0
  /// Where one went out too early, with its line.
  private(set) var violations: [String] = []

  /// Numbers the writes to a file; those up to `flushed` are on the disk.
  private struct File {
    var written = 0
    var flushed = 0
    var isClean: Bool { written == flushed }
  }

  private var log = File()
  private var database = File()
  /// How many writes had begun when a thread's flush began.
  private var flushing: [Substring: Int] = [:]
  /// How many writes to the log there were when a request came in on a connection.
  private var asked: [Substring: Int] = [:]
  private var writtenAtLast = 0

  /// - Parameters:
  ///   - trace: what strace wrote.
  ///   - database: the SQLite file, in WAL mode.
  ///   - acknowledgement: how the bytes begin that tell somebody that his work is kept.
  ///   - isAlone: one request at a time: then nothing at all may be unflushed when an answer goes out, and each
  ///     answer has a write of its own. Otherwise other people's commits may be under way; then a write to the log
  ///     that came after the request must have been flushed.
  init(_ trace: String, database: String, acknowledgement: String, isAlone: Bool) throws {
    for call in try TracedCall.calls(trace) {
      switch call.path {
      case database + "-wal": take(call, \.log)
      case database: take(call, \.database)
      default:
        if call.isRead, call.isOver, call.text.hasPrefix("POST /v1/") { asked[call.path] = log.written }
        if call.isWrite, !call.isOver, call.text.hasPrefix(acknowledgement) { judge(call, isAlone) }
      }
    }
  }

  private mutating func take(_ call: TracedCall, _ file: WritableKeyPath<FlushTrace, File>) {
    if call.isWrite, !call.isOver {
      // The log begins again from its start: what it held must be safe in the database by then.
      if file == \.log, call.isAtStart, !database.isClean { violations.append("log overwritten before a flush") }
      self[keyPath: file].written += 1
    }
    if call.isFlush, !call.isOver { flushing[call.thread] = self[keyPath: file].written }
    if call.isFlush, call.result == "0", let covered = flushing.removeValue(forKey: call.thread) {
      self[keyPath: file].flushed = max(self[keyPath: file].flushed, covered)
      flushes += 1
    }
  }

  private mutating func judge(_ call: TracedCall, _ isAlone: Bool) {
    acknowledgements += 1
    let holds =
      isAlone
      ? log.isClean && log.written > writtenAtLast
      : log.flushed > asked[call.path] ?? .max
    if !holds { violations.append("answer \(acknowledgements) went out before the flush: \(call.name) \(call.text)") }
    writtenAtLast = log.written
  }
}

/// A system call as it begins or as it returns.
struct TracedCall {
  let thread: Substring
  let name: Substring
  /// What the first descriptor is open on.
  let path: Substring
  /// The beginning of the bytes that are written or were read.
  let text: Substring
  /// Nil while the call runs.
  let result: Substring?
  /// A write to the beginning of its file.
  let isAtStart: Bool

  var isWrite: Bool { ["write", "pwrite64", "writev", "pwritev", "sendto", "sendmsg"].contains(name) }
  var isRead: Bool { ["read", "recvfrom", "recvmsg", "readv"].contains(name) }
  var isFlush: Bool { ["fsync", "fdatasync"].contains(name) }
  var isOver: Bool { result != nil }

  private init?(thread: Substring, call: Substring, result: Substring?) {
    guard let bracket = call.firstIndex(of: "("), let open = call.firstIndex(of: "<"), bracket < open,
      let shut = call[open...].firstIndex(of: ">")
    else { return nil }
    self.thread = thread
    name = call[..<bracket]
    path = call[call.index(after: open)..<shut]
    text = call[shut...].split(separator: "\"", maxSplits: 2, omittingEmptySubsequences: false).dropFirst().first ?? ""
    self.result = result
    isAtStart = call.hasSuffix(", 0)") || call.hasSuffix(", 0")
  }

  /// The calls of a trace: one that other threads' lines stand between comes twice, as it begins and as it returns.
  static func calls(_ trace: String) throws -> [TracedCall] {
    var unfinished: [Substring: Substring] = [:]
    return try trace.split(separator: "\n").flatMap { line -> [TracedCall?] in
      guard let space = line.firstIndex(of: " ") else { return [] }
      let thread = line[..<space]
      var call = line[space...].drop { $0 == " " }
      guard !call.hasPrefix("+++"), !call.hasPrefix("---") else { return [] }
      if call.hasSuffix("<unfinished ...>") {
        call = call.dropLast("<unfinished ...>".count)
        while call.last == " " { call.removeLast() }
        unfinished[thread] = call
        return [TracedCall(thread: thread, call: call, result: nil)]
      }
      // "= 0", also with what the number means behind it; a short call has more than one space before it.
      let equals = try #require(call.range(of: " = ", options: .backwards), "\(line)")
      var begun = call[..<equals.lowerBound]
      while begun.last == " " { begun.removeLast() }
      try #require(begun.last == ")", "\(line)")
      let end = begun.index(before: begun.endIndex)
      let result = call[equals.upperBound...].prefix { $0 != " " }
      if call.hasPrefix("<... ") {
        let rest = try #require(call.range(of: " resumed>")).upperBound
        let first = try #require(unfinished[thread], "a call that never began: \(line)")
        let whole = first + call[rest..<end] + ")"
        return [TracedCall(thread: thread, call: whole, result: result)]
      }
      let whole = call[..<end] + ")"
      return [
        TracedCall(thread: thread, call: whole, result: nil), TracedCall(thread: thread, call: whole, result: result),
      ]
    }.compactMap { $0 }
  }
}
