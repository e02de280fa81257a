package import Relay
internal import RelayProtocol
internal import RelaySQLite

extension Witness {
  /// SQL that concerns the rows named, as one transaction of the app.
  package func write(_ sql: String, _ names: Set<Name>) throws {
    attempt = Attempt(version: version, before: try images(names))
    try self.sql(sql)
    try finish()
  }

  /// The same through another connection, as the sqlite3 shell does, marked as one transaction. It becomes one of the
  /// replica's with the next thing that that does.
  package func foreign(_ sql: String, _ names: Set<Name>) throws {
    attempt = Attempt(version: version, before: try images(names))
    do {
      try shell.script(
        "BEGIN; UPDATE relay_boundary SET open = 1; \(sql); UPDATE relay_boundary SET open = 0; COMMIT")
    } catch {
      if shell.isInTransaction { try? shell.script("ROLLBACK") }
      throw error
    }
    try finish(isSealed: false)
  }

  /// - Parameter choice: a place in the list of the conflict's values.
  package func settle(_ item: InboxItem, _ choice: Int) throws {
    try answer(item, choice) { try replica.resolve(item.id, .sibling(choice)) }
  }

  /// The same by SQL, through another connection.
  package func choose(_ item: InboxItem, _ choice: Int) throws {
    try answer(item, choice) {
      try shell.script("UPDATE relay_inbox SET choice = \(choice) WHERE id = '\(item.id)'")
      try sql("")
      guard try values("SELECT 1 FROM relay_inbox WHERE choice IS NOT NULL").isEmpty else {
        throw Broken("\(name): the choice for \(item.id) stays")
      }
      let answer = try values("SELECT answer FROM relay_inbox WHERE id = '\(item.id)'")
      guard answer == [[.integer(Int64(sent.count + 1))]] else { throw RelayError(.entryUnknown, "put back") }
    }
  }

  private func answer(_ item: InboxItem, _ choice: Int, _ act: () throws -> Void) throws {
    // Should the choice be refused, what foreign tools left would not be sealed by it either.
    try sql("")
    let name = Name(table: item.table, id: item.key)
    let images = try images([name])
    let cell = item.column == "(existence)" ? "live" : item.column ?? ""
    let isToLive = item.siblings.first { $0.position == choice }?.content != .flag(false)
    attempt = Attempt(
      version: version, before: images,
      answers: [name: Answer(id: item.id, opened: item.opened, cell: cell, isToLive: isToLive)])
    do { try act() } catch let error as RelayError {
      guard error.code == .entryUnknown, images[name] == .some(nil) else { throw error }
      attempt = nil
      return
    }
    try finish()
  }

  /// A refused transaction and what was refused with it leave the inbox, for good or to be written again.
  ///
  /// - Parameter key: another key for the row that the refusal names.
  package func putRight(_ item: InboxItem, again: Bool, key: String?) throws {
    try sql("")
    let chain = ([item.id] + item.dependents).compactMap { $0.split(separator: ":").last.flatMap { UInt64($0) } }
    let old = Name(table: item.table, id: item.key)
    var names: Set<Name> = [old]
    var answers: [Name: Answer] = [:]
    let inbox = try replica.inbox()
    let open = Set(inbox.filter { $0.kind == .conflict }.map(\.id))
    // What the hub has forgotten is brought back whole, whatever was said of it.
    let refused = inbox.filter { $0.id == item.id || item.dependents.contains($0.id) }
    let kept = refused.flatMap(\.operations).filter { $0.operation == "before" }
    let broughtBack = Set(kept.map { Name(table: $0.table, id: $0.key) })
    for counter in chain {
      guard let one = sent[counter] else { throw Broken("\(name): nobody wrote \(counter)") }
      names.formUnion(one.acts.keys)
      // A parent that the hub has forgotten is brought back with its child.
      names.formUnion(one.acts.values.compactMap(\.parent?.name))
      for (name, answer) in one.answers where answer.id.isEmpty || open.contains(answer.id) {
        if broughtBack.contains(name), try row(name) == nil { continue }
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
    let before = try images(try withCounted(names))
    attempt = Attempt(version: version, before: before, answers: again ? answers : [:], item: item.id, chain: chain)
    if again {
      let correction = key.map { RowCorrection(row: item.row, key: [.text($0)]) }
      do { try replica.resubmit(item.id, corrections: correction.map { [$0] } ?? []) } catch {
        // A row to insert is here, or one to change is not, or it was written under a role that could do more: then nothing
        // may have changed.
        let isForbidden = error.code == .roleForbids && role != "field"
        guard error.code == .constraint || isForbidden, try images(Set(before.keys)) == before,
          try replica.inbox().contains(where: { $0 == item })
        else { throw error }
        attempt = nil
        return
      }
      try finish()
    } else {
      try replica.discard(item.id)
      forgotten.formUnion(chain)
      var after = try images(Set(before.keys))
      for name in leaveWithTheLast(of: after) { after[name] = before[name] }
      guard after == before else { throw Broken("\(name): discarding made \(before) \(after)") }
      attempt = nil
      forgetKept()
    }
  }

  /// A form opens: what it shows is all that its later save has seen.
  package func open() throws {
    form = Form(
      moment: try replica.moment(), known: known, pending: pendingDots, last: UInt64(sent.count), dead: dead)
    leftSince = []
  }

  /// The form is saved, whatever came in meanwhile.
  package func save(_ sql: String, _ names: Set<Name>) throws {
    guard let open = form else { return }
    let (seen, pending) = (open.known, open.pending)
    form = nil
    // Of a row that left since, the device no longer claims to know anything but own work that was pending then: rather
    // one question too many.
    let claimed = seen.map { name, then in (name, then.intersection(pending.union(known[name] ?? []))) }
    attempt = Attempt(
      version: version, before: try images(names), seen: Dictionary(uniqueKeysWithValues: claimed), pending: pending,
      last: open.last)
    // What was written; what is shown of it afterwards may be less.
    try replica.write(seenAt: open.moment) { (db) throws(RelayError) in
      try db.script(sql)
      for name in names.sorted() { attempt?.after[name] = .some(try Witness.row(name, in: db, version)) }
    }
    try finish()
  }

  package func undelete(_ name: Name) throws {
    attempt = Attempt(
      version: version, before: try images(try withCounted([name])), answers: [name: Answer()])
    try replica.undelete(name.table, key: [.text(name.id)])
    try finish()
  }

  /// With the rows in which the app's own trigger may count.
  private func withCounted(_ names: Set<Name>) throws -> Set<Name> {
    guard truth.schema.hasTriggers else { return names }
    return names.union(try rows().filter { $0.table == "person" })
  }

  // MARK: What became of it

  /// - Parameter isSealed: whether the file has it as a transaction already.
  private func finish(isSealed: Bool = true) throws {
    guard let attempt else { return }
    try note(attempt, time: isSealed ? try replica.position().time.bits : nil)
    forgotten.formUnion(attempt.chain)
    forgetKept()
    (self.attempt, doubtful) = (nil, nil)
  }

  /// After a kill, or a call that failed: what was acknowledged has to be in the file, and of what was under way all or
  /// nothing.
  ///
  /// - Returns: whether what was under way is there; nil where nothing was.
  @discardableResult
  package func resume() throws -> Bool? {
    try sql("")
    let (sealed, written) = (try replica.position().counter, UInt64(sent.count))
    let begun = attempt ?? doubtful
    if let begun, sealed == written + 1 { try note(begun) }
    if let attempt, let item = attempt.item {
      // Whatever was done to a refusal, it leaves the inbox with it.
      let waits = try replica.inbox().contains { $0.id == item }
      if !waits {
        forgotten.formUnion(attempt.chain)
        forgetKept()
      }
    }
    guard sealed == UInt64(sent.count) else {
      throw Broken("\(name): \(written) transactions were committed, and the file has \(sealed)")
    }
    let isThere = begun.map { _ in sealed > written }
    doubtful = isThere == true ? nil : attempt ?? doubtful
    attempt = nil
    return isThere
  }

  private func images(_ names: Set<Name>) throws -> [Name: [String: Value]?] {
    var images: [Name: [String: Value]?] = [:]
    // Each look is a call to the disk, at which something may be planned.
    for name in names.sorted() { images[name] = .some(try row(name)) }
    return images
  }

  /// Keeps count of a transaction that was committed.
  private func note(_ attempt: Attempt, time: UInt64? = nil) throws {
    let isForm = attempt.seen != nil
    let seen = attempt.seen ?? known
    var acts = try acts(attempt, seen)
    guard !acts.isEmpty else { return }
    noteUnseen(&acts, attempt.pending ?? pendingDots)
    for name in acts.keys where !isForm && hasInserted(name) { acts[name]?.seen.formIntersection(pendingDots) }
    let named = confirmedOfLeft(acts.keys, upTo: attempt.last)
    for name in acts.keys {
      acts[name]?.seen.formUnion(named)
      acts[name]?.parent?.seen.formUnion(named)
    }
    var held: [Name: String] = [:]
    let parents = acts.values.compactMap { $0.after?["person"]?.text }.map { Name(table: "person", id: $0) }
    for name in Array(acts.keys) + parents where truth.wasAlive(name, at: base) {
      // What came while the form was open was not held by it: no edit of that is late.
      if isForm, seen[name]?.isEmpty ?? true { continue }
      if acts[name]?.isOfUnseen == true { continue }
      if reads(name, at: base), let unit = truth.unit(name, at: base) { held[name] = unit }
    }
    // On what was discarded, or is written again, nobody builds any more but a form that was open before: what it shows is
    // that work, and not what has the key by now.
    let pending = attempt.pending ?? pendingDots.subtracting(attempt.chain.map(dot))
    var one = Sent(acts: acts, held: held, pending: pending, answers: attempt.answers)
    (one.time, one.isForm, one.unseen) = (time, isForm, unseen)
    (one.base, one.before) = (base, baseBefore)
    add(one, isForm: isForm)
  }

  /// Does an own insert of the row wait, where nothing of it is confirmed? Who writes to the row then claims own work alone:
  /// what was known before, the insert covers (rule 6).
  private func hasInserted(_ name: Name) -> Bool {
    let isConfirmed = truth.wasAlive(name, at: base) && reads(name, at: base)
    guard !isConfirmed, !leftWithImage.contains(name) else { return false }
    return sent.values.contains { one in
      guard let act = one.acts[name], act.inserts, !act.undeletes else { return false }
      return one.verdict.map { $0.isAccepted && $0.seq > base } ?? true
    }
  }

  private func acts(_ attempt: Attempt, _ seen: [Name: Set<Dot>]) throws -> [Name: Act] {
    var acts: [Name: Act] = [:]
    for (name, was) in attempt.before.sorted(by: { $0.key < $1.key }) {
      var act = Act(
        before: was, after: try attempt.after[name] ?? row(name), seen: seen[name] ?? [],
        settled: attempt.answers[name]?.cell)
      act.isToLive = attempt.answers[name]?.isToLive ?? true
      act.hidden = (knowsItsRole ? OracleSchema.hidden(role) : []).union(OracleSchema.unknown(to: attempt.version))
      act.after = act.after?.filter { !OracleSchema.unknown(to: attempt.version).contains($0.key) }
      act.untold = act.inserts ? untold(in: name) : []
      guard !act.isNothing else { continue }
      // A row that is only let live again names nobody.
      if let person = act.after?["person"], act.before != nil || act.settled == nil, person != act.before?["person"] {
        let parent = Name(table: "person", id: person.text ?? "")
        act.parent = (parent, seen[parent] ?? [])
      }
      acts[name] = act
    }
    return acts
  }
}
