package import Relay

/// One `column=value` that a person wrote; `+=` and `-=` put an element into a set or take it out.
package struct Assignment: Sendable, Equatable {
  package enum Kind: Sendable { case set, add, remove }

  package var column: String
  package var kind: Kind
  package var text: String

  /// - Throws: `value_not_allowed` for a text without `=`.
  package init(_ text: String) throws(RelayError) {
    guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
      throw RelayError(
        .valueNotAllowed, "'\(text)' is no change", advice: "Nothing was changed. Write column=value, or set+=element.")
    }
    let before = text[..<equals]
    kind = before.hasSuffix("+") ? .add : before.hasSuffix("-") ? .remove : .set
    column = String(kind == .set ? before : before.dropLast())
    self.text = String(text[text.index(after: equals)...])
  }

  /// - Parameter columns: those that may be changed this way.
  /// - Throws: `value_not_allowed`; `role_forbids` comes from the replica when the transaction ends.
  func write(to table: String, id: String, allowing columns: [String], in db: Database) throws(RelayError) {
    guard columns.contains(column) else {
      throw RelayError(
        .valueNotAllowed, "\(table) has no column '\(column)' to change",
        advice: "Nothing was changed. There are: \(columns.joined(separator: ", ")).")
    }
    let group = try ColumnRules.group(column, of: table)
    guard (group?.policy == .set) == (kind != .set) else {
      let way = group?.policy == .set ? "\(column)+=element and \(column)-=element" : "\(column)=value"
      throw RelayError(
        .valueNotAllowed, "'\(column)' is not written this way", advice: "Nothing was changed. Write \(way).")
    }
    switch kind {
    case .set:
      let value = try ColumnRules.value(text, column, of: table)
      try db.execute("UPDATE \"\(table)\" SET \"\(column)\" = ? WHERE id = ?", [value, .text(id)])
    case .add, .remove:
      guard !text.isEmpty else { throw RelayError(.valueNotAllowed, "'\(column)' has no empty element") }
      let elements = """
        SELECT value FROM json_each((SELECT "\(column)" FROM "\(table)" WHERE id = ?2)) WHERE value <> ?1
        """
      let all = kind == .add ? "\(elements) UNION SELECT ?1" : elements
      try db.execute(
        """
        UPDATE "\(table)" SET "\(column)" = (SELECT json_group_array(value) FROM (\(all) ORDER BY 1)) WHERE id = ?2
        """, [.text(text), .text(id)])
    }
  }
}

/// What a column takes, by the sync schema and by the way its name ends.
package enum ColumnRules {
  static func group(_ column: String, of table: String) throws(RelayError) -> GroupSchema? {
    guard let table = try Organisation.syncSchema.get().table(named: table),
      let at = table.columns.firstIndex(where: { $0.name == column })
    else { return nil }
    return table.groups.first { $0.columns.contains(at) }
  }

  /// What a person wrote, as the column takes it; nothing written is NULL.
  ///
  /// - Throws: `value_not_allowed`, with what would be allowed.
  package static func value(_ text: String, _ column: String, of table: String) throws(RelayError) -> Value {
    guard let known = try Organisation.syncSchema.get().table(named: table)?.column(named: column) else {
      throw RelayError(.valueNotAllowed, "\(table) has no column '\(column)'")
    }
    func refuse(_ what: String) -> RelayError {
      RelayError(
        .valueNotAllowed, "'\(text)' is no \(Names.column(column, of: table))", advice: "Nothing was changed. \(what)")
    }
    if text.isEmpty {
      guard !known.isRequired else { throw refuse("It cannot be empty.") }
      return .null
    }
    var value = Value.text(text)
    if known.type == .integer {
      guard let number = Int64(text) else { throw refuse("It is a whole number.") }
      value = .integer(number)
    }
    if let allowed = known.allowed, !allowed.contains(value) {
      throw refuse("It is one of: \(Names.list(allowed, column, of: table)).")
    }
    if column.hasSuffix("_ym"), Month(text) == nil { throw refuse("It is a month, YYYY-MM.") }
    if column.hasSuffix("_on") || column == "dead_since", Day(text) == nil { throw refuse("It is a day, YYYY-MM-DD.") }
    if column.hasSuffix("_at"), Instant(text) == nil { throw refuse("It is an instant, YYYY-MM-DDTHH:MM:SSZ.") }
    guard text.unicodeScalars.count <= 500 else { throw refuse("It is longer than 500 characters.") }
    return value
  }

  /// - Throws: `value_not_allowed`, with the list of what would be.
  static func check(_ text: String, _ column: String, of table: String) throws(RelayError) {
    _ = try value(text, column, of: table)
  }
}
