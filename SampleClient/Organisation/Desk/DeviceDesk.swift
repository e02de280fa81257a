package import Relay

/// What a device tells of itself, and who works with it.
package enum DeviceDesk {
  package struct State: Sendable, Equatable {
    package var device: String
    package var unsent: Int
    package var held: Int
    package var conflicts: Int
    package var refused: Int
    package var rows: Int
    package var app: String
    package var schemaVersion: Int
    package var syncedAt: String?

    package init(
      device: String, unsent: Int, held: Int, conflicts: Int, refused: Int, rows: Int, app: String, schemaVersion: Int,
      syncedAt: String?
    ) {
      (self.device, self.unsent, self.held, self.conflicts) = (device, unsent, held, conflicts)
      (self.refused, self.rows, self.app, self.schemaVersion) = (refused, rows, app, schemaVersion)
      self.syncedAt = syncedAt
    }
  }

  /// Written before a sync, so that the committee sees how fresh its figures are; at most once an hour while the device
  /// works for the same unit with the same app: a sync that finds nothing new sends nothing.
  ///
  /// - Returns: whether it was written.
  package static func tell(_ state: State, unit: String, now: Instant, in db: Database) throws(RelayError) -> Bool {
    let known = try db.first(
      """
      SELECT told_at, app, unit_id FROM device_state WHERE id = ?
      """, [.text(state.device)])
    if let known, let told = known[0].text.flatMap({ Instant($0) }), known[1] == .text(state.app),
      known[2] == .text(unit), now.milliseconds - told.milliseconds < 3_600_000,
      now.milliseconds >= told.milliseconds
    {
      return false
    }
    let officer = try DeviceNotes.value("officer", in: db)
    try db.execute(
      """
      INSERT INTO device_state (id, unit_id, officer_id, told_at, synced_at, unsent, held, conflicts, refused, row_count,
        app, schema_version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
      ON CONFLICT (id) DO UPDATE SET unit_id = ?2, officer_id = ?3, told_at = ?4, synced_at = ?5, unsent = ?6, held = ?7,
        conflicts = ?8, refused = ?9, row_count = ?10, app = ?11, schema_version = ?12
      """,
      [
        .text(state.device), .text(unit), Value(officer), .text(now.text), Value(state.syncedAt), Value(state.unsent),
        Value(state.held), Value(state.conflicts), Value(state.refused), Value(state.rows), .text(state.app),
        Value(state.schemaVersion),
      ])
    return true
  }

  /// The unit that a device works for: its officer's, or the one that the hub lets it write and that is under none of the
  /// others.
  package static func unit(_ rights: DeviceRights, in db: Database) throws(RelayError) -> String? {
    if let officer = try DeviceNotes.value("officer", in: db),
      let unit = try db.first("SELECT unit_id FROM officer WHERE id = ?", [.text(officer)])?[0].text
    {
      return unit
    }
    var tops: [String] = []
    for unit in rights.units.sorted() {
      let above = try db.first("SELECT parent_id FROM org_unit WHERE id = ?", [.text(unit)])?[0].text
      if !(above.map(rights.units.contains) ?? false) { tops.append(unit) }
    }
    return tops.count == 1 ? tops[0] : nil
  }

  package static func list(_ look: Look) throws(RelayError) -> Page {
    var grid = Page.Grid(
      "devices",
      [
        "device|device|设备", "unit|unit|单位", "officer|with|使用人", "told|last heard|最近同步", "days|days ago|天数",
        "unsent|unsent|未发送", "held|held|暂存", "conflicts|conflicts|冲突", "refused|refused|被拒", "rows|rows|行数",
        "app|app|版本", "schema|schema|架构", "state|state|状态",
      ], empty: Phrase("no device has told of itself", "没有设备信息"))
    for row in try look.rows(
      """
      SELECT d.id, u.code, o.display_name, d.told_at, d.unsent, d.held, d.conflicts, d.refused, d.row_count, d.app,
        d.schema_version
      FROM device_state AS d LEFT JOIN org_unit AS u ON u.id = d.unit_id LEFT JOIN officer AS o ON o.id = d.officer_id
      WHERE \(look.zone.dayInSQL("d.told_at")) <= ?1 ORDER BY d.told_at, d.id
      """, [.text(look.day.text)])
    {
      let told = row[3].text ?? ""
      let days = look.zone.day(of: told).map { max(0, look.day.sinceEpoch - $0.sinceEpoch) } ?? 0
      let state =
        days > look.policy.leaseDays
        ? ("lease_over", Phrase("lease is over", "租期已过"))
        : days > 14
          ? ("silent", Phrase("silent", "失去联系"))
          : row[8].int > look.policy.rowWarning
            ? ("large", Phrase("many rows", "数据过多"))
            : days > 7 ? ("late", Phrase("late", "较久")) : ("fresh", Phrase("fresh", "正常"))
      grid.add(
        row[0].cell, row[1].cell, row[2].cell, .text(look.zone.text(told)), .number(days), row[4].cell, row[5].cell,
        row[6].cell, row[7].cell, row[8].cell, row[9].cell, row[10].cell, .phrase(state.0, state.1))
    }
    return .list(grid)
  }

  /// Another person works with the device from now on; what is written after carries the new name.
  package static func handOver(to who: String, desk: Desk, in db: Database) throws(RelayError) -> Officer {
    let officer = try Officer.find(who, on: desk.today.text, in: db)
    guard officer.unitID == desk.unit.id else {
      throw RelayError(
        .roleForbids, "\(officer.name) works for another unit than this device", advice: "Nothing was changed.")
    }
    guard officer.isInOffice(on: desk.today.text) else {
      throw RelayError(.roleForbids, "\(officer.name) is not in office", advice: "Nothing was changed.")
    }
    try DeviceNotes.set("officer", officer.id, in: db)
    return officer
  }
}
