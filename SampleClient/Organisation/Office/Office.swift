package import Relay

/// The committee's own work: a pure function of the rows that its replica holds and of the day, written as ordinary
/// transactions. What it adds has ids that follow from what it says, so that settling twice, or on two machines of the
/// committee, writes the same. While no office runs, nothing is decided and nothing is lost.
package struct Office: Sendable {
  package static let author = "office"

  let replica: Replica
  let now: Instant
  /// Days are the organisation's, whatever the machine's.
  let zone: TimeZoneOffset

  var today: Day { zone.day(now) }

  /// The day on which a request has all it needs; never one that is still to come, whatever an author's clock said.
  func decided(_ lastNeeded: String?) -> String { min(zone.day(of: lastNeeded) ?? today, today).text }

  /// The beginning of a day, as a remark bears it.
  func instant(_ day: String?) -> String { zone.start(of: day.flatMap { Day($0) } ?? today).text }

  /// - Throws: `role_forbids` on any replica that is not the committee's.
  package init(_ replica: Replica, now: Instant) throws(RelayError) {
    let role = try replica.status().role
    guard role == "committee" || role == SyncSchema.unenrolledRole else {
      throw RelayError(
        .roleForbids, "the office works on a replica of the committee, and this one is a \(role)'s",
        advice: "Nothing was changed. Every device shows what it expects the office to decide.")
    }
    self.replica = replica
    self.now = now
    zone = try replica.read { (db) throws(RelayError) in try Policy(in: db).zone }
  }

  /// Folds steps into states, moves members, judges late facts, and brings points, dues and reach up to date. Each
  /// transfer that takes effect is one transaction, with which the whole aggregate moves.
  package func settle() throws(RelayError) -> Settlement {
    var done = Settlement()
    try settleTransfers(&done)
    try phase(&done, judgeLateFacts)
    try phase(&done, settleMembership)
    try phase(&done, settleOutside)
    try phase(&done, endStubs)
    try phase(&done, settleAssistance)
    for (question, line) in try phase(&done, settleBudgets) {
      let price = Resolution.values([Value(line.quantity), Value(line.fen)])
      try replica.resolve(question, price, author: Office.author)
    }
    while try phase(&done, awardPoints) {}
    try phase(&done, foldLedgers)
    try phase(&done, judgeReach)
    try phase(&done, giveNumbers)
    return try replica.read { [done] (db) throws(RelayError) in
      var done = done
      done.review = try Review.open(in: db).items
      done.possibleDuplicates = try Duplicates.find(in: db)
      return done
    }
  }

  /// Runs a part of the work in a transaction of its own.
  @discardableResult
  func phase<T: Sendable>(
    _ done: inout Settlement, _ body: (Database, inout Settlement) throws(RelayError) -> T
  ) throws(RelayError) -> T {
    let before = done
    let (value, after) = try replica.write(author: Office.author) { (db) throws(RelayError) -> (T, Settlement) in
      var settlement = before
      let value = try body(db, &settlement)
      return (value, settlement)
    }
    done = after
    return value
  }

  /// Writes a column where it holds something else.
  ///
  /// - Returns: whether it did.
  static func set(
    _ column: String, _ value: Value, of table: String, _ id: String, in db: Database
  ) throws(RelayError) -> Bool {
    try db.execute(
      "UPDATE \"\(table)\" SET \"\(column)\" = ?1 WHERE id = ?2 AND \"\(column)\" IS NOT ?1", [value, .text(id)])
    return db.changes > 0
  }
}
