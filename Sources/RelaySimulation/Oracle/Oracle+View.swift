internal import Relay
internal import RelayProtocol

/// What a device shows while its work waits: the confirmed rows, and the own work on them that nobody refused.
extension Oracle {
  /// After each answer, whatever it brought.
  package func checkView(_ witness: Witness) throws {
    let shown = try witness.shown()
    let pending = witness.pending
    for name in Set(truth.lines.keys).union(shown.keys).union(pending.flatMap(\.acts.keys)).sorted() {
      let acts = pending.compactMap { one in one.acts[name].map { (one.dot, $0, one.time) } }
      // What builds on a refusal is left out of the view; which work that is, the verdicts will say.
      if !acts.isEmpty, witness.isRefused(name) { continue }
      // A row that a form deletes, or writes where there was none, is shown as the form has it until a verdict is in.
      if pending.contains(where: { one in
        guard let act = one.acts[name], one.isForm || act.isOfUnseen else { return false }
        return act.before == nil || act.after == nil
      }) {
        continue
      }
      try check(witness, name, acts, shown[name])
    }
    guard schema.hasTriggers else { return }
    try AppTables.check(witness)
    if !shown.isEmpty { count("triggers: words follow the rows") }
  }

  private func check(
    _ witness: Witness, _ name: Name, _ acts: [(Dot, Act, time: UInt64?)], _ found: [String: Value]?
  ) throws {
    if witness.left.contains(name) {
      guard let last = acts.last?.1, last.after != nil, last.before != nil || last.settled == nil else { return }
      count("view: a row that left waits for its verdict")
      guard found == nil else { return }
      throw Broken("\(witness.name): \(name) left, own work on it waits, and it is shown no more")
    }
    let isHere = witness.reads(name, at: witness.base)
    var line = isHere ? truth.line(name, at: witness.base) : Truth.Line()
    if !truth.isAlive(line) {
      // What a dead row held is at the hub: only an insert shows it here.
      guard acts.contains(where: { $0.1.inserts }) else {
        guard let found else { return }
        throw Broken("\(witness.name) at \(witness.base) shows \(name) as \(found), which is not there")
      }
      line = Truth.Line()
    }
    for (dot, act, time) in acts { truth.merge(act, of: dot, effective: time ?? .max, into: &line, name) }
    // A form shows what was written in it until a verdict is in, and so does what claims to have seen nothing.
    let isForm = witness.pending.contains { one in
      one.acts[name].map { one.isForm || $0.isOfUnseen } ?? false
    }
    let isExact = !isForm && !acts.contains { $0.time == nil }
    if !acts.isEmpty { count("view: own work on a row") }
    let isAlive = truth.isAlive(line)
    if isAlive, found == nil, acts.last?.1.after == nil, !truth.isAlive(line.withoutSigns) {
      // Whoever deletes a row on which somebody hangs another one meanwhile hears of that with the verdict.
      return count("view: a child came while its parent's deletion waited")
    }
    guard isAlive == (found != nil) else {
      throw Broken("\(witness.name) at \(witness.base): \(name) is \(isAlive ? "gone" : "there"), with \(acts)")
    }
    guard let found else { return }
    let right = truth.values(name, line)
    for column in right.keys.sorted() where !witness.hidden.contains(column) && !witness.unseen.contains(column) {
      if isForm, schema.columns[column] != .last { continue }
      // Which of several is shown, nobody knows who has not seen the pending one sealed.
      let live = truth.candidates(column, line)
      guard found[column] == right[column] || !isExact && live.contains(found[column] ?? .null) else {
        let held = try witness.replica.inbox().filter { $0.kind == .held }.map { "\($0.key): \($0.message ?? "")" }
        throw Broken(
          """
          \(witness.name) at \(witness.base): \(column) of \(name) is \(found[column] ?? .null) instead of \
          \(right[column] ?? .null), \(live); held are \(held)
          """)
      }
    }
  }
}

extension Truth {
  /// What a column may show where nobody knows the times of its live writes.
  func candidates(_ column: String, _ line: Line) -> [Value] {
    let value = schema.columns[column] ?? .last
    guard value == .last || value == .lastGiven || value == .firstGiven else { return [] }
    let values = (line.cells[column] ?? [:]).sorted { $0.key < $1.key }.map(\.value.value)
    let given = value == .lastGiven ? values.filter { !$0.isNull } : values
    return given.isEmpty ? [.null] : given
  }
}

extension Witness {
  /// Own work that no installed pull has confirmed and nobody has refused, in its order.
  var pending: [(dot: Dot, acts: [Name: Act], time: UInt64?, isForm: Bool)] {
    sent.filter { $0.value.verdict.map { $0.seq > base && $0.isAccepted } ?? true }.sorted { $0.key < $1.key }
      .map { counter, one in
        // A verdict may give it an earlier time, which the next pull will show.
        let isAsSealed = one.verdict.map { $0.effective.bits == one.time } ?? true
        return (dot(counter), one.acts, isAsSealed ? one.time : nil, one.isForm)
      }
  }

  /// Was own work refused that touches the row, or the rows that it hangs on?
  func isRefused(_ name: Name) -> Bool {
    let parents = sent.values.compactMap { $0.acts[name]?.after?["person"]?.text }
    let names = Set(parents.map { Name(table: "person", id: $0) }).union([name])
    return sent.values.contains { $0.verdict?.isAccepted == false && !names.isDisjoint(with: $0.acts.keys) }
  }
}

extension Truth.Line {
  /// The row as it were had nobody hung another one on it.
  var withoutSigns: Truth.Line {
    var line = self
    line.cells["live"] = cells["live"]?.filter { !signs.contains($0.key) }
    return line
  }
}
