internal import Organisation
internal import Relay
internal import RelayMerge

/// Does a device hold exactly what the committee holds within its scopes? Which rows these are is said here in SQL, apart
/// from the sync schema's rules.
struct ScopeCheck {
  let committee: Station
  let device: Station

  /// - Returns: what differs; nothing, where all is well.
  func complaints() throws -> [String] {
    var found: [String] = []
    let status = try device.replica.status()
    if status.pending + status.held + status.refused > 0 || !status.mismatch.isEmpty {
      found.append(
        "\(device.name): \(status.pending) pending, \(status.held) held, \(status.refused) refused, \(status.mismatch)")
    }
    for table in device.replica.schema.tables where table.access(status.role).reads {
      let hidden = table.access(status.role).hidden
      let names = table.columns.filter { !hidden.contains($0.id) }.map { "\"\($0.name)\"" }.joined(separator: ", ")
      let (there, here) = (
        try committee.rows(
          "SELECT \(names) FROM \"\(table.name)\" AS t WHERE \(scope(table.name, status.role)) ORDER BY 1"),
        try device.rows("SELECT \(names) FROM \"\(table.name)\" ORDER BY 1")
      )
      guard there != here else { continue }
      let (all, own) = (Set(there.map(\.description)), Set(here.map(\.description)))
      let (missing, more) = (all.subtracting(own).sorted().first, own.subtracting(all).sorted().first)
      found.append(
        "\(device.name), \(table.name): \(here.count) rows of \(there.count); missing \(missing ?? "-"); not there \(more ?? "-")"
      )
    }
    return found
  }

  private func scope(_ table: String, _ role: String) -> String {
    let own = "(SELECT id FROM org_unit WHERE code = '\(device.unit)')"
    // A region serves itself and its branches.
    let units = "(SELECT id FROM org_unit WHERE id IN \(own) OR parent_id IN \(own))"
    let above =
      "(SELECT parent_id FROM org_unit WHERE id IN \(own) UNION ALL SELECT 'c' UNION ALL SELECT id FROM org_unit WHERE id IN \(own))"
    let members = "t.member_id IN (SELECT id FROM member WHERE unit_id IN \(units))"
    let requests = "(unit_id IN \(units) OR from_unit_id IN \(units) OR to_unit_id IN \(units))"
    if role == "committee" { return "1" }
    switch table {
    case "org_unit", "officer", "policy": return "1"
    case "member", "feedback", "signature", "device_state": return "t.unit_id IN \(units)"
    case "request": return requests
    case "request_step", "request_line": return "t.request_id IN (SELECT id FROM request WHERE \(requests))"
    case "activity":
      return
        "t.unit_id IN \(units) OR t.unit_id IN \(above) OR EXISTS (SELECT 1 FROM json_each(t.hosts) WHERE value IN \(units))"
    case "sweep", "notice": return "t.unit_id IN \(units) OR t.unit_id IN \(above)"
    case "appraisal_entry": return members + " AND t.stage <> 'peer'"
    case "declaration": return members + " AND t.topic <> 'income_base'"
    default: return members
    }
  }
}
