internal import CPostgres
package import RelayProtocol

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Hears when another node has committed. A hint only, which may be lost: who listens asks the store what is new.
///
/// Used from one thread at a time.
package final class PostgresListener {
  private let connection: PostgresConnection

  /// - Throws: `store_unreachable`.
  package init(_ hub: PostgresHub, _ address: PostgresAddress) throws(RelayError) {
    connection = try PostgresConnection(address)
    try connection.send("LISTEN \(hub.channel)", [])
    try connection.settle()
  }

  /// Waits until something was told, or the time is up.
  ///
  /// - Returns: whether something was told.
  /// - Throws: `store_unreachable` where the line broke.
  @discardableResult
  package func wait(milliseconds: Int32) throws(RelayError) -> Bool {
    var event = pollfd(fd: PQsocket(connection.handle), events: Int16(POLLIN), revents: 0)
    _ = poll(&event, 1, milliseconds)
    guard connection.isAlive else { throw PostgresError.unreachable("the connection that listens broke") }
    var wasTold = false
    while let told = PQnotifies(connection.handle) {
      PQfreemem(told)
      wasTold = true
    }
    return wasTold
  }
}
