internal import CSQLite
package import RelayProtocol

/// A statement that whoever runs it often keeps: it is prepared once and found without looking its text up. It belongs to
/// one connection.
package final class Command {
  package let sql: String
  private var prepared: Prepared?

  package init(_ sql: String) { self.sql = sql }

  /// What runs now, prepared on first use; another one while that is running.
  fileprivate func statement(_ db: Database) throws(RelayError) -> Prepared {
    if let prepared, !prepared.isRunning { return prepared }
    let fresh = try db.prepare(sql)
    if prepared == nil { prepared = fresh }
    return fresh
  }
}

extension Database {
  package func execute(_ command: Command, _ bindings: [Value] = []) throws(RelayError) {
    try run(command, bindings) { (_) throws(RelayError) in true }
  }

  /// The values of the first row; nil where there is none.
  package func first(_ command: Command, _ bindings: [Value] = []) throws(RelayError) -> [Value]? {
    var values: [Value]?
    try run(command, bindings) { (row) throws(RelayError) in
      values = row.values
      return false
    }
    return values
  }

  /// Is there a row?
  package func holds(_ command: Command, _ bindings: [Value] = []) throws(RelayError) -> Bool {
    var found = false
    try run(command, bindings) { (_) throws(RelayError) in
      found = true
      return false
    }
    return found
  }

  /// - Parameter body: gives false to stop.
  package func run(
    _ command: Command, _ bindings: [Value], _ body: (borrowing Row) throws(RelayError) -> Bool
  ) throws(RelayError) {
    try run(try command.statement(self), command.sql, bindings, body)
  }
}
