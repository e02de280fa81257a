internal import RelayHub
internal import RelayProtocol

/// What a hub forgets of what is gone (rule 28): nothing too early, and all of it once somebody asks for it.
extension Oracle {
  /// How long such a hub keeps what is gone, in days.
  static let retention: Int64 = 31
  /// By how much its clock may have been wrong, then and now, in milliseconds.
  private static let slack: Int64 = 3 * 3_600_000

  /// The hub forgot a piece.
  ///
  /// - Parameter all: everything that was old enough.
  func forgot(_ hub: HubReader, now: Int64, all: Bool) throws {
    let limit = now - Oracle.retention * 86_400_000
    let parents = Set(truth.lines.filter { $0.key.table != "person" }.compactMap { $0.value.places.last?.place })
    for (name, line) in truth.lines.sorted(by: { $0.key < $1.key }) where truth.knows(name) && !truth.isAlive(line) {
      let received = line.writers.last.flatMap { receivedAt[$0.seq] }
      let table = UInt32((OracleSchema.tables.firstIndex(of: name.table) ?? 0) + 1)
      if try hub.cells(of: RowID(table: table, values: [.text(name.id)])) == nil {
        if let received, received > limit + Oracle.slack { throw Broken("the hub forgot \(name) too early") }
        truth.forget(name)
        count("forgotten \(name.table)")
      } else if all, let received, received < limit - Oracle.slack, line.entries.isEmpty, !parents.contains(name.id),
        name.table == "person"
      {
        throw Broken("the hub did not forget \(name), which died long ago")
      }
    }
  }

  /// May the hub have forgotten a conflict that had ended, so that a late answer opened another one?
  func isAnew(_ name: Name, _ cell: String, _ opened: UInt64) -> Bool {
    guard forgets, let again = truth.lines[name]?.entries[cell]?.again, again.seq == opened,
      let ended = receivedAt[again.ended], let received = receivedAt[opened]
    else { return false }
    count("a conflict that was forgotten is opened anew")
    return ended < received - Oracle.retention * 86_400_000 + Oracle.slack
  }
}
