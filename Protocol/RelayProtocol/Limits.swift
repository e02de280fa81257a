/// The one table of limits, enforced before anything is allocated or computed. Sizes are bytes.
public enum Limits {
  /// A request or response body as it travels, and after inflating.
  public static let body = 8 << 20
  public static let inflatedBody = 32 << 20
  /// Inflated bytes for one compressed byte, judged once more than `inflateGrace` came out.
  public static let inflateRatio = 100
  public static let inflateGrace = 1 << 20

  public static let transaction = 64 << 20
  public static let operations = 1_000_000
  /// How much of a transaction one request carries; a larger one is pushed in parts.
  public static let part = 4 << 20
  /// Openings of the hub's order that one message lists; of more the newest.
  public static let openings = 100
  public static let transactionsInPush = 10_000

  public static let value = 1 << 20
  /// All values of a row that a commit makes larger, so that they fit a message beside their stamps.
  public static let row = 3 << 20
  /// A row with everything that can travel with it: values, live writes, and what waits for a person.
  public static let rowRecord = 7 << 20
  public static let key = 1024
  public static let keyColumns = 8
  public static let columns = 500
  public static let tables = 1000
  public static let identifier = 63
  public static let label = 255
  /// A sentence for people.
  public static let message = 4096
  /// Transactions in one answer about a row's history.
  public static let historyPage = 500
  /// What asks for the next page of a pull.
  public static let token = 4096

  /// What a reader counts for every item that it reads, beside the bytes of strings; about what it takes in memory.
  public static let item = 32
  /// What may be built from one message (the rows of a page are read one by one and count each for itself), from one row
  /// of a page with its stamps and entries, and from one transaction.
  public static let decodedMessage = 64 << 20
  public static let decodedRow = 64 << 20
  public static let decodedTransaction = 512 << 20

  /// Intervals in a version vector, and dots that they may span.
  public static let intervals = 4096
  /// Intervals of what the author of a transaction had seen.
  public static let seenIntervals = 256
  public static let pendingDots = 1_000_000
  public static let scopes = 4096
  /// Verdicts that one closing confirms; what is pending beyond them the next pull confirms.
  public static let confirmed = 250_000
  /// Rows that one request asks for by key.
  public static let rowsAsked = 1000
  public static let scopeName = 255
  /// Scopes that one row may lie in; as many that may write it.
  public static let scopesOfRow = 256
  /// Rows that may stand above one, in a table that is its own parent.
  public static let ancestors = 100
  /// Live writes of one cell.
  public static let siblings = 2000
  public static let elements = 10_000
  /// Rows that one closing lists as gone; where more left before the first page the pull brings everything anew.
  public static let exits = 20_000
  /// Notices that one closing tells; nobody reads more.
  public static let notices = 5000
  /// Increments of a counter that a message lists one by one; the rest it gives as their sum.
  public static let increments = 1000

  /// Counters and sequence numbers stay below 2^53, so that every language can hold them.
  public static let sequence: UInt64 = 1 << 53 - 1
  public static let nesting = 16
  /// Fields of a message, known or not.
  public static let fields = 64
  /// How far beyond the hub's receipt an author's clock may put a write, in milliseconds.
  public static let clockLead: Int64 = 5 * 60 * 1000
  /// The longest parked pull, in milliseconds.
  public static let wait: UInt64 = 55_000
}

extension String {
  /// The longest beginning with at most `most` bytes of UTF-8 that cuts no character code in two.
  package func clipped(to most: Int) -> String {
    guard utf8.count > most else { return self }
    var end = utf8.index(startIndex, offsetBy: most)
    while end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
    return String(self[..<end])
  }
}

extension String {
  /// May it name a role or a device: 1 to `Limits.label` bytes without control characters, in one spelling only (rule 29)?
  package var isPlainLabel: Bool {
    !isEmpty && utf8.count <= Limits.label && unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
      && isNormal
  }
}
