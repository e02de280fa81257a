internal import Relay
package import RelayProtocol

/// Holds what a hub says and what devices show to the truth of what every author had seen. It has no network and no fleet:
/// whoever runs one tells it of every request, verdict and install.
package final class Oracle {
  package let schema: OracleSchema
  package let truth: Truth
  package private(set) var witnesses: [Witness] = []
  /// What each device may do now, and all that it ever might.
  package private(set) var rights: [String: Rights] = [:]
  private(set) var everWritable: [String: Set<String>] = [:]
  private(set) var everReadable: [String: Set<String>] = [:]
  private(set) var everRoles: [String: Set<String>] = [:]
  /// The role of a transaction's device when it was judged.
  private(set) var rolesThen: [Dot: String] = [:]
  /// The bases that rows were sealed with.
  private(set) var bases: [Dot: [Name: UInt64]] = [:]
  /// What each transaction claims to have known, for the report of a failure.
  private var claims: [Dot: String] = [:]
  /// The hub's clock while it judges, in milliseconds since 1970; nil where nobody knows it.
  package var hubTime: Int64?
  /// Did the hub's clock jump? Then a device that is set back to its time may be earlier than what it has seen.
  package var isHubClockWrong = false
  /// Does the hub forget what is gone?
  package var forgets = false
  /// Do weeks pass at once? Then what is late may be too late.
  var leaps = false
  /// The month to which the hub goes on, while it does.
  var ageingTo: String?
  /// When the hub judged what has a seq, by its own clock; nil where nobody looked.
  private(set) var receivedAt: [UInt64: Int64] = [:]
  /// What the hub said of each transaction.
  package private(set) var said: [Dot: Verdict] = [:]
  /// How often what happened.
  package private(set) var counts: [String: Int] = [:]
  /// What happened, for the report of a failure.
  package private(set) var story: [String] = []

  package static let units = ["u1", "u2", "u3"]

  package init(_ schema: OracleSchema) {
    self.schema = schema
    truth = Truth(schema)
  }

  package func count(_ what: String) { counts[what, default: 0] += 1 }

  package func tell(_ line: String) { story.append(line) }

  package func add(_ witness: Witness, scopes: [String]) {
    witnesses.append(witness)
    granted(witness.name, Rights(role: witness.role, scopes: scopes))
    count("role " + witness.role)
  }

  /// What a device may do from now on.
  package func granted(_ name: String, _ rights: Rights) {
    self.rights[name] = rights
    everWritable[name, default: []].formUnion(rights.writable)
    everReadable[name, default: []].formUnion(rights.scopes)
    everRoles[name, default: []].insert(rights.role)
  }

  // MARK: What travels

  /// What is pushed is what its author wrote.
  package func sends(_ witness: Witness, _ request: SyncRequest) throws {
    for bytes in request.push {
      let transaction = try Transaction(decoding: bytes)
      let rows = transaction.rows.map { Oracle.name(of: $0.row).description }
      let wanted = witness.sent[transaction.dot.counter]?.acts.keys.map(\.description).sorted() ?? []
      guard rows.sorted() == wanted else {
        throw Broken("\(witness.name) sealed \(rows) as \(transaction.dot.counter), but wrote \(wanted)")
      }
      try checkTime(transaction, witness)
      claims[transaction.dot] = Oracle.claim(transaction)
      bases[transaction.dot] = Dictionary(
        transaction.rows.map { change in (Oracle.name(of: change.row), change.base) }
      ) { first, _ in first }
    }
  }

  /// Who has seen a write writes later than that, whatever the clock says: so among what is concurrent, nobody's later
  /// work is shown behind what it builds on.
  private func checkTime(_ transaction: Transaction, _ witness: Witness) throws {
    guard !isHubClockWrong, let sent = witness.sent[transaction.dot.counter] else { return }
    // Of a row that is dead, its devices are not told when it was written.
    for (name, act) in sent.acts where truth.wasAlive(name, at: transaction.base) {
      for (cell, writes) in truth.line(name, at: transaction.base).cells where !sent.unseen.contains(cell) {
        for (dot, write) in writes where act.seen.contains(dot) && said[dot].map({ $0.seq > sent.before }) == true {
          // That a child hangs on a row, only those are told who read the child.
          guard write.effective >= transaction.time.bits, !onlyHangs(dot, on: name) else { continue }
          throw Broken("\(witness.name): \(transaction.dot) is earlier than \(cell) of \(name), which it had seen")
        }
      }
    }
  }

  /// Did a transaction write children of a row, and not the row?
  private func onlyHangs(_ dot: Dot, on name: Name) -> Bool {
    witnesses.contains { $0.replicaID == dot.replica && $0.sent[dot.counter].map { $0.acts[name] == nil } == true }
  }

  static func name(of row: RowID) -> Name {
    let at = Int(row.table) - 1
    let table = OracleSchema.tables.indices.contains(at) ? OracleSchema.tables[at] : ""
    return Name(table: table, id: (try? row.values())?.first?.text ?? "")
  }

  private static func claim(_ transaction: Transaction) -> String {
    let rows = transaction.rows.map { change in
      let id = (try? change.row.values())?.first?.text ?? ""
      return "\(id) at \(change.base)" + (change.parentBase.map { ", its parent at \($0)" } ?? "")
    }
    let seen = transaction.seen.intervals.map { "\($0.low)...\($0.high)" }.joined(separator: ", ")
    return "at \(transaction.base) seeing \(seen): " + rows.joined(separator: "; ")
  }

  /// A pull was installed.
  ///
  /// - Parameter version: of the sync schema that the rows are of.
  package func installed(_ witness: Witness, at base: UInt64, _ page: PullPage, version: UInt64 = 1) throws {
    count("installs")
    for notice in page.closing?.notices ?? [] { try checkNotice(notice, witness, page) }
    let rows = try page.rows.decoded().flatMap(\.rows).map(Oracle.line)
    tell("\(witness.name) at \(base): \(rows) exits \(page.closing?.exits.map { $0.key.hexadecimal } ?? [])")
    guard base >= witness.base else { throw Broken("\(witness.name) went back from \(witness.base) to \(base)") }
    try witness.installed(base, page, version)
    let wrong = try witness.replica.status().mismatch
    guard wrong.isEmpty else { throw Broken("\(witness.name): digests of \(wrong) differ") }
  }

  private static func line(_ record: RowRecord) -> String {
    let id = (try? record.row.values())?.first?.text ?? ""
    return "\(id)@\(record.seq)" + (record.values.map { "=\($0)" } ?? " dead")
  }

  /// The hub judged; the truth follows in the same order, and says what a refusal may be for.
  package func judged(_ verdicts: [Verdict]) throws {
    for verdict in verdicts {
      if let before = said[verdict.dot] {
        guard before == verdict else { throw Broken("\(verdict.dot) was judged again: \(verdict), then \(before)") }
        count("a verdict told again")
        continue
      }
      guard let witness = witnesses.first(where: { $0.replicaID == verdict.dot.replica }) else {
        try aged(verdict)
        said[verdict.dot] = verdict
        continue
      }
      said[verdict.dot] = verdict
      receivedAt[verdict.seq] = hubTime
      let role = rights[witness.name]?.role ?? witness.role
      rolesThen[verdict.dot] = role
      let ruling = verdict.refusal?.rule.rawValue ?? "ok"
      let claim = claims[verdict.dot] ?? ""
      tell("hub \(verdict.seq): \(witness.name) \(verdict.dot.counter) \(ruling), \(claim)")
      guard verdict.seq == truth.head + 1 else { throw Broken("seq \(verdict.seq) after \(truth.head)") }
      guard let sent = witness.sent[verdict.dot.counter] else { throw Broken("nobody wrote \(verdict.dot)") }
      // Five minutes, whatever clock its author had (rule 12).
      if let hubTime, verdict.effective.milliseconds > hubTime + 300_000 {
        throw Broken("\(witness.name): \(verdict.dot) counts for later than the hub may let it")
      }
      if verdict.isAccepted {
        if let reason = mayNotBeAccepted(verdict.dot, sent, witness) {
          throw Broken("\(witness.name): \(sent.acts) was accepted, though \(reason)")
        }
        noteAccepted(sent, witness)
        truth.accept(
          verdict.dot, seq: verdict.seq, effective: verdict.effective.bits, sent.acts,
          hidden: OracleSchema.hidden(role), settles: sent.answers)
      } else {
        count("refused " + ruling)
        try checkTold(verdict, witness)
        if mayNotBeRefused(verdict.dot, sent, witness) {
          throw Broken("\(witness.name): \(sent.acts) was refused: \(String(describing: verdict.refusal))")
        }
        truth.refuse(seq: verdict.seq)
      }
    }
  }
}
