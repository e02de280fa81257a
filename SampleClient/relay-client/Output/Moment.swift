internal import Foundation

/// An instant for people and for JSON.
enum Moment {
  /// - Parameter milliseconds: since 1970.
  /// - Returns: `2017-10-31T08:15:30Z`.
  static func text(_ milliseconds: Int64) -> String {
    Date(timeIntervalSince1970: Double(milliseconds / 1000)).formatted(.iso8601)
  }
}
