internal import RelayProtocol

/// The conflicts that one cell had.
struct Conflicts {
  /// The seqs at which they opened, the last that is or was open behind the others.
  var opened: [UInt64] = []
  var isOpen = false
  /// At which seq each of them ended last.
  var ended: [UInt64: UInt64] = [:]
  /// A conflict that was opened again where the hub may have forgotten that it ever was one: the seq that it has then, and
  /// the one at which it had ended.
  var again: (seq: UInt64, ended: UInt64)?
}

extension Truth {
  /// A conflict is open as long as live values differ; a second answer to it opens the same one again.
  func openEntries(_ line: inout Line, _ name: Name, _ seq: UInt64, _ answer: Witness.Answer?) {
    for cell in name.table == "person" ? schema.asks.union(["live"]) : ["live"] {
      guard Set((line.cells[cell] ?? [:]).values.map(\.value)).count > 1 else {
        if let last = line.entries[cell]?.opened.last, line.entries[cell]?.isOpen == true {
          line.entries[cell]?.ended[last] = seq
        }
        line.entries[cell]?.isOpen = false
        continue
      }
      guard line.entries[cell]?.isOpen != true else { continue }
      var all = line.entries[cell] ?? Conflicts()
      let same = answer.flatMap { $0.cell == cell && all.opened.contains($0.opened) ? $0.opened : nil }
      all.opened.removeAll { $0 == same }
      // Where the hub has forgotten it, it has a new name there.
      if same != nil { all.opened.append(seq) }
      all.opened.append(same ?? seq)
      all.isOpen = true
      all.again = same.map { (seq, all.ended[$0] ?? 0) }
      line.entries[cell] = all
    }
  }

  /// The seq at which a cell's conflict opened; nil where none is open.
  func opened(_ name: Name, _ cell: String) -> UInt64? {
    lines[name]?.entries[cell].flatMap { $0.isOpen ? $0.opened.last : nil }
  }
}
