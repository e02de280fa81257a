internal import RelayProtocol

extension ReplicaCore {
  /// Makes real operations of the choices that people wrote into `relay_inbox` (rule 14). A choice that cannot be is
  /// put back to NULL with the reason beside it, and stops nothing.
  ///
  /// - Returns: the dots sealed.
  func takeChoices() throws(RelayError) -> [Dot] {
    var chosen: [(id: String, choice: Value)] = []
    try db.run(commands.choices, []) { (row) throws(RelayError) in
      chosen.append((row[0].text ?? "", row[1]))
      return true
    }
    var dots: [Dot] = []
    for item in chosen {
      do throws(RelayError) {
        dots += try db.savepoint { () throws(RelayError) in
          try resolve(item.id, try resolution(item.choice), "")
        }
      } catch {
        // What is the file's own trouble is not the choice's.
        guard ![.diskFull, .ioError, .corrupt, .busy, .readOnly].contains(error.code) else { throw error }
        try db.execute(
          "UPDATE relay_inbox SET choice = NULL, message = ? WHERE id = ?",
          [.text("this choice cannot be taken: \(error.message)"), .text(item.id)])
        inboxChanged()
      }
    }
    return dots
  }

  /// A position, also as text; or JSON: an array of the columns' values, or the one value itself.
  private func resolution(_ choice: Value) throws(RelayError) -> Resolution {
    if let position = choice.integer { return .sibling(Int(clamping: position)) }
    guard let text = choice.text else {
      throw RelayError(.valueNotAllowed, "\(choice) is neither a position nor JSON")
    }
    if let position = Int(text) { return .sibling(position) }
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
    return .values(values)
  }
}
