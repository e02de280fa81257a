internal import Relay

/// R13: how much of what was done this year, and the newest entries with who answers for them.
enum AuditReport {
  static func page(_ look: Look) throws(RelayError) -> Page {
    var page = try WorkLedger.page(look, unit: nil, from: nil, most: 300)
    page.grids.insert(try WorkLedger.sums(look), at: 0)
    try CaseDesk.sum(look, &page)
    try Trail.sum(look, &page)
    return page
  }
}
