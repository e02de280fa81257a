package import Relay
package import RelayProtocol
package import RelaySQLite

/// An observer beside a device, who sees the tables and the replies but none of Relay's own bookkeeping, and keeps count of
/// what each row on the device reflects.
package final class Witness {
  package struct Sent {
    package var acts: [Name: Act]
    /// Rows that the device held as confirmed rows of a unit when it wrote, and that unit.
    package var held: [Name: String]
    package var verdict: Verdict?
    /// Its author's time; nil where nobody looked when it was sealed.
    package var time: UInt64?
    /// Where the device stood when it wrote this, and where it had stood before it came there.
    var base: UInt64 = 0
    var before: UInt64 = 0
    /// Was it a form, that may have known less than the table showed?
    var isForm = false
    /// Own work that was pending when its author looked.
    package var pending: Set<Dot> = []
    /// Columns of which its author's confirmed rows told nothing.
    var unseen: Set<String> = []
    /// What it decides of rows beside what it changes in them.
    package var answers: [Name: Answer] = [:]

    package func concerns(_ name: Name) -> Bool {
      acts[name] != nil || acts.values.contains { $0.parent?.name == name }
    }
  }

  /// A person settled a conflict, or let a deleted row live again.
  package struct Answer {
    /// The conflict's; empty for an undelete.
    package var id = ""
    /// The seq at which it opened.
    package var opened: UInt64 = 0
    package var cell = "live"
    /// Where the row's existence was decided: is it to be there?
    package var isToLive = true
  }

  /// What somebody was about to commit; what became of it shows in the file.
  struct Attempt {
    /// The app's, which wrote it.
    var version: UInt64
    var before: [Name: [String: Value]?]
    /// What was written, where what is shown of it may be less.
    var after: [Name: [String: Value]?] = [:]
    var answers: [Name: Answer] = [:]
    /// What a form had seen, and what was pending then.
    var seen: [Name: Set<Dot>]?
    var pending: Set<Dot>?
    /// The last own transaction that it could have seen; nil for no form.
    var last: UInt64?
    /// A refusal that is put right, and what was refused with it.
    var item: String?
    var chain: [UInt64] = []
  }

  /// What was known when a form was opened.
  package struct Form {
    var moment: Moment
    var known: [Name: Set<Dot>]
    var pending: Set<Dot>
    /// The last own transaction.
    var last: UInt64
    /// Of rows whose deletion had been pulled.
    var dead: [Name: Set<Dot>]
  }

  package let name: String
  package let replicaID: ReplicaID
  package let truth: Truth
  /// The role that the device has installed.
  package private(set) var role: String
  /// The version of the sync schema that the app brings.
  package private(set) var version: UInt64 = 1
  /// The one that the confirmed rows are of; 0 before the first pull.
  package private(set) var installedVersion: UInt64 = 0
  /// The hub's, as the device heard it last.
  package internal(set) var hubVersion: UInt64 = 1
  /// The device's program, and another one on its file.
  package private(set) var replica: Replica
  private(set) var shell: Database
  package private(set) var sent: [UInt64: Sent] = [:]
  /// Refused transactions that were discarded or written again.
  package internal(set) var forgotten: Set<UInt64> = []
  package private(set) var base: UInt64 = 0
  /// Where it stood before the last pull that it installed.
  private(set) var baseBefore: UInt64 = 0
  package private(set) var installs: UInt64 = 0
  package private(set) var scopes: [String] = []
  /// Before its first pull a device does not know its role.
  package private(set) var knowsItsRole = false
  private(set) var known: [Name: Set<Dot>] = [:]
  /// What a device knows of rows that were told dead.
  private(set) var dead: [Name: Set<Dot>] = [:]
  /// The form that is open now.
  package internal(set) var form: Form?
  /// Rows that left since then.
  var leftSince: Set<Name> = []
  /// Rows that left, or died, while own work on them waited, and waits still.
  var left: Set<Name> = []
  /// Those of them that were confirmed here before: what was known of them then is known still.
  var leftWithImage: Set<Name> = []
  /// Own work that was confirmed while other own work on the row waited, or waits in the inbox.
  var kept: [Name: Set<Dot>] = [:]
  var attempt: Attempt?
  /// Another program of the app on the same file, while that is the one that writes.
  var beside: Replica?
  /// A commit that failed on the disk, of which a later start may find that it is there: SQLite had written all of it, and
  /// nothing has been written over it since.
  var doubtful: Attempt?

  /// - Parameter shell: another program's connection to the device's file; nil for one that is opened here.
  package init(name: String, _ replica: Replica, _ truth: Truth, role: String, shell: Database? = nil) throws {
    (self.name, self.replica, self.role, self.truth) = (name, replica, role, truth)
    replicaID = try replica.replicaID()
    self.shell = try shell ?? Database(path: replica.path, mode: .readWrite)
  }

  /// The device's programs were killed, and run again. A form that was open is gone.
  ///
  /// - Parameter version: of the sync schema that they bring now.
  func reopened(_ replica: Replica, shell: Database, version: UInt64 = 1) {
    (self.replica, self.version, self.shell) = (replica, version, shell)
    form = nil
  }

  /// Own transactions that no installed pull has confirmed, and that are not known to be refused: the tables show those no
  /// more.
  var pendingDots: Set<Dot> {
    let waiting = sent.filter { counter, one in
      !forgotten.contains(counter) && one.verdict.map { $0.seq > base && $0.isAccepted } ?? true
    }
    return Set(waiting.keys.map(dot))
  }

  package func dot(_ counter: UInt64) -> Dot { Dot(replicaID, counter) }

  package func holds(_ unit: String) -> Bool { scopes.contains("*") || scopes.contains("unit/" + unit) }

  /// Does a row lie, at a seq, where the device reads, in a table that its confirmed rows know?
  func reads(_ name: Name, at seq: UInt64) -> Bool {
    guard !OracleSchema.columns(of: name.table, at: installedVersion).isEmpty else { return false }
    guard let unit = truth.unit(name, at: seq) else { return false }
    return holds(unit) && (scopes.contains("*") || !truth.isOver(name, at: seq))
  }

  /// Columns that the device never shows.
  var hidden: Set<String> { OracleSchema.hidden(role).union(OracleSchema.unknown(to: version)) }

  // MARK: The tables

  /// SQL as one transaction of the app.
  package func sql(_ text: String) throws {
    try (beside ?? replica).write(author: name) { (db) throws(RelayError) in try db.script(text) }
  }

  package func values(_ sql: String) throws -> [[Value]] {
    try replica.read { (db) throws(RelayError) in try db.query(sql) { (row) throws(RelayError) in row.values } }
  }

  package func row(_ name: Name) throws -> [String: Value]? {
    try replica.read { [version] (db) throws(RelayError) in try Witness.row(name, in: db, version) }
  }

  /// - Parameter version: of the sync schema that the app knows.
  static func row(_ name: Name, in db: Database, _ version: UInt64 = 1) throws(RelayError) -> [String: Value]? {
    let columns = OracleSchema.columns(of: name.table, at: version)
    guard !columns.isEmpty else { return nil }
    let list = columns.joined(separator: ", ")
    return try db.first("SELECT \(list) FROM \(name.table) WHERE id = ?", [.text(name.id)])
      .map { Dictionary(uniqueKeysWithValues: zip(columns, $0)) }
  }

  package func rows() throws -> [Name] {
    try values(tables.map { "SELECT '\($0)', id FROM \($0)" }.joined(separator: " UNION ALL ") + " ORDER BY 1, 2")
      .map { Name(table: $0[0].text ?? "", id: $0[1].text ?? "") }
  }

  /// The app's tables.
  var tables: [String] { OracleSchema.tables.filter { !OracleSchema.columns(of: $0, at: version).isEmpty } }

  /// Everything that the app's tables show.
  func shown() throws -> [Name: [String: Value]] {
    var shown: [Name: [String: Value]] = [:]
    for table in tables {
      let columns = OracleSchema.columns(of: table, at: version)
      for row in try values("SELECT id, \(columns.joined(separator: ", ")) FROM \(table)") {
        shown[Name(table: table, id: row[0].text ?? "")] = Dictionary(uniqueKeysWithValues: zip(columns, row[1...]))
      }
    }
    return shown
  }

  // MARK: Learning

  /// One more transaction was committed.
  func add(_ one: Sent, isForm: Bool) {
    let counter = UInt64(sent.count + 1)
    sent[counter] = one
    let acts = one.acts
    for name in Set(acts.keys).union(acts.values.compactMap(\.parent?.name)) {
      known[name, default: []].insert(dot(counter))
    }
    // What a form inserts has not covered what came before it, and who edits an own insert claims to know only that
    // where there is no confirmed row (rule 6): rather one question too many.
    for (name, act) in acts where isForm && act.before == nil {
      if truth.wasAlive(name, at: base), reads(name, at: base) { continue }
      known[name] = pendingDots.intersection(act.seen.union(known[name] ?? []))
    }
  }

  /// The reply told verdicts.
  package func learn(_ verdicts: [Verdict]) {
    for verdict in verdicts where verdict.dot.replica == replicaID { sent[verdict.dot.counter]?.verdict = verdict }
  }

  /// A pull up to `head` was installed, which the device had asked for at its base.
  ///
  /// - Parameter version: of the sync schema that the rows are of.
  package func installed(_ head: UInt64, _ page: PullPage, _ version: UInt64) throws {
    learn(page.closing?.confirmed ?? [])
    knowsItsRole = true
    doubtful = nil
    installs += 1
    let asked = base
    let before = shownAsConfirmed()
    (baseBefore, base) = (asked, head)
    scopes = page.grants.map(\.scope)
    let isAnotherRole = role != page.role
    // Under another role, and where the hub has forgotten what the device would have to be told, everything arrives anew.
    let isAnew = (isAnotherRole || page.isWhole) && asked > 0
    let isUpgrade = version != installedVersion && asked > 0
    installedVersion = version
    if isAnew || isUpgrade {
      // Everything arrives anew: of what a form shows, its author's own work alone has been seen.
      if let open = form { form?.known = open.known.mapValues { $0.intersection(open.pending) } }
      form?.dead = [:]
    }
    noteLeft(page.closing, since: asked, isAnew: isAnew, shown: before)
    role = page.role
    let visible = Set(try rows())
    for name in Set(truth.lines.keys).union(known.keys) {
      let own = Set(sent.filter { $0.value.concerns(name) && $0.value.verdict?.isAccepted != false }.keys.map(dot))
      let isHere = reads(name, at: head)
      if !isHere {
        leftSince.insert(name)
        // That an own child hangs on it, nothing here says any more once that is confirmed.
        known[name]?.subtract(confirmedChildren(of: name, since: asked))
      } else if leftSince.contains(name), let open = form {
        // A row that left and came again arrived anew: the form claims only its author's own work.
        form?.known[name] = open.known[name]?.intersection(open.pending)
      }
      if isHere, truth.wasAlive(name, at: head) {
        // Where an own insert waited over a deletion that was pulled, both were known; once it is confirmed, a form says so.
        if let gone = form?.dead[name], dead[name] != nil, !leftSince.contains(name) {
          form?.known[name, default: []].formUnion(gone)
        }
        known[name] = truth.writers(name, upTo: head).union(own)
        dead[name] = nil
      } else if isHere, truth.concerned(name, after: page.isWhole ? 0 : asked, upTo: head) {
        dead[name] = truth.writers(name, upTo: head)
        // Own work that waits keeps it readable, at the base that it had (rule 24).
        if !visible.contains(name) { known[name] = truth.writers(name, upTo: head).union(own) }
      } else if !visible.contains(name) {
        // Out of sight, or dead as it was told before: once no own work waits, only that is known of it.
        let waiting = sent.filter { counter, one in
          one.concerns(name) && !(page.closing?.confirmed.contains { $0.dot == dot(counter) } ?? false)
            && one.verdict.map { $0.isAccepted && $0.seq > head } ?? true
        }
        // Who hung a child under the row knows of that, and of nothing else of the row.
        if !waiting.values.contains(where: { $0.acts[name] != nil }) {
          let own = Set(waiting.keys.map(dot))
          known[name] = own.isEmpty ? dead[name] : own.union(dead[name] ?? [])
        }
      }
    }
  }
  /// Own work that only hung a row on this one, and that the pull from `asked` on has confirmed.
  private func confirmedChildren(of name: Name, since asked: UInt64) -> [Dot] {
    sent.filter { _, one in
      one.concerns(name) && one.acts[name] == nil
        && one.verdict.map { $0.isAccepted && $0.seq > asked && $0.seq <= base } ?? false
    }.keys.map(dot)
  }
}
