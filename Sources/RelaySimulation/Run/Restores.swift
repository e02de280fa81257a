internal import Relay

/// Devices of which one after the other is put back to an older copy of its file, and works on.
///
/// - Returns: what did not hold, nil where everything did; and how often a file was put back.
public func simulateRestores(seed: UInt64, steps: Int = 120) -> (failure: String?, restores: Int) {
  do {
    let members = ["a", "b", "c"].map { AppFleet.Member($0, role: "field", scopes: ["unit/u1", "unit/u2"]) }
    let schema = OracleSchema.all[Int(seed % UInt64(OracleSchema.all.count))]
    let fleet = try AppFleet(seed: seed, schema: schema.json, tables: OracleSchema.ddl, members: members)
    fleet.putsBackOnceIn = 25
    var serial = 0
    do {
      try fleet.run(steps: steps) { replica, random in
        serial += 1
        let id = Value.text("p\(random.int(0..<4))")
        let unit = Value.text("u\(random.int(1..<3))")
        let (phone, isGone) = (Value.text("x\(serial)"), random.once(in: 12))
        try replica.write(author: "field") { (db) throws(RelayError) in
          try db.execute("INSERT OR IGNORE INTO person (id, unit) VALUES (?, ?)", [id, unit])
          try db.execute("UPDATE person SET phone = ?, guests = guests + 1, unit = ? WHERE id = ?", [phone, unit, id])
          if isGone { try db.execute("DELETE FROM person WHERE id = ?", [id]) }
        }
      }
    } catch { return ("\(error)", fleet.restores) }
    return (nil, fleet.restores)
  } catch {
    return ("\(error)", 0)
  }
}
