package import RelayProtocol

extension SyncSchema {
  /// What this schema adds to an older one, for people; also what is called differently now.
  ///
  /// - Throws: `schema_mismatch` naming what differs, where this schema does not continue the older one.
  package func changes(from old: SyncSchema) throws(RelayError) -> [String] {
    guard version >= old.version else {
      throw RelayError(.schemaMismatch, "'\(name)' \(version) is older than '\(old.name)' \(old.version)")
    }
    if let what = try at(old.version).difference(from: old) {
      throw RelayError(
        .schemaMismatch, "'\(name)' \(version) does not continue '\(old.name)' \(old.version): \(what) differs",
        advice: "Nothing was changed. A newer version adds tables and columns (`since`) and leaves the older as it was."
      )
    }
    var changes: [String] = []
    if version != old.version { changes.append("version \(old.version) becomes \(version)") }
    if oldest != old.oldest { changes.append("versions below \(oldest) are no longer served") }
    for table in tables {
      guard let was = old.table(table.id) else {
        changes.append("table '\(table.name)' is added (since \(table.since))")
        continue
      }
      if was.name != table.name { changes.append("table '\(was.name)' is called '\(table.name)'") }
      for column in table.columns {
        let before = was.columns.first { $0.id == column.id }
        if let before, before.name != column.name {
          changes.append("column '\(table.name).\(before.name)' is called '\(column.name)'")
        } else if before == nil {
          changes.append("column '\(table.name).\(column.name)' is added (since \(column.since))")
        }
      }
    }
    return changes
  }
}
