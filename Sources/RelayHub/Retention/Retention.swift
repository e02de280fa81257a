internal import RelayProtocol

/// How long a hub keeps what is gone: tombstones, exits, the bodies of transactions (rule 28). Nobody is waited for: who
/// comes later gets everything anew.
public enum Retention {
  /// What a hub has where its operator says nothing.
  public static let days: Int64 = 400

  public static let range: ClosedRange<Int64> = 1...36_500

  static let setting = "retention"

  /// - Throws: `usage` beyond the range, and where it would end before the grace does: late edits are judged by exits.
  static func bytes(days: Int64, grace: Int64) throws(RelayError) -> [UInt8] {
    guard range.contains(days) else {
      throw RelayError(.usage, "the retention is \(range.lowerBound) to \(range.upperBound) days")
    }
    guard days * Grace.dayLength >= grace else {
      throw RelayError(.usage, "the retention is at least the grace, \(grace / Grace.dayLength) days")
    }
    return Array(String(days).utf8)
  }

  /// - Parameter bytes: nil in a store that was made before there was a retention.
  static func milliseconds(_ bytes: [UInt8]?) throws(RelayError) -> Int64 {
    guard let bytes else { return days * Grace.dayLength }
    guard let days = Int64(String(decoding: bytes, as: UTF8.self)), range.contains(days) else {
      throw RelayError(.corrupt, "the hub's store holds no retention that can be one")
    }
    return days * Grace.dayLength
  }
}

/// Where a run of pruning goes on; it is kept nowhere, and a run that was cut begins anew.
public struct PruneCursor: Sendable, Equatable {
  /// Up to which seq everything is older than the retention.
  var upTo: UInt64
  /// The last dead row that was looked at.
  var place = FeedPlace.start
  var isAtEnd = false
  /// Has this walk over the dead rows removed one? A parent goes once its children are gone.
  var hasRemoved = false
  /// Which of what devices were told is looked at, and where.
  var toldKind = 0
  var told = ToldPlace()
}

/// What one step of pruning did.
public struct PruneStep: Sendable, Equatable {
  public var exits = 0
  public var rows = 0
  public var bodies = 0
  /// Conflicts that ended, and transactions of which a device was told something or against which something was held.
  public var told = 0
  /// Where the next step begins; nil where there is nothing left to do.
  public var next: PruneCursor?

  public init() {}

  /// Adds what another step did.
  public mutating func add(_ other: PruneStep) {
    exits += other.exits
    rows += other.rows
    bodies += other.bodies
    told += other.told
  }
}
