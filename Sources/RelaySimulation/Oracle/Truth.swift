internal import Relay
package import RelayProtocol

/// A row by its table and key, as the oracle names it.
package struct Name: Hashable, Comparable, CustomStringConvertible {
  package var table: String
  package var id: String
  package var description: String { "\(table) \(id)" }
  package static func < (a: Name, b: Name) -> Bool { (a.table, a.id) < (b.table, b.id) }
}

/// What one transaction did to one row, told from what its author's table showed before and after.
package struct Act {
  /// What the author's row showed before and after; nil where it was not there.
  package var before: [String: Value]?
  package var after: [String: Value]?
  /// Every transaction whose effect the author's row reflected: the truth that the rules must find by themselves.
  package var seen: Set<Dot>
  /// A cell that was written although nothing differs: a conflict was settled for the value shown.
  package var settled: String?
  /// Where the row's existence was settled: is it to be there?
  package var isToLive = true
  /// Columns that its author's role does not see: it gives them nothing.
  package var hidden: Set<String> = []
  /// Columns that its role does not see when it is judged.
  var hiddenNow: Set<String> = []
  /// Columns that the hub, or what is confirmed on the device, did not know yet: an insert leaves their defaults out.
  var untold: Set<String> = []
  /// Does it write a column of which its author's confirmed rows told nothing?
  var isOfUnseen = false
  /// The person that a visit was hung on, and what the author's row of that person reflected.
  package var parent: (name: Name, seen: Set<Dot>)?

  package var inserts: Bool { before == nil && after != nil }

  /// Does it only say that the row is to live again?
  var undeletes: Bool { before == nil && settled == "live" && isToLive }

  package var isNothing: Bool { before == after && settled == nil }
}

/// What an oracle knows that no program has: the exact knowledge behind every write. It merges by the definition of a
/// cell (the writes that nobody who wrote later had seen) and shares no code with Relay.
package final class Truth {
  package struct Write: Equatable {
    package var value: Value
    package var effective: UInt64
  }

  package struct Line {
    /// Of its live writes those that only hung a row on it.
    var signs: Set<Dot> = []
    /// cell → the writes that no later author had seen. `live` is existence, `tags:x` an element.
    package var cells: [String: [Dot: Write]] = [:]
    /// Every transaction that ever wrote the row, in the hub's order.
    package var writers: [(seq: UInt64, dot: Dot)] = []
    /// Unit (of a person) or person (of a visit) and existence, from a seq on.
    package var places: [(seq: UInt64, place: String, alive: Bool)] = []
    /// The cells as they were from a seq on.
    var versions: [(seq: UInt64, cells: [String: [Dot: Write]])] = []
    /// Where the hub's log ended when the hub forgot the row; 0 where it never did.
    var forgottenAt: UInt64 = 0
    /// Whether it lies in no scope because it is old, from a seq on.
    var overs: [(seq: UInt64, isOver: Bool)] = []
    /// Of each cell the conflicts that it had.
    var entries: [String: Conflicts] = [:]
  }

  package let schema: OracleSchema
  package private(set) var lines: [Name: Line] = [:]
  package private(set) var head: UInt64 = 0

  package init(_ schema: OracleSchema) { self.schema = schema }

  func columns(of table: String) -> [String] { OracleSchema.columns(of: table, at: schema.newest) }

  // MARK: Forgetting

  /// A deletion of a forgotten row changes nothing.
  private struct VoidWork: Hashable {
    var dot: Dot
    var name: Name
  }
  private var voids: Set<VoidWork> = []

  private func isVoid(_ act: Act, _ name: Name) -> Bool {
    act.after == nil && act.before != nil && lines[name] != nil && !knows(name)
  }

  /// Did it find its row forgotten?
  func isVoid(_ dot: Dot, _ name: Name) -> Bool { voids.contains(VoidWork(dot: dot, name: name)) }

  /// Does the hub have the row, alive or dead?
  func knows(_ name: Name) -> Bool { lines[name].map { !$0.cells.isEmpty } ?? false }

  /// The hub forgets a dead row. Who comes back to an older place of the order still shows it as it was there.
  func forget(_ name: Name) {
    guard var line = lines[name] else { return }
    (line.cells, line.entries, line.forgottenAt) = ([:], [:], head)
    line.versions.append((head, [:]))
    lines[name] = line
  }

  // MARK: Ageing

  /// Persons with a code of before this month have left; empty where none has.
  private(set) var month = ""

  /// Whose place would another month change? Dead rows go too, and take along what hangs on them.
  func moved(by month: String) -> [Name] {
    lines.filter { name, line in
      name.table == "person" && !line.cells.isEmpty
        && Truth.isOver(values(name, line), month) != (line.overs.last?.isOver ?? false)
    }.keys.sorted()
  }

  /// The hub goes on to another month.
  ///
  /// - Parameter seq: of its own transaction; nil where no row moves.
  func age(to month: String, seq: UInt64?) {
    let moved = moved(by: month)
    self.month = month
    guard let seq else { return }
    head = seq
    for name in moved {
      let wasOver = lines[name]?.overs.last?.isOver ?? false
      lines[name]?.overs.append((seq, !wasOver))
    }
  }

  private func notePlace(_ line: inout Line, _ name: Name, _ seq: UInt64) {
    guard name.table == "person", !month.isEmpty || !line.overs.isEmpty else { return }
    line.overs.append((seq, Truth.isOver(values(name, line), month)))
  }

  // MARK: Merging

  /// - Parameters:
  ///   - hidden: columns that the device's role does not see now: of these nothing counts as seen.
  ///   - settles: the conflicts that it settles.
  package func accept(
    _ dot: Dot, seq: UInt64, effective: UInt64, _ acts: [Name: Act], hidden: Set<String>,
    settles: [Name: Witness.Answer]
  ) {
    head = seq
    for (name, act) in acts {
      if isVoid(act, name) {
        voids.insert(VoidWork(dot: dot, name: name))
        continue
      }
      var act = act
      act.hiddenNow = hidden
      var line = lines[name] ?? Line()
      merge(act, of: dot, effective: effective, into: &line, name)
      line.writers.append((seq, dot))
      let values = values(name, line)
      let place = values[name.table == "person" ? "unit" : "person"]?.text ?? ""
      line.places.append((seq, place, isAlive(line)))
      notePlace(&line, name, seq)
      line.versions.append((seq, line.cells))
      openEntries(&line, name, seq, settles[name])
      lines[name] = line
    }
    for act in acts.values {
      guard let (parent, seen) = act.parent, acts[parent] == nil else { continue }
      signLife(of: parent, dot, seq: seq, effective: effective, seen: seen)
    }
  }

  /// What one transaction does to one row.
  func merge(_ act: Act, of dot: Dot, effective: UInt64, into line: inout Line, _ name: Name) {
    for (cell, value, covers) in effects(act, line, name) {
      if covers { line.cells[cell] = (line.cells[cell] ?? [:]).filter { !act.seen.contains($0.key) } }
      if let value { line.cells[cell, default: [:]][dot] = Write(value: value, effective: effective) }
    }
  }

  /// Who hangs a visit on a person says that the person is there, unless they knew of the deletion.
  private func signLife(of parent: Name, _ dot: Dot, seq: UInt64, effective: UInt64, seen: Set<Dot>) {
    guard var line = lines[parent] else { return }
    let live = line.cells["live"] ?? [:]
    line.signs.insert(dot)
    line.writers.append((seq, dot))
    if !live.contains(where: { $0.value.value == .integer(0) && seen.contains($0.key) }) {
      line.cells["live"] = live.filter { !seen.contains($0.key) }
      line.cells["live", default: [:]][dot] = Write(value: .integer(1), effective: effective)
    }
    if let last = line.places.last, last.alive != isAlive(line) {
      line.places.append((seq, last.place, isAlive(line)))
      notePlace(&line, parent, seq)
    }
    line.versions.append((seq, line.cells))
    openEntries(&line, parent, seq, nil)
    lines[parent] = line
  }

  package func refuse(seq: UInt64) { head = seq }

  private func effects(_ act: Act, _ line: Line, _ name: Name) -> [(String, Value?, Bool)] {
    // Of a row that was not there, only whether it is to be can be settled.
    if act.before == nil, act.settled == "live" { return [("live", .integer(act.isToLive ? 1 : 0), true)] }
    guard let after = act.after else { return act.before != nil ? [("live", .integer(0), true)] : [] }
    var list: [(String, Value?, Bool)] = [("live", .integer(1), true)]
    for column in columns(of: name.table) where !act.hidden.contains(column) {
      // The default that an insert has where its author's role may give nothing by now is nobody's value, and so is one
      // that is left out of it.
      let isUntold = act.hiddenNow.contains(column) || act.untold.contains(column)
      if isUntold, act.before == nil, [.null, .integer(0)].contains(after[column] ?? .null) { continue }
      let covers = !act.hiddenNow.contains(column)
      let (was, now) = (act.before?[column], after[column] ?? .null)
      switch schema.columns[column] ?? .last {
      case .sum:
        let change = (now.integer ?? 0) - (was?.integer ?? 0)
        if act.before == nil || change != 0 { list.append((column, change == 0 ? nil : .integer(change), was == nil)) }
      case .elements:
        let (old, new) = (Truth.tags(was), Truth.tags(now))
        let known = line.cells.keys.filter { $0.hasPrefix("tags:") }.map { String($0.dropFirst(5)) }
        for tag in old.union(new).union(act.before == nil ? Set(known) : []).sorted() {
          if act.before == nil {
            list.append(("tags:" + tag, new.contains(tag) ? .integer(1) : nil, true))
          } else if old.contains(tag) != new.contains(tag) {
            list.append(("tags:" + tag, .integer(new.contains(tag) ? 1 : 0), true))
          }
        }
      case .firstGiven:
        // NULL is no value: it may be given later.
        if act.before == nil || was != now {
          list.append((column, act.before == nil && now.isNull ? nil : now, covers))
        }
      default:
        if act.before == nil || was != now || act.settled == column { list.append((column, now, covers)) }
      }
    }
    return list
  }

  private static func tags(_ value: Value?) -> Set<String> {
    Set((value?.text ?? "").filter(\.isLetter).map(String.init))
  }

  // MARK: What a row shows

  package func isAlive(_ line: Line) -> Bool {
    line.cells["live"]?.values.contains { $0.value == .integer(1) } ?? false
  }

  package func values(_ name: Name, _ line: Line) -> [String: Value] {
    var values: [String: Value] = [:]
    for column in columns(of: name.table) {
      let writes = line.cells[column] ?? [:]
      switch schema.columns[column] ?? .last {
      case .sum: values[column] = .integer(writes.values.reduce(0) { $0 + ($1.value.integer ?? 0) })
      case .greatest: values[column] = writes.values.compactMap(\.value.integer).max().map { .integer($0) } ?? .null
      case .least: values[column] = writes.values.compactMap(\.value.integer).min().map { .integer($0) } ?? .null
      case .elements:
        let isIn: (Write) -> Bool = { $0.value == .integer(1) }
        let tags = line.cells.filter { $0.key.hasPrefix("tags:") && $0.value.values.contains(where: isIn) }
        let names = tags.keys.map { String($0.dropFirst(5)) }.sorted()
        values[column] = .text("[" + names.map { "\"\($0)\"" }.joined(separator: ",") + "]")
      case .firstGiven:
        let first = writes.min { a, b in (a.value.effective, a.key) < (b.value.effective, b.key) }
        values[column] = first?.value.value ?? .null
      case .last, .lastGiven:
        let given = writes.filter { schema.columns[column] != .lastGiven || !$0.value.value.isNull }
        let last = given.max { a, b in (a.value.effective, a.key) < (b.value.effective, b.key) }
        values[column] = last?.value.value ?? .null
      }
    }
    return values
  }

  package func shown(_ name: Name) -> [String: Value]? {
    guard let line = lines[name], isAlive(line) else { return nil }
    return values(name, line)
  }

  /// Cells of a row about which people have to be asked.
  package func questions(_ name: Name) -> Set<String> {
    guard let line = lines[name], isAlive(line) else { return [] }
    let cells = name.table == "person" ? schema.asks.union(["live"]) : ["live"]
    return Set(cells.filter { Set((line.cells[$0] ?? [:]).values.map(\.value)).count > 1 })
  }

  // MARK: Where a row was

  /// The unit that a row lay in at a seq; nil where the hub had no such row.
  package func unit(_ name: Name, at seq: UInt64) -> String? {
    guard let place = lines[name]?.places.last(where: { $0.seq <= seq })?.place else { return nil }
    return name.table == "person" ? place : unit(Name(table: "person", id: place), at: seq)
  }

  package func wasAlive(_ name: Name, at seq: UInt64) -> Bool {
    lines[name]?.places.last { $0.seq <= seq }?.alive ?? false
  }

  /// Did a row change, move, or lose or regain its parent? A dead one has nothing to lose with it, and nobody is told.
  package func concerned(_ name: Name, after low: UInt64, upTo high: UInt64) -> Bool {
    if lines[name]?.writers.contains(where: { $0.seq > low && $0.seq <= high }) == true { return true }
    guard low < high else { return false }
    if ((low + 1)...high).contains(where: { isOver(name, at: $0 - 1) != isOver(name, at: $0) }) { return true }
    guard name.table != "person" else { return false }
    let parent = lines[name]?.places.last { $0.seq <= high }.map { Name(table: "person", id: $0.place) }
    return ((low + 1)...high).contains { seq in
      unit(name, at: seq - 1) != unit(name, at: seq)
        || wasAlive(name, at: seq) && parent.map { wasAlive($0, at: seq - 1) != wasAlive($0, at: seq) } ?? false
    }
  }

  /// A row as it was at a seq; nothing of it where the hub had none.
  func line(_ name: Name, at seq: UInt64) -> Line {
    var line = Line()
    line.cells = lines[name]?.versions.last { $0.seq <= seq }?.cells ?? [:]
    line.signs = lines[name]?.signs ?? []
    return line
  }

  package func writers(_ name: Name, upTo seq: UInt64) -> Set<Dot> {
    Set((lines[name]?.writers ?? []).filter { $0.seq <= seq }.map(\.dot))
  }
}
