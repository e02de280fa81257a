internal import CPostgres
package import RelayProtocol

/// Where a database is: any address that libpq understands. Its password is kept for connecting and told to nobody.
package struct PostgresAddress: Sendable {
  private let text: String
  /// For messages, without a password.
  package let name: String

  /// Is this an address of PostgreSQL at all, and no directory?
  package static func isOne(_ text: String) -> Bool {
    text.hasPrefix("postgresql://") || text.hasPrefix("postgres://")
  }

  /// - Throws: `usage` for an address that libpq does not understand; it is not repeated, since a password may be in it.
  package init(_ text: String) throws(RelayError) {
    guard PostgresAddress.isOne(text), let parsed = PQconninfoParse(text, nil) else {
      throw RelayError(
        .usage, "this is no address of a PostgreSQL database", advice: "Say postgresql://USER@HOST:PORT/DATABASE.")
    }
    defer { PQconninfoFree(parsed) }
    var values: [String: String] = [:]
    var at = parsed
    while let keyword = at.pointee.keyword {
      if let value = at.pointee.val { values[String(cString: keyword)] = String(cString: value) }
      at += 1
    }
    self.text = text
    let user = values["user"].map { $0 + "@" } ?? ""
    let port = values["port"].map { ":" + $0 } ?? ""
    name = "postgresql://\(user)\(values["host"] ?? "")\(port)/\(values["dbname"] ?? "")"
  }

  /// - Throws: `store_unreachable`.
  func connect() throws(RelayError) -> OpaquePointer {
    // What comes before the address is overridden by it. A line that is dead must show it within seconds.
    let options = [
      ("application_name", "relay-server"), ("connect_timeout", "5"), ("keepalives_idle", "5"),
      ("keepalives_interval", "2"), ("keepalives_count", "3"), ("tcp_user_timeout", "10000"), ("dbname", text),
    ]
    let handle = PostgresAddress.withCStrings(options.map(\.0)) { keywords in
      PostgresAddress.withCStrings(options.map(\.1)) { values in PQconnectdbParams(keywords, values, 1) }
    }
    guard let handle else { throw RelayError(.storeUnreachable, "no memory for a connection to PostgreSQL") }
    guard PQstatus(handle) == CONNECTION_OK else {
      defer { PQfinish(handle) }
      throw PostgresError.unreachable(String(cString: PQerrorMessage(handle)))
    }
    return handle
  }

  /// Lends C strings, with a nil behind the last.
  private static func withCStrings<T>(
    _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> T
  ) -> T {
    var bytes: [CChar] = []
    var starts: [Int] = []
    for string in strings {
      starts.append(bytes.count)
      bytes.append(contentsOf: string.utf8CString)
    }
    return bytes.withUnsafeBufferPointer { bytes in
      let pointers: [UnsafePointer<CChar>?] = starts.map { start in bytes.baseAddress.map { $0 + start } } + [nil]
      return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
    }
  }
}
