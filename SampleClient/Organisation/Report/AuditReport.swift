internal import Relay

/// R13: the newest steps, with who took them.
enum AuditReport {
  static func page(_ look: Look) throws(RelayError) -> Page {
    try ActivityPages.ledger(look, unit: nil, from: nil, most: 300)
  }
}
