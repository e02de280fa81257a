internal import Foundation
internal import Organisation
internal import Relay

/// An instant for programs.
enum Moment {
  /// - Parameter milliseconds: since 1970.
  /// - Returns: `2017-10-31T08:15:30Z`.
  static func text(_ milliseconds: Int64) -> String {
    Date(timeIntervalSince1970: Double(milliseconds / 1000)).formatted(.iso8601)
  }
}

/// Instants for people: in the organisation's time of day on its own files, and UTC with a Z on any other app's.
struct LocalTime {
  private let zone: TimeZoneOffset?

  init(_ replica: Replica) throws(RelayError) {
    zone =
      try SyncSchema(json: Organisation.schema).name == replica.schema.name
      ? try replica.read { (db) throws(RelayError) in try Policy(in: db).zone } : nil
  }

  /// - Parameter stored: `2017-10-31T08:15:30Z`.
  func text(_ stored: String) -> String { zone?.text(stored) ?? stored }

  func text(_ milliseconds: Int64) -> String {
    zone?.text(Instant(milliseconds: milliseconds)) ?? Moment.text(milliseconds)
  }
}
