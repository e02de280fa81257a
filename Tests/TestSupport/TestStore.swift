import Foundation
package import RelayHubPostgres

/// Where a test's hub keeps what it has: a directory, or a schema of its own in the PostgreSQL database that
/// RELAY_TEST_STORE names (`Tests/Postgres/server.sh`).
package enum TestStore {
  /// The database that tests run over; nil where they run over files.
  package static var database: String? { ProcessInfo.processInfo.environment["RELAY_TEST_STORE"] }

  /// A new place.
  ///
  /// - Parameter directory: for a hub in a file; it is made.
  package static func place(_ directory: String) throws -> HubPlace {
    guard let database else {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      return .directory(directory)
    }
    return try place(in: database)
  }

  /// A new schema in a database.
  package static func place(in database: String) throws -> HubPlace {
    let name = "t" + UUID().uuidString.replacingOccurrences(of: "-", with: "").lowercased()
    return try HubPlace(database + "&options=-csearch_path%3D" + name)
  }
}
