public import Relay

/// Writes the sample organisation: the survey's figures exactly, and a year's work around them. The same seed gives the
/// same rows on every machine.
///
/// ```swift
/// for batch in try Generator().batches() {
///   try replica.write { (db) throws(RelayError) in try batch.write(to: db) }
/// }
/// ```
public struct Generator: Sendable {
  public static let standardSeed: UInt64 = 20_171_031
  /// The day up to which the rows tell: the survey's.
  public static let asOf = "2017-10-31"

  /// Whose rows.
  public enum Scope: Sendable, Hashable {
    case everything
    /// The rows whose home is the unit of this code ("C", "R1" to "R6", "B001" to "B083"), and for a region also those
    /// of its branches. They are the same as in `everything`.
    case unit(String)
  }

  /// Which part of these rows one writer may give, by the sync schema's rights.
  public enum Share: Sendable, Hashable {
    /// Whole rows, for a file that no hub judges.
    case whole
    /// What the committee may write: everything but what only those in the field may say.
    case office
    /// The rest, to be written by the unit's own device once it holds the office's share.
    case field
  }

  /// The rows of one unit: a transaction's worth, at most some thousands.
  public struct Batch: Sendable {
    public let unit: String
    let roster: Roster
    let at: Int
    let share: Share

    /// Inserts the rows. The tables must be there; with the committee's batch of the whole or the office's share the
    /// committee's own tables are made where they are not.
    ///
    /// - Throws: `constraint` where rows of these ids are there already.
    public func write(to db: Database) throws(RelayError) {
      let schema = try Organisation.syncSchema.get()
      let level = roster.units[at].level
      var rows = UnitRows(
        roster: roster, at: at, sink: RowSink(db, schema, share: share, role: level))
      try rows.write()
      if at == 0, share != .field { try OfficeRows.write(to: db) }
    }
  }

  let roster: Roster

  public init(seed: UInt64 = Generator.standardSeed) { roster = Roster(seed: seed) }

  /// The codes of all units: the committee, the regions, the branches.
  public var units: [String] { roster.units.map(\.code) }

  /// One batch a unit, in the order in which they should be written.
  ///
  /// - Throws: `usage` where there is no unit of that code.
  public func batches(_ scope: Scope = .everything, share: Share = .whole) throws(RelayError) -> [Batch] {
    let chosen: [Int]
    switch scope {
    case .everything: chosen = Array(roster.units.indices)
    case .unit(let code):
      guard let at = roster.units.firstIndex(where: { $0.code == code }) else {
        throw RelayError(.usage, "there is no unit '\(code)'", advice: "Units are C, R1 to R6 and B001 to B083.")
      }
      let below = at == 0 ? [] : roster.units.indices.filter { roster.units[$0].parent == at }
      chosen = [at] + below
    }
    return chosen.map { Batch(unit: roster.units[$0].code, roster: roster, at: $0, share: share) }
  }

  /// Writes all batches, in whatever transaction the caller holds.
  public func write(to db: Database, _ scope: Scope = .everything, share: Share = .whole) throws(RelayError) {
    for batch in try batches(scope, share: share) { try batch.write(to: db) }
  }
}
