internal import RelayProtocol

/// Who the hub is, its sync schema, and what versions of it brought.
protocol SettingStore {
  func setting(_ name: String) throws(RelayError) -> [UInt8]?
  /// Puts a setting, whether it is there or not.
  func set(_ name: String, _ value: [UInt8]) throws(RelayError)
  /// What may change while a connection is open: `schema_id`, `epoch`, `durable`, `ageing`, `opening` and `marks`.
  func names() throws(RelayError) -> ChangingSettings
  /// Which columns rows of a shape hold, encoded.
  func columns(ofShape shape: Int64) throws(RelayError) -> [UInt8]?
  func shape(ofColumns columns: [UInt8]) throws(RelayError) -> Int64?
  /// Gives the columns a shape if they have none.
  func addShape(_ columns: [UInt8]) throws(RelayError)
  /// Remembers the first transaction that wrote something which a version of the schema had brought.
  func addAddition(version: UInt64, seq: UInt64) throws(RelayError)
  /// From where rows may hold something that a version did not know; nil where none does.
  func firstAddition(after version: UInt64) throws(RelayError) -> UInt64?
}

struct ChangingSettings {
  var schema: [UInt8]?
  var epoch: [UInt8]?
  var durable: [UInt8]?
  var ageing: [UInt8]?
  var opening: [UInt8]?
  var marks: [UInt8]?
}

struct SQLSettings: SettingStore {
  let db: any HubSQL

  func setting(_ name: String) throws(RelayError) -> [UInt8]? {
    try db.first("SELECT value FROM meta WHERE name = $1", [.text(name)]) { (row) in row.blob(0) }
  }

  func set(_ name: String, _ value: [UInt8]) throws(RelayError) {
    try db.run(
      "INSERT INTO meta VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
      [.text(name), .blob(value)])
  }

  func names() throws(RelayError) -> ChangingSettings {
    var found = ChangingSettings()
    try db.each(
      "SELECT name, value FROM meta WHERE name IN ($1, $2, $3, $4, $5, $6)",
      [
        .text("schema_id"), .text("epoch"), .text("durable"), .text(AgeingRules.setting), .text("opening"),
        .text(HubSession.marksSetting),
      ]
    ) { (row) in
      switch row.text(0) {
      case AgeingRules.setting: found.ageing = row.blob(1)
      case "epoch": found.epoch = row.blob(1)
      case "durable": found.durable = row.blob(1)
      case "opening": found.opening = row.blob(1)
      case HubSession.marksSetting: found.marks = row.blob(1)
      default: found.schema = row.blob(1)
      }
    }
    return found
  }

  func columns(ofShape shape: Int64) throws(RelayError) -> [UInt8]? {
    try db.first("SELECT columns FROM shape WHERE id = $1", [.integer(shape)]) { (row) in row.blob(0) }
  }

  func shape(ofColumns columns: [UInt8]) throws(RelayError) -> Int64? {
    try db.number("SELECT id FROM shape WHERE columns = $1", [.blob(columns)])
  }

  func addShape(_ columns: [UInt8]) throws(RelayError) {
    guard try shape(ofColumns: columns) == nil else { return }
    try db.run("INSERT INTO shape(id, columns) SELECT coalesce(max(id), 0) + 1, $1 FROM shape", [.blob(columns)])
  }

  func addAddition(version: UInt64, seq: UInt64) throws(RelayError) {
    try db.run("INSERT INTO addition VALUES ($1, $2) ON CONFLICT DO NOTHING", [.seq(version), .seq(seq)])
  }

  func firstAddition(after version: UInt64) throws(RelayError) -> UInt64? {
    try db.number("SELECT min(seq) FROM addition WHERE version > $1", [.seq(version)])
      .map { (seq) throws(RelayError) in try Count.of(seq) }
  }
}
