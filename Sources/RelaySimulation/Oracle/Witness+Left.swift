internal import RelayProtocol
internal import RelaySQLite

/// Rows that left while own work on them waited. They go on showing own work that is confirmed, at the base that they had
/// (rule 24); so a transaction that writes to one of them names that work as seen, and what is named holds for all of it.
extension Witness {
  /// Own work that names itself as seen by a transaction over these rows.
  ///
  /// - Parameter last: the last own transaction that the author could have seen; nil for all.
  func confirmedOfLeft(_ names: some Sequence<Name>, upTo last: UInt64?) -> Set<Dot> {
    var named: Set<Dot> = []
    for name in names where left.contains(name) {
      named.formUnion((kept[name] ?? []).filter { $0.counter <= last ?? .max })
    }
    return named
  }

  /// Rows that are confirmed here, and there.
  func shownAsConfirmed() -> Set<Name> {
    Set(truth.lines.keys.filter { truth.wasAlive($0, at: base) && reads($0, at: base) })
  }

  /// A pull was installed that had been asked for at `asked`; `base` is where the device stands now.
  ///
  /// - Parameters:
  ///   - isAnew: everything came; what the pull does not bring has left.
  ///   - shown: what was confirmed before it.
  func noteLeft(_ closing: PullClosing?, since asked: UInt64, isAnew: Bool, shown: Set<Name>) {
    let exits = Set((closing?.exits ?? []).map { Oracle.name(of: $0) })
    let told = isAnew ? exits.union(shown) : exits
    let now = sent.filter { $0.value.verdict.map { $0.seq > asked && $0.seq <= base } ?? false }
    for name in Set(truth.lines.keys).union(sent.values.flatMap(\.acts.keys)) {
      let isHere = reads(name, at: base)
      let isShown = isHere && truth.wasAlive(name, at: base)
      let confirmed = now.filter { $0.value.acts[name] != nil && $0.value.verdict?.isAccepted == true }
      if isShown {
        left.remove(name)
      } else if told.contains(name) || (isHere && truth.concerned(name, after: asked, upTo: base))
        || confirmed.contains(where: { $0.value.acts[name]?.inserts == true })
      {
        // Also where it came and went between two pulls, or was written without ever having been read.
        left.insert(name)
        if shown.contains(name) { leftWithImage.insert(name) }
      }
      if !confirmed.isEmpty { kept[name, default: []].formUnion(confirmed.keys.map(dot)) }
      if !waits(name) { left.remove(name) }
    }
    leftWithImage.formIntersection(left)
    forgetKept()
  }

  /// Does own work on the row wait for a pull? A refusal that was discarded before one has told it holds nothing.
  private func waits(_ name: Name) -> Bool {
    sent.contains { counter, one in
      one.acts[name] != nil && !forgotten.contains(counter) && (one.verdict.map { $0.seq > base } ?? true)
    }
  }

  /// A row that left goes with the last work on it, be it that somebody discards that.
  ///
  /// - Returns: those that are not there any more.
  func leaveWithTheLast(of rows: [Name: [String: Value]?]) -> Set<Name> {
    let gone = Set(rows.compactMap { name, row in row == nil && left.contains(name) && !waits(name) ? name : nil })
    left.subtract(gone)
    leftWithImage.subtract(gone)
    return gone
  }

  /// Nothing is kept of a row once all own work on it is judged and none of it waits in the inbox.
  func forgetKept() {
    for name in kept.keys where !waits(name) {
      let isRefused = sent.contains { counter, one in
        one.acts[name] != nil && one.verdict?.isAccepted == false && !forgotten.contains(counter)
      }
      if !isRefused { kept[name] = nil }
    }
  }
}
