package import RelayProtocol

/// How the truly concurrent writes of one column group become what is shown, and everything else that depends on it:
/// what a write may be, what an insert does, how a row's columns become operations and back, what losers get, how the
/// cell travels.
///
/// One subclass a policy, in a file of its own here; the schema reader knows them by `all`. Nobody else switches over
/// policies: whoever needs to know something asks. What a subclass does not say is as for a plain value, of which the
/// latest write is shown and losers get a notice.
///
/// The invariant behind `@unchecked Sendable`: neither this class nor a subclass has anything that changes.
public class MergePolicy: @unchecked Sendable, Equatable, CustomStringConvertible {
  /// As the sync schema spells it; it counts in the schema's hash.
  public let name: String

  init(_ name: String) { self.name = name }

  public static func == (a: MergePolicy, b: MergePolicy) -> Bool { a === b }

  public var description: String { name }

  // MARK: What the schema may say

  /// Does it merge one column, never several as one?
  var isOfOneColumn: Bool { false }

  /// May its column be part of a unique list?
  var mayBeUnique: Bool { true }

  /// Does the schema name a function with it?
  var takesFunction: Bool { false }

  /// What is wrong with the default of its column, to be read after the column's name; nil where nothing is.
  func problem(default value: Value) -> String? { nil }

  // MARK: What may be written

  /// Is that what an insert says of a group to which it gives nothing of its own?
  func isDefault(_ given: [Value], _ group: GroupSchema) -> Bool { given == group.defaults }

  /// Why an insert may not give the group these values; nil where it may.
  func problem(inserting given: [Value], _ group: GroupSchema, _ table: TableSchema) -> String? {
    table.problem(given, group)
  }

  /// Why an operation other than an insert may not be done to the group; nil where it may.
  func problem(_ kind: OperationKind, _ group: GroupSchema, _ table: TableSchema) -> String? {
    guard case .set(_, let values) = kind else { return "\(group.name): this cannot be done to a \(name) column" }
    return table.problem(values, group)
  }

  /// Is a value of it given once for all, so that who has seen one may not write another?
  package var isGivenOnce: Bool { false }

  // MARK: What a write does

  /// What an insert writes into the group's cells, of which `state` holds those that are there.
  func effects(inserting given: [Value], _ group: GroupSchema, _ state: RowState) -> [CellEffect] {
    [CellEffect(CellID(group.id), .values(given))]
  }

  /// Does an insert of a row that was not there make a cell of the group, one that holds just what it gave? Nil where it
  /// makes something else.
  func makesCell(inserting given: [Value]) -> Bool? { true }

  /// The cells that would show these values if nobody had written since.
  func cells(showing values: [Value], _ group: GroupSchema) -> [(id: CellID, value: CellValue)] {
    [(CellID(group.id), .values(values))]
  }

  // MARK: What is shown

  /// The write that a cell with several shows. Ties go by (effective time, dot), so that all devices agree.
  func shownWrite(_ writes: [CellWrite], _ group: GroupSchema) -> CellWrite? {
    writes.max(by: CellWrite.isEarlier)
  }

  /// What a cell shows where that is no one write's value.
  func shownValue(_ writes: [CellWrite], _ group: GroupSchema, _ table: TableSchema) -> CellValue? {
    shownWrite(writes, group)?.value
  }

  /// Puts what the group's cells show into a row's values, which hold the defaults.
  func show(_ cells: ArraySlice<Cell>, _ group: GroupSchema, _ table: TableSchema, in values: inout [Value]) {
    guard let cell = cells.first, case .values(let shown)? = table.shownValue(cell, group),
      shown.count == group.columns.count
    else { return }
    for (at, value) in zip(group.columns, shown) { values[at] = value }
  }

  // MARK: What losers get

  package enum Loss: Sendable {
    /// A conflict is open until somebody settles it.
    case entry
    /// The author is told; there is nothing to do.
    case notice
    /// It can be read in the row's history.
    case history
  }

  package var losersGet: Loss { .notice }

  /// Are there losers at all? Not where every write counts.
  var hasLosers: Bool { true }

  /// Why the shown write of several that differ is shown.
  package var reason: ShownReason { .latest }

  // MARK: How a row's columns become operations, and back

  /// What an insert gives the group that holds these values in the row.
  package func given(by values: [Value], _ group: GroupSchema) -> [Value] { values }

  /// What the group's columns hold after an insert gave it this; the reverse of `given`.
  package func columns(given: [Value], _ group: GroupSchema) -> [Value] { given }

  /// What turns one state of the columns into the other. What cannot be told as the policy tells changes is told as it
  /// stands; the hub refuses it with a reason, and the author's inbox keeps it.
  package func change(_ was: [Value], _ now: [Value], _ group: GroupSchema) -> [OperationKind] {
    [.set(group.id, now)]
  }

  /// What a form meant that showed `shown` and wrote `written` over `was`: what it gave back as shown is no edit.
  package func meant(shown: [Value], was: [Value], written: [Value], _ group: GroupSchema) -> [Value] {
    written == shown ? was : written
  }

  // MARK: How it travels

  /// Are its live writes so many, and so alike, that they lie and travel as sums?
  package var travelsAsSum: Bool { false }

  /// Has it a cell for each element instead of one?
  package var hasElements: Bool { false }
}

/// What one operation does to one cell.
struct CellEffect {
  var cell: CellID
  /// Nil covers what is there and adds nothing.
  var value: CellValue?
  /// Increments join what is there; everything else replaces what its author had seen.
  var covers: Bool

  init(_ cell: CellID, _ value: CellValue?, covers: Bool = true) {
    (self.cell, self.value, self.covers) = (cell, value, covers)
  }
}

/// Why the value shown of a cell is the one shown.
public enum ShownReason: String, Sendable {
  /// Nobody has replaced it, and nobody wrote at the same time.
  case only
  /// Concurrent writes that agree.
  case same
  /// The latest of concurrent values (lww, ask, authority).
  case latest
  /// The latest of the concurrent values that are not NULL (last_non_null).
  case latestGiven = "latest_given"
  case greatest
  case least
  /// Increments add up.
  case sum
  /// The earliest of concurrent values (immutable).
  case first
  /// What the app's own function makes of concurrent values (resolver).
  case resolver
  /// A set element added while another removed it.
  case additionWins = "addition_wins"
  /// The row was changed while another deleted it.
  case changeWins = "change_wins"
  case deletionWins = "deletion_wins"
}

extension CellWrite {
  /// The order of concurrent writes for display: (effective time, dot).
  static func isEarlier(_ a: CellWrite, _ b: CellWrite) -> Bool {
    if Mutation.isPlanted(.tieByArrival) { return a.seq < b.seq }
    return a.effective == b.effective ? a.dot < b.dot : a.effective < b.effective
  }
}
