internal import CPostgres
internal import RelayProtocol

/// What PostgreSQL reports, as the codes of the hub. What an operator reads never has a password in it: libpq puts none
/// into its messages.
enum PostgresError {
  static func of(_ handle: OpaquePointer?, _ sql: String) -> RelayError {
    let said = handle.flatMap { PQerrorMessage($0) }.map { String(cString: $0) } ?? ""
    if PQstatus(handle) == CONNECTION_BAD { return unreachable(said) }
    return RelayError(.sql, told(said, sql))
  }

  static func of(_ result: OpaquePointer?, _ handle: OpaquePointer?, _ sql: String) -> RelayError {
    guard let result else { return of(handle, sql) }
    let said = PQresultErrorMessage(result).map { String(cString: $0) } ?? ""
    // 67 is 'C', PG_DIAG_SQLSTATE.
    let state = PQresultErrorField(result, 67).map { String(cString: $0) } ?? ""
    switch state {
    case "": return PQstatus(handle) == CONNECTION_BAD ? unreachable(said) : RelayError(.sql, told(said, sql))
    // A lock that another node holds too long, a deadlock, a statement or a transaction that took too long.
    case "55P03", "40001", "40P01", "57014", "25P03": return RelayError(.busy, told(said, sql))
    case "53100": return RelayError(.diskFull, told(said, sql))
    case "XX001", "XX002": return RelayError(.corrupt, told(said, sql))
    case "42501": return RelayError(.readOnly, told(said, sql))
    default: break
    }
    // Connections that end, servers that stop or start, one that is a standby now, and no room for a connection.
    if state.hasPrefix("08") || state.hasPrefix("57P") || state.hasPrefix("53") || state == "25006" {
      return unreachable(said)
    }
    return RelayError(state.hasPrefix("58") ? .ioError : .sql, told(said, sql))
  }

  static func unreachable(_ said: String) -> RelayError {
    RelayError(
      .storeUnreachable, "PostgreSQL: \(line(said))",
      advice: "Nothing that was acknowledged is lost, and nothing counts twice: repeat when the database is back.")
  }

  private static func told(_ said: String, _ sql: String) -> String {
    sql.isEmpty ? "PostgreSQL: \(line(said))" : "PostgreSQL: \(line(said)) in: \(sql)"
  }

  /// On one line.
  private static func line(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).joined(separator: "; ")
  }
}
