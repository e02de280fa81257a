package import Relay

/// The reference app's data: twenty-two tables that sync, and the committee's own that never do.
public enum Organisation {
  /// The sync schema file, for `Replica(at:schema:environment:create:)`.
  public static let schema: [UInt8] = PackageResources.organisation_schema_json

  /// The schema read once; commands ask it many times.
  package static let syncSchema = Result { () throws(RelayError) in try SyncSchema(json: schema) }

  /// Makes the tables that sync, with their indexes.
  public static let ddl = String(decoding: PackageResources.organisation_sql, as: UTF8.self)

  /// Makes the committee's own tables where they are not there; they stay on the committee's device.
  public static let officeDDL = String(decoding: PackageResources.office_sql, as: UTF8.self)
}
