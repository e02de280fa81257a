import Relay
import RelayProtocol

/// A device with an observer beside it, who sees the tables and the replies but none of Relay's own bookkeeping, and
/// keeps count of what each row on the device reflects.
final class Witness {
  struct Sent {
    var acts: [Name: Act]
    /// Rows that the device held as confirmed rows of a unit when it wrote, and that unit.
    var held: [Name: String]
    var verdict: Verdict?
    /// Own work that was pending when its author looked.
    var pending: Set<Dot> = []
    /// What it decides of rows beside what it changes in them.
    var answers: [Name: Answer] = [:]

    func concerns(_ name: Name) -> Bool { acts[name] != nil || acts.values.contains { $0.parent?.name == name } }
  }

  /// A person settled a conflict, or let a deleted row live again.
  struct Answer {
    /// The conflict's; empty for an undelete.
    var id = ""
    var cell = "live"
    /// Where the row's existence was decided: is it to be there?
    var isToLive = true
  }

  let device: Fleet.Device
  let replica: ReplicaID
  let truth: Truth
  let role: String
  private let shell: Database
  private(set) var sent: [UInt64: Sent] = [:]
  /// Refused transactions that were discarded or written again.
  private(set) var forgotten: Set<UInt64> = []
  private(set) var base: UInt64 = 0
  private(set) var scopes: [String] = []
  /// Before its first pull a device does not know its role.
  private(set) var knowsItsRole = false
  private var known: [Name: Set<Dot>] = [:]
  /// What a device knows of rows that were told dead.
  private var dead: [Name: Set<Dot>] = [:]
  /// What was known when the form that is open now was opened.
  private(set) var form: (moment: Moment, known: [Name: Set<Dot>], pending: Set<Dot>)?
  /// Rows that left since then.
  private var leftSince: Set<Name> = []

  init(_ device: Fleet.Device, _ truth: Truth, role: String) throws {
    self.device = device
    self.role = role
    self.truth = truth
    replica = try device.replica.replicaID()
    shell = try Database(path: device.replica.path, mode: .readWrite)
  }

  /// Own transactions that no installed pull has confirmed.
  private var pendingDots: Set<Dot> {
    Set(sent.filter { $0.value.verdict.map { $0.seq > base } ?? true }.keys.map(dot))
  }

  /// Own work that an installed pull has confirmed.
  private func isConfirmed(_ dot: Dot) -> Bool {
    guard dot.replica == replica, let verdict = sent[dot.counter]?.verdict else { return false }
    return verdict.isAccepted && verdict.seq <= base
  }

  func dot(_ counter: UInt64) -> Dot { Dot(replica, counter) }

  var unjudged: [UInt64] { sent.keys.filter { sent[$0]?.verdict == nil }.sorted() }

  func holds(_ unit: String) -> Bool { scopes.contains("*") || scopes.contains("unit/" + unit) }

  // MARK: The tables

  func row(_ name: Name) throws -> [String: Value]? {
    try device.replica.read { (db) throws(RelayError) in try Witness.row(name, in: db) }
  }

  private static func row(_ name: Name, in db: Database) throws(RelayError) -> [String: Value]? {
    let columns = Truth.columns[name.table] ?? []
    let list = columns.joined(separator: ", ")
    return try db.first("SELECT \(list) FROM \(name.table) WHERE id = ?", [.text(name.id)])
      .map { Dictionary(uniqueKeysWithValues: zip(columns, $0)) }
  }

  func rows() throws -> [Name] {
    try device.values("SELECT 'person', id FROM person UNION ALL SELECT 'visit', id FROM visit ORDER BY 1, 2")
      .map { Name(table: $0[0].text ?? "", id: $0[1].text ?? "") }
  }

  // MARK: Writing

  /// SQL that concerns the rows named, as one transaction of the app.
  func write(_ sql: String, _ names: Set<Name>) throws {
    let before = try images(names)
    try device.sql(sql)
    try seal(before)
  }

  /// The same through another connection, as the sqlite3 shell does, marked as one transaction. It becomes one of the
  /// replica's with the next thing that that does.
  func foreign(_ sql: String, _ names: Set<Name>) throws {
    let before = try images(names)
    try shell.script(
      "BEGIN; UPDATE relay_boundary SET open = 1; \(sql); UPDATE relay_boundary SET open = 0; COMMIT")
    try seal(before)
  }

  /// - Parameter choice: a place in the list of the conflict's values.
  func settle(_ item: InboxItem, _ choice: Int) throws {
    try answer(item, choice) { try device.replica.resolve(item.id, .sibling(choice)) }
  }

  /// The same by SQL, through another connection.
  func choose(_ item: InboxItem, _ choice: Int) throws {
    try answer(item, choice) {
      try shell.script("UPDATE relay_inbox SET choice = \(choice) WHERE id = '\(item.id)'")
      try device.sql("")
      guard try device.values("SELECT 1 FROM relay_inbox WHERE choice IS NOT NULL").isEmpty else {
        throw Broken("\(device.name): the choice for \(item.id) stays")
      }
      let answer = try device.values("SELECT answer FROM relay_inbox WHERE id = '\(item.id)'")
      guard answer == [[.integer(Int64(sent.count + 1))]] else { throw RelayError(.entryUnknown, "put back") }
    }
  }

  private func answer(_ item: InboxItem, _ choice: Int, _ act: () throws -> Void) throws {
    // Should the choice be refused, what foreign tools left would not be sealed by it either.
    try device.sql("")
    let name = Name(table: item.table, id: item.key)
    let images = try images([name])
    do { try act() } catch let error as RelayError {
      guard error.code == .entryUnknown, images[name] == .some(nil) else { throw error }
      return
    }
    let cell = item.column == "(existence)" ? "live" : item.column ?? ""
    let isToLive = item.siblings.first { $0.position == choice }?.content != .flag(false)
    try seal(images, answers: [name: Answer(id: item.id, cell: cell, isToLive: isToLive)])
  }

  /// A refused transaction and what was refused with it leave the inbox, for good or to be written again.
  ///
  /// - Parameter key: another key for the row that the refusal names.
  func putRight(_ item: InboxItem, again: Bool, key: String?) throws {
    try device.sql("")
    let chain = ([item.id] + item.dependents).compactMap { $0.split(separator: ":").last.flatMap { UInt64($0) } }
    let old = Name(table: item.table, id: item.key)
    var names: Set<Name> = [old]
    var answers: [Name: Answer] = [:]
    let open = Set(try device.replica.inbox().filter { $0.kind == .conflict }.map(\.id))
    for counter in chain {
      guard let one = sent[counter] else { throw Broken("\(device.name): nobody wrote \(counter)") }
      names.formUnion(one.acts.keys)
      for (name, answer) in one.answers where answer.id.isEmpty || open.contains(answer.id) {
        // Two answers about one row are more than an act can tell.
        guard answers[name] == nil else { return }
        answers[name] = answer
      }
    }
    if let key {
      names.insert(Name(table: item.table, id: key))
      // Under another key it is no answer any more, and nobody undeletes a row that never was.
      guard answers[old] == nil else { return }
    }
    let before = try images(names)
    if again {
      let correction = key.map { RowCorrection(row: item.row, key: [.text($0)]) }
      do { try device.replica.resubmit(item.id, corrections: correction.map { [$0] } ?? []) } catch {
        // A row to insert is here, or one to change is not: then nothing may have changed.
        guard error.code == .constraint, try images(names) == before,
          try device.replica.inbox().contains(where: { $0 == item })
        else { throw error }
        return
      }
      try seal(before, answers: answers)
    } else {
      try device.replica.discard(item.id)
      let after = try images(names)
      guard after == before else { throw Broken("\(device.name): discarding made \(before) \(after)") }
    }
    forgotten.formUnion(chain)
  }

  /// A form opens: what it shows is all that its later save has seen.
  func open() throws {
    form = (try device.replica.moment(), known, pendingDots)
    leftSince = []
  }

  /// The form is saved, whatever came in meanwhile.
  func save(_ sql: String, _ names: Set<Name>) throws {
    guard let (moment, seen, pending) = form else { return }
    form = nil
    let before = try images(names)
    // What was written; what is shown of it afterwards may be less.
    let after = try device.replica.write(seenAt: moment) { (db) throws(RelayError) in
      try db.script(sql)
      var after: [Name: [String: Value]?] = [:]
      for name in names { after[name] = .some(try Witness.row(name, in: db)) }
      return after
    }
    // Of a row that left since, the device no longer claims to know anything but own work that was pending then: rather
    // one question too many.
    let claimed = seen.map { name, then in (name, then.intersection(pending.union(known[name] ?? []))) }
    try seal(before, after: after, seen: Dictionary(uniqueKeysWithValues: claimed), pending: pending)
  }

  func undelete(_ name: Name) throws {
    let images = try images([name])
    try device.replica.undelete(name.table, key: [.text(name.id)])
    try seal(images, answers: [name: Answer()])
  }

  private func images(_ names: Set<Name>) throws -> [Name: [String: Value]?] {
    var images: [Name: [String: Value]?] = [:]
    for name in names { images[name] = .some(try row(name)) }
    return images
  }

  private func seal(
    _ before: [Name: [String: Value]?], after: [Name: [String: Value]?] = [:], answers: [Name: Answer] = [:],
    seen: [Name: Set<Dot>]? = nil, pending: Set<Dot>? = nil
  ) throws {
    let isForm = seen != nil
    let seen = seen ?? known
    var acts: [Name: Act] = [:]
    for (name, was) in before {
      var act = Act(
        before: was, after: try after[name] ?? row(name), seen: seen[name] ?? [], settled: answers[name]?.cell)
      act.isToLive = answers[name]?.isToLive ?? true
      act.hidden = OracleSchema.hidden(role)
      guard !act.isNothing else { continue }
      // A row that is only let live again names nobody.
      if let person = act.after?["person"], act.before != nil || act.settled == nil, person != act.before?["person"] {
        let parent = Name(table: "person", id: person.text ?? "")
        act.parent = (parent, seen[parent] ?? [])
      }
      acts[name] = act
    }
    guard !acts.isEmpty else { return }
    // On a row that left, own confirmed work is named as seen, and what is named holds for the whole transaction.
    var named: Set<Dot> = []
    for (name, act) in acts where act.before != nil && !(truth.unit(name, at: base).map(holds) ?? false) {
      named.formUnion(act.seen.filter(isConfirmed))
    }
    for name in acts.keys {
      acts[name]?.seen.formUnion(named)
      acts[name]?.parent?.seen.formUnion(named)
    }
    let counter = UInt64(sent.count + 1)
    var held: [Name: String] = [:]
    let parents = acts.values.compactMap { $0.after?["person"]?.text }.map { Name(table: "person", id: $0) }
    for name in Array(acts.keys) + parents where truth.wasAlive(name, at: base) {
      // What came while the form was open was not held by it: no edit of that is late.
      if isForm, seen[name]?.isEmpty ?? true { continue }
      if let unit = truth.unit(name, at: base), holds(unit) { held[name] = unit }
    }
    sent[counter] = Sent(acts: acts, held: held, pending: pending ?? pendingDots, answers: answers)
    for name in Set(acts.keys).union(acts.values.compactMap(\.parent?.name)) {
      known[name, default: []].insert(dot(counter))
    }
    // What a form inserts has not covered what came before it, and who edits an own insert claims to know only that
    // where there is no confirmed row (rule 6): rather one question too many.
    for (name, act) in acts where isForm && act.before == nil {
      if truth.wasAlive(name, at: base), truth.unit(name, at: base).map(holds) == true { continue }
      known[name] = pendingDots.intersection(act.seen.union(known[name] ?? []))
    }
  }

  // MARK: Learning

  /// The reply told verdicts.
  func learn(_ verdicts: [Verdict]) {
    for verdict in verdicts where verdict.dot.replica == replica { sent[verdict.dot.counter]?.verdict = verdict }
  }

  /// A pull up to `head` was installed, which the device had asked for at its base.
  func installed(_ head: UInt64, _ page: PullPage) throws {
    learn(page.closing?.confirmed ?? [])
    knowsItsRole = true
    let asked = base
    base = head
    scopes = page.grants.map(\.scope)
    let visible = Set(try rows())
    for name in Set(truth.lines.keys).union(known.keys) {
      let own = Set(sent.filter { $0.value.concerns(name) && $0.value.verdict?.isAccepted != false }.keys.map(dot))
      let unit = truth.unit(name, at: head)
      let isHere = unit.map(holds) ?? false
      if !isHere {
        leftSince.insert(name)
      } else if leftSince.contains(name), let open = form {
        // A row that left and came again arrived anew: the form claims only its author's own work.
        form?.known[name] = open.known[name]?.intersection(open.pending)
      }
      if isHere, truth.wasAlive(name, at: head) {
        known[name] = truth.writers(name, upTo: head).union(own)
        dead[name] = nil
      } else if isHere, truth.concerned(name, after: asked, upTo: head) {
        dead[name] = truth.writers(name, upTo: head)
        // Own work that waits keeps it readable, at the base that it had (rule 24).
        if !visible.contains(name) { known[name] = truth.writers(name, upTo: head).union(own) }
      } else if !isHere, !visible.contains(name) {
        let waits = sent.contains { counter, one in
          one.acts[name] != nil && !(page.closing?.confirmed.contains { $0.dot == dot(counter) } ?? false)
            && one.verdict.map { $0.isAccepted && $0.seq > head } ?? true
        }
        if !waits { known[name] = dead[name] }
      }
    }
  }
}
