internal import CSQLite

/// In whose name statements are prepared on a connection. SQLite asks its authorizer while it prepares one
/// (https://sqlite.org/c3ref/set_authorizer.html), never while it runs it: what is refused costs nothing afterwards.
package enum Authority: Sendable {
  /// Relay's own statements: everything is allowed.
  case relay
  /// A closure that an app was lent the connection for: no end of the transaction, no other files, no settings, and no
  /// bookkeeping.
  case app
}

/// What a statement that is being prepared would do, as SQLite's authorizer tells it.
package struct PreparedAction: Sendable, Equatable {
  package enum Kind: Sendable, Equatable { case insert, update, delete, read, other }

  package var kind: Kind
  package var table: String
  /// Of an update or a read.
  package var column: String
  /// The innermost trigger or view that does it; empty for the statement itself.
  package var source: String
}

/// What the authorizer of one connection looks at. It lives as long as the connection; only the connection's user touches
/// it.
final class AuthorityCell {
  var authority = Authority.relay
  /// Was the closure that has it lent a connection in a transaction?
  var needsTransaction = false
  /// Why the last statement was refused.
  var refusal: String?
  /// What statements prepared since the last look do beside their rows.
  var effects: Effects = []

  struct Effects: OptionSet {
    let rawValue: Int

    static let changesSchema = Effects(rawValue: 1)
    /// Rolls back to a savepoint.
    static let undoes = Effects(rawValue: 2)
  }

  /// Set while somebody wants to know what a statement would do.
  var record: [PreparedAction]?

  func judge(_ action: Int32, _ first: String, _ second: String, source: String) -> Int32 {
    if record != nil { note(action, first, second, source) }
    if action == SQLITE_SAVEPOINT, first == "ROLLBACK" { effects.insert(.undoes) }
    if AuthorityCell.changesSchema(action) { effects.insert(.changesSchema) }
    guard authority == .app, let reason = refuses(action, first, second, source) else { return SQLITE_OK }
    refusal = reason
    return SQLITE_DENY
  }

  private func note(_ action: Int32, _ first: String, _ second: String, _ source: String) {
    let kind: PreparedAction.Kind =
      switch action {
      case SQLITE_INSERT: .insert
      case SQLITE_UPDATE: .update
      case SQLITE_DELETE: .delete
      case SQLITE_READ: .read
      default: .other
      }
    record?.append(PreparedAction(kind: kind, table: first, column: second, source: source))
  }

  private func refuses(_ action: Int32, _ first: String, _ second: String, _ source: String) -> String? {
    switch action {
    case SQLITE_TRANSACTION: return "\(first) in a closure whose transaction Relay begins and ends"
    case SQLITE_ATTACH, SQLITE_DETACH: return "another file in a closure of this one"
    case SQLITE_PRAGMA where !second.isEmpty && !AuthorityCell.questions.contains(first.lowercased()):
      return "a setting, PRAGMA \(first), in a closure"
    case SQLITE_INSERT, SQLITE_UPDATE, SQLITE_DELETE:
      guard AuthorityCell.isBookkeeping(first), !AuthorityCell.isBookkeeping(source) else { return nil }
      if action == SQLITE_UPDATE, first == "relay_inbox", second == "choice" { return nil }
      return "a write to \(first), which is Relay's"
    default: return nil
    }
  }

  private static func changesSchema(_ action: Int32) -> Bool {
    switch action {
    case SQLITE_ALTER_TABLE, SQLITE_CREATE_TABLE, SQLITE_CREATE_TRIGGER, SQLITE_CREATE_TEMP_TRIGGER, SQLITE_DROP_TABLE,
      SQLITE_DROP_TRIGGER, SQLITE_DROP_TEMP_TRIGGER, SQLITE_CREATE_VTABLE, SQLITE_DROP_VTABLE:
      true
    default: false
    }
  }

  /// Tables and triggers of Relay's own.
  private static func isBookkeeping(_ name: String) -> Bool { name.utf8.starts(with: "relay_".utf8) }

  /// Pragmas that take an argument and change nothing.
  private static let questions: Set<String> = [
    "table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo", "foreign_key_list",
    "foreign_key_check", "integrity_check", "quick_check",
  ]
}
