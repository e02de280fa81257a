internal import RelayProtocol
internal import RelaySQLite

extension Resolution {
  /// Reads what a person wrote into `relay_inbox.choice`: a position, also as text; or JSON, an array of the columns' values
  /// or the one value itself.
  ///
  /// - Parameter db: reads JSON, as SQLite does.
  /// - Throws: `value_not_allowed`.
  init(choice: Value, _ db: Database) throws(RelayError) {
    if let position = choice.integer {
      self = .sibling(Int(clamping: position))
      return
    }
    guard let text = choice.text else {
      throw RelayError(.valueNotAllowed, "\(choice) is neither a position nor JSON")
    }
    if let position = Int(text) {
      self = .sibling(position)
      return
    }
    guard try db.first("SELECT json_valid(?)", [choice])?[0] == .integer(1) else {
      throw RelayError(
        .valueNotAllowed, "'\(text)' is neither a position nor JSON; another value is written [\"value\"]")
    }
    var values: [Value] = []
    let isArray = try db.first("SELECT json_type(?)", [choice])?[0] == .text("array")
    try db.run("SELECT type, atom FROM json_each(?)", [choice]) { (row) throws(RelayError) in
      let type = row[0].text ?? ""
      guard ["null", "integer", "real", "text"].contains(type) else {
        throw RelayError(.valueNotAllowed, "'\(text)' holds \(type) where a value should be")
      }
      values.append(row[1])
      return true
    }
    guard isArray || values.count == 1 else { throw RelayError(.valueNotAllowed, "'\(text)' is no list of values") }
    self = .values(values)
  }
}
