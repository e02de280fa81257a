package import Relay

extension Office {
  /// What was approved is frozen: the step names the lines as the committee saw them, and a later edit comes back with a
  /// remark.
  ///
  /// - Returns: questions about frozen lines, which the approval has answered, with the line that it named.
  func settleBudgets(_ db: Database, _ done: inout Settlement) throws(RelayError) -> [(
    question: String, line: BudgetLine
  )] {
    var answered: [(question: String, line: BudgetLine)] = []
    let committee = try OrgUnit.committee(in: db)
    let steps = try Step.byRequest(in: db)
    let rights = try Rights(in: db, proof: .signature)
    for request in try Request.all(["budget_training", "budget_activity"], in: db)
    where !["refused", "withdrawn", "expired"].contains(request.state) {
      let own = steps[request.id] ?? []
      let fold = RequestFold(kind: request.kind, steps: own) {
        rights.objection(to: $0, of: request, from: nil, to: nil, isDecided: request.isDecided)
      }
      guard let approval = own.first(where: { $0.kind == "approve" && fold.idle[$0.id] == nil }),
        let approved = try BudgetLine.approved(approval.note, in: db)
      else {
        if !request.isClosed, fold.state(isDecided: false) != "draft",
          try Office.set("state", .text(fold.state(isDecided: false)), of: "request", request.id, in: db)
        {
          done.requests += 1
        }
        continue
      }
      if !request.isClosed, fold.isComplete {
        _ = try Office.set("amount_fen", Value(approved.reduce(0) { $0 + $1.sum }), of: "request", request.id, in: db)
        let day = decided(approval.at)
        _ = try Office.set("decided_on", .text(day), of: "request", request.id, in: db)
        if try Office.set("state", "approved", of: "request", request.id, in: db) { done.requests += 1 }
      }
      try freeze(approved, request, at: approval.at, committee, db, &done, &answered)
    }
    return answered
  }

  private func freeze(
    _ approved: [BudgetLine], _ request: Request, at: String, _ committee: OrgUnit, _ db: Database,
    _ done: inout Settlement, _ answered: inout [(question: String, line: BudgetLine)]
  ) throws(RelayError) {
    for line in try BudgetLine.of(request.id, in: db) {
      let wanted = approved.first { $0.id == line.id } ?? BudgetLine(id: line.id, quantity: 0, fen: line.fen)
      let questions = try BudgetLine.questions(line, in: db)
      answered += questions.map { ($0.id, wanted) }
      for late in [line] + questions.flatMap(\.values) where late != wanted {
        let isNew = try Review.hold(
          "request_line", line.id, reason: "frozen", at: at, on: request.id,
          detail: "\(late.quantity)x\(Money.text(late.fen))", committee: committee, in: db)
        if isNew { done.held += 1 }
      }
      guard wanted != line else { continue }
      try db.execute(
        "UPDATE request_line SET quantity = ?, unit_fen = ? WHERE id = ?",
        [Value(wanted.quantity), Value(wanted.fen), .text(line.id)])
      done.frozen += 1
    }
  }
}

/// Quantity and price of one line of a budget.
package struct BudgetLine: Sendable, Equatable {
  package var id: String
  package var quantity: Int
  package var fen: Int

  var sum: Int { quantity * fen }

  static func of(_ request: String, in db: Database) throws(RelayError) -> [BudgetLine] {
    try db.query(
      "SELECT id, quantity, unit_fen FROM request_line WHERE request_id = ? ORDER BY id", [.text(request)], read)
  }

  /// - Parameter note: of the `approve` step; nil comes back for anything that does not list lines.
  static func approved(_ note: String?, in db: Database) throws(RelayError) -> [BudgetLine]? {
    let isList = "SELECT CASE WHEN json_valid(?1) THEN json_type(?1) = 'array' ELSE 0 END"
    guard let note, try db.first(isList, [.text(note)])?[0] == 1 else { return nil }
    return try db.query(
      """
      SELECT json_extract(value, '$.id'), json_extract(value, '$.quantity'), json_extract(value, '$.unit_fen')
      FROM json_each(?) ORDER BY 1
      """, [.text(note)], read)
  }

  /// The lines as they stand here, for the note of an approval.
  package static func note(_ request: String, in db: Database) throws(RelayError) -> String {
    let lines = try of(request, in: db).map { line in
      #"{"id":"\#(line.id)","quantity":\#(line.quantity),"unit_fen":\#(line.fen)}"#
    }
    return "[" + lines.joined(separator: ",") + "]"
  }

  /// The open conflicts about a line, with the values that stand against one another.
  static func questions(
    _ line: BudgetLine, in db: Database
  ) throws(RelayError) -> [(id: String, values: [BudgetLine])] {
    try db.query(
      """
      SELECT id, others FROM relay_inbox
      WHERE kind = 'conflict' AND table_name = 'request_line' AND row_key = ? AND column_name = 'price' ORDER BY id
      """, [.text(line.id)]
    ) { (row) throws(RelayError) in
      let values = (row[1].text ?? "").split(separator: "\n").compactMap { text -> BudgetLine? in
        let numbers = text.prefix { $0 != "(" }.split(whereSeparator: { $0 == "," || $0 == " " })
        guard numbers.count == 2, let quantity = Int(numbers[0]), let fen = Int(numbers[1]) else { return nil }
        return BudgetLine(id: line.id, quantity: quantity, fen: fen)
      }
      return (row[0].text ?? "", values)
    }
  }

  private static func read(_ row: borrowing Row) throws(RelayError) -> BudgetLine {
    BudgetLine(id: row[0].text ?? "", quantity: Int(row[1].integer ?? 0), fen: Int(row[2].integer ?? 0))
  }
}
