public import Relay

/// The survey's tables as of a day, counted from the rows that this replica holds: complete at the committee, within
/// its scopes on any other device.
public struct SurveyReport: Sendable {
  public struct Band: Sendable, Hashable {
    /// As in the code, `le_35`; labels are the text's affair.
    public let key: String
    public let count: Int
  }

  /// A distribution whose bands add up to its total.
  public struct Table: Sendable, Hashable {
    public let name: String
    public let bands: [Band]
    public var total: Int { bands.reduce(0) { $0 + $1.count } }

    public func count(_ key: String) -> Int { bands.first { $0.key == key }?.count ?? 0 }
  }

  /// Members at the end of an earlier year, from the committee's own record.
  public struct Headcount: Sendable, Hashable {
    public let day: String
    public let members: Int
  }

  /// YYYY-MM-DD.
  public let asOf: String
  /// In the survey's order.
  public let tables: [Table]
  public let headcounts: [Headcount]
  /// Members on the day.
  public let members: Int
  /// Transfers decided in the day's year, up to the day.
  public let received: Int
  public let left: Int

  /// - Parameters:
  ///   - asOf: YYYY-MM-DD.
  /// - Throws: `usage` where `asOf` is no day.
  public init(_ db: Database, asOf: String) throws(RelayError) {
    guard let day = Day(asOf) else {
      throw RelayError(.usage, "'\(asOf)' is no day", advice: "Write a day as YYYY-MM-DD.")
    }
    let survey = SurveySQL(db: db, day: day)
    self.asOf = asOf
    tables = [
      try survey.age(), try survey.education(), try survey.seniority(), try survey.dues(), try survey.sex(),
      try survey.kinds(), try survey.secretaries("sex"), try survey.secretaries("education"),
      try survey.secretaryAge(),
    ]
    headcounts = try survey.headcounts()
    members = try survey.members()
    received = try survey.moved("transfer_in")
    left = try survey.moved("transfer_out")
  }

  /// What the growth since the last headcount leaves unexplained by transfers; nil where there is no headcount.
  public var otherNet: Int? { headcounts.last.map { members - $0.members - (received - left) } }

  public func table(_ name: String) -> Table? { tables.first { $0.name == name } }

  /// Members who owe at least so much: the bands from `6_11` on, and from `1_5` on.
  public var unpaidHalfYear: Int {
    table("dues")?.bands.dropFirst(2).filter(\.isKnown).reduce(0) { $0 + $1.count } ?? 0
  }
  public var unpaid: Int { table("dues")?.bands.dropFirst(1).filter(\.isKnown).reduce(0) { $0 + $1.count } ?? 0 }
}

extension SurveyReport.Band {
  static let unknown = "unknown"

  /// Was what the band counts written down at all?
  var isKnown: Bool { key != SurveyReport.Band.unknown }
}
