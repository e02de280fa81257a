internal import RelayProtocol

/// What an app writes that is of a newer version of the sync schema than the rows that it holds.
extension Witness {
  /// Columns of which the confirmed rows told nothing yet.
  var unseen: Set<String> {
    guard installedVersion > 0 else { return [] }
    return OracleSchema.unknown(to: installedVersion).subtracting(OracleSchema.unknown(to: version))
  }

  /// What the file has heard of the hub; an answer tells it even where nothing else of it is taken.
  func learnHubVersion() throws {
    guard truth.schema.newest > 1 else { return }
    guard case .integer(let heard)? = try values("SELECT hub FROM relay_schema").first?.first, heard > 0 else { return }
    hubVersion = UInt64(heard)
  }

  /// The newest version of which both the hub, as far as the device has heard, and the confirmed rows know.
  var knownVersion: UInt64 { min(hubVersion, installedVersion > 0 ? installedVersion : version) }

  /// What an insert of the row leaves out where it is at its default: nothing where own work waits that wrote something
  /// newer to it, which it takes back.
  func untold(in name: Name) -> Set<String> {
    let untold = OracleSchema.unknown(to: knownVersion)
    guard !untold.isEmpty else { return [] }
    let waiting = sent.filter { $0.value.verdict.map { $0.isAccepted && $0.seq > base } ?? true }
    let hasNewer = waiting.values.contains { one in
      one.acts[name].map { name.table == "gift" || $0.writes(untold, of: name) } ?? false
    }
    return hasNewer ? [] : untold
  }

  /// Who writes a column that the confirmed rows do not have claims to have seen nothing of the row but own work that waits.
  func noteUnseen(_ acts: inout [Name: Act], _ pending: Set<Dot>) {
    guard !unseen.isEmpty else { return }
    for (name, act) in acts where act.writes(unseen, of: name) {
      acts[name]?.isOfUnseen = true
      acts[name]?.seen.formIntersection(pending)
    }
  }
}

extension Act {
  /// - Parameter columns: of any table.
  fileprivate func writes(_ columns: Set<String>, of name: Name) -> Bool {
    // Whoever lets a row live again gives it nothing.
    guard let after, before != nil || settled != "live" else { return false }
    let columns = columns.intersection(OracleSchema.columns(of: name.table, at: 3)).subtracting(hidden)
    return columns.contains { column in
      if settled == column { return true }
      let was = before.map { $0[column] ?? .null }
      let value = after[column] ?? .null
      return was.map { $0 != value } ?? (!untold.contains(column) || ![.null, .integer(0)].contains(value))
    }
  }
}
