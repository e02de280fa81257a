internal import Relay
internal import RelayProtocol

extension Oracle {
  /// What a batch of a hundred schedules has to have had for its silence to mean something.
  package static let mustHappen = [
    "moves", "deletes", "forms", "foreign", "settled", "undeleted", "resubmitted", "discarded", "regrants", "installs",
    "conflicts", "late edits", "role blind", "role reader", "forbidden",
    "refused not_writable", "refused key_unavailable", "refused depends_on_refused",
  ]

  /// Why the hub may not have accepted a transaction, whatever else is true; nil where it may. It claims less than the
  /// hub's rules say: every reason here is one that no reading of them allows.
  func mayNotBeAccepted(_ dot: Dot, _ sent: Witness.Sent, _ witness: Witness) -> String? {
    if everRoles[witness.name] == ["reader"] { return "its author may write nothing" }
    for (name, act) in sent.acts.sorted(by: { $0.key < $1.key }) {
      let isInsert = act.before == nil && act.after != nil
      if let refused = refusedBase(of: name, isInsert: isInsert, act, sent, witness) {
        return "\(name) builds on \(refused), which was refused"
      }
      if let parent = act.parent?.name, sent.acts[parent]?.before != nil || sent.acts[parent] == nil,
        let refused = refusedBase(of: parent, isInsert: false, nil, sent, witness)
      {
        return "\(name) hangs on \(parent), which builds on \(refused), which was refused"
      }
      guard truth.knows(name) else {
        if act.undeletes { return "nothing is left of \(name) that could live again" }
        // Whoever deletes what is forgotten has what he wants.
        if act.after == nil, truth.lines[name] != nil { continue }
        guard isInsert else { return "the hub does not have \(name)" }
        if name.table == "person", !everReaches(act.after?["unit"]?.text, witness) {
          return "\(name) is inserted where its author was never granted anything"
        }
        continue
      }
      if replacesCode(name, act, isSure: true) { return "\(name) has its code, which its author had seen" }
      let base = bases[dot]?[name] ?? 0
      guard wasReachable(name, since: base, witness) else {
        return "\(name) lay nowhere, since \(base), where its author was ever granted anything"
      }
      // Who wants a row where somebody else has moved it meanwhile moves nothing.
      let isUndeleted = act.before == nil && act.settled == "live"
      if !schema.givesAway, !isUndeleted, name.table == "person", let unit = act.after?["unit"]?.text,
        unit != act.before?["unit"]?.text, unit != truth.unit(name, at: truth.head),
        !everReaches(unit, witness)
      {
        return "\(name) is moved to a unit that its author was never granted"
      }
    }
    return nil
  }

  /// The newest insert or delete of the row among what its author had seen pending, if that was refused and the act builds
  /// on it.
  private func refusedBase(
    of name: Name, isInsert: Bool, _ act: Act?, _ sent: Witness.Sent, _ witness: Witness
  ) -> Dot? {
    var refused: (isInsert: Bool, dot: Dot)?
    for dot in sent.pending.sorted() {
      guard let one = witness.sent[dot.counter], let earlier = one.acts[name], let verdict = said[dot] else { continue }
      // Whether a row is to live may have been sealed as one or the other.
      if earlier.settled == "live" { return nil }
      let inserted = earlier.before == nil && earlier.after != nil
      guard inserted || earlier.after == nil else { continue }
      if verdict.isAccepted {
        refused = nil
      } else if inserted || refused?.isInsert != true {
        refused = (inserted, dot)
      }
    }
    guard let refused, act?.settled != "live" else { return nil }
    return refused.isInsert != isInsert ? refused.dot : nil
  }

  /// Might the device ever write there? Which of its former rights still count, the hub knows better.
  private func everReaches(_ unit: String?, _ witness: Witness) -> Bool {
    guard let unit, let scopes = everWritable[witness.name] else { return false }
    return scopes.contains("*") || scopes.contains("unit/" + unit)
  }

  /// Did the row lie, now or at some seq since, where its author might write?
  private func wasReachable(_ name: Name, since base: UInt64, _ witness: Witness) -> Bool {
    (min(base, truth.head)...truth.head).contains { everReaches(truth.unit(name, at: $0), witness) }
  }

  /// Does an act give a value in the place of one that its author had seen, and that is given once?
  ///
  /// - Parameter isSure: whether no reading of the rules allows it.
  private func replacesCode(_ name: Name, _ act: Act, isSure: Bool) -> Bool {
    guard name.table == "person", let after = act.after, let line = truth.lines[name] else { return false }
    let code = after["code"] ?? .null
    guard act.before.map({ $0["code"] ?? .null }) != code else { return false }
    let live = line.cells["code"] ?? [:]
    // Who knew that the row was deleted makes it anew.
    let knewDead = line.cells["live"]?.contains { $0.value.value == .integer(0) && act.seen.contains($0.key) } ?? false
    guard act.before != nil || !knewDead else { return false }
    if !isSure { return !live.isEmpty }
    guard act.before != nil else { return false }
    return live.contains { !$0.value.value.isNull && $0.value.value != code && act.seen.contains($0.key) }
  }

  func noteAccepted(_ sent: Witness.Sent, _ witness: Witness) {
    let now = rights[witness.name]?.writable ?? []
    for name in sent.acts.keys {
      guard let unit = truth.unit(name, at: truth.head), !now.contains("*"), !now.contains("unit/" + unit) else {
        continue
      }
      count("late edits")
    }
  }

  /// Every row lies where the device may write now, or lay there when the author held it, and nothing builds on a
  /// refused transaction.
  func mayNotBeRefused(_ dot: Dot, _ written: Witness.Sent, _ witness: Witness) -> Bool {
    var sent = written
    // Where weeks pass at once, what is late may be too late.
    if leaps { sent.held = [:] }
    // What waited for a newer hub is no late edit once its device has shown a newer base (rule 17).
    if schema.newest > 1, witness.base > written.base { sent.held = [:] }
    // Of work under a role that the device no longer has, more is asked than this knows.
    guard everRoles[witness.name]?.count == 1 else { return false }
    let scopes = rights[witness.name]?.writable ?? []
    func writes(_ unit: String?) -> Bool { unit.map { scopes.contains("*") || scopes.contains("unit/" + $0) } ?? false }
    // What its author knew to be refused is shown no more, and nothing is built on it.
    let refused = said.filter { sent.pending.contains($0.key) && !$0.value.isAccepted }.keys
    // Where weeks pass at once, it may be forgotten what that did.
    if leaps, !refused.isEmpty { return false }
    let tainted = refused.flatMap { witness.sent[$0.counter]?.acts.keys.map { $0 } ?? [] }
    return sent.acts.allSatisfy { name, act in
      guard !tainted.contains(name) else { return false }
      // Of a row that the hub has forgotten nothing is left to live again.
      if act.undeletes, !truth.knows(name) { return false }
      if replacesCode(name, act, isSure: false) { return false }
      if name.table != "person" {
        let parent = Name(table: "person", id: act.after?["person"]?.text ?? act.before?["person"]?.text ?? "")
        guard !tainted.contains(parent), truth.knows(parent) else { return false }
        if act.before == nil, !truth.knows(name) {
          return writes(truth.unit(parent, at: truth.head)) || writes(sent.held[parent])
        }
        if act.before == nil { return false }
        // A row moves only between places that its author may write.
        if act.after != nil, act.after?["person"] != act.before?["person"],
          !writes(truth.unit(parent, at: truth.head)), !writes(sent.held[parent])
        {
          return false
        }
      } else if act.before != nil, let unit = act.after?["unit"], unit != act.before?["unit"], !writes(unit.text) {
        return false
      }
      guard truth.knows(name) else { return act.before == nil && writes(act.after?["unit"]?.text) }
      if act.before == nil, !writes(act.after?["unit"]?.text) { return false }
      return writes(truth.unit(name, at: truth.head)) || writes(sent.held[name])
    }
  }
}
