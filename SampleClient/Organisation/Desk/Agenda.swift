package import Relay

/// What waits for the people at a device, for the line that `status` shows.
package struct Agenda: Sendable, Equatable {
  /// Rows that the office has set aside.
  package let review: Int
  /// Transfers whose next step is this unit's.
  package let transfers: Int
  /// Members whom nobody has reached for the months after which they are at risk.
  package let silent: Int

  /// - Parameter unit: the unit at work here; nil where nobody has said, and then no transfer waits for anybody.
  package init(_ db: Database, unit: String?, on day: Day) throws(RelayError) {
    review = try Review.open(in: db).items.count
    let book = try TransferBook(in: db)
    transfers = book.groups.count { group in unit != nil && book.next(group)?.id == unit }
    let since = day.earlier(byMonths: try Policy(in: db).atRiskMonths).text
    silent = Int(
      try db.first(
        """
        SELECT count(*) FROM member
        WHERE status = 'active' AND merged_into IS NULL AND coalesce(last_contact_on, '') < ?
        """, [.text(since)])?[0].integer ?? 0)
  }
}
