internal import CPostgres
internal import RelayProtocol

/// One connection in pipeline mode: statements go out without waiting, and their answers are read in their order.
///
/// Values travel in binary, and every statement is prepared once. A connection that failed is thrown away.
final class PostgresConnection {
  private enum Sent {
    case preparation
    case statement
    case end
  }

  let handle: OpaquePointer
  private var names: [String: String] = [:]
  /// What was sent and not answered yet, in its order, from `first` on.
  private var sent: [Sent] = []
  private var first = 0
  private var parameters = Parameters()
  /// Statements that may wait for their answers before some are read.
  private static let most = 2000

  /// - Throws: `store_unreachable`, `usage` for an address that is none.
  init(_ address: PostgresAddress) throws(RelayError) {
    handle = try address.connect()
    for setting in PostgresConnection.settings { try plain(setting) }
    guard PQenterPipelineMode(handle) == 1 else { throw PostgresError.of(handle, "the pipeline mode") }
  }

  deinit { PQfinish(handle) }

  /// Every question is a look-up by key or a range of an index, whatever the statistics say; nobody who went away keeps
  /// the lock for long; a commit is on the disk.
  private static let settings = [
    "SET synchronous_commit = on", "SET jit = off", "SET plan_cache_mode = force_generic_plan",
    "SET enable_seqscan = off", "SET enable_hashjoin = off", "SET enable_mergejoin = off",
    "SET enable_bitmapscan = off", "SET lock_timeout = '10s'", "SET idle_in_transaction_session_timeout = '60s'",
    "SET tcp_keepalives_idle = 5", "SET tcp_keepalives_interval = 2", "SET tcp_keepalives_count = 3",
    "SET client_min_messages = error",
  ]

  /// Is it still there, as far as this side can see?
  var isAlive: Bool { PQconsumeInput(handle) == 1 && PQstatus(handle) == CONNECTION_OK }

  /// One statement outside the pipeline.
  private func plain(_ sql: String) throws(RelayError) {
    let result = PQexec(handle, sql)
    defer { PQclear(result) }
    guard PQresultStatus(result) == PGRES_COMMAND_OK else { throw PostgresError.of(result, handle, sql) }
  }

  // MARK: Sending

  /// - Parameter types: of the parameters, where their values do not tell.
  func send(_ sql: String, _ values: [Value], types: [UInt32]? = nil) throws(RelayError) {
    if sent.count - first > PostgresConnection.most { try settle() }
    let name = try prepared(sql, types ?? values.map { Parameters.type(of: $0) })
    parameters.fill(values)
    let accepted = parameters.withPointers { (pointers, lengths, formats) in
      PQsendQueryPrepared(handle, name, Int32(values.count), pointers, lengths, formats, 1)
    }
    guard accepted == 1 else { throw PostgresError.of(handle, sql) }
    sent.append(.statement)
  }

  /// Sends a statement that is a transaction of its own; its answer is read with the next ones.
  func sendAlone(_ sql: String) throws(RelayError) {
    try send(sql, [])
    guard PQpipelineSync(handle) == 1 else { throw PostgresError.of(handle, sql) }
    sent.append(.end)
  }

  private func prepared(_ sql: String, _ types: @autoclosure () -> [UInt32]) throws(RelayError) -> String {
    if let name = names[sql] { return name }
    let name = "s\(names.count)"
    let types = types()
    guard PQsendPrepare(handle, name, sql, Int32(types.count), types) == 1 else { throw PostgresError.of(handle, sql) }
    names[sql] = name
    sent.append(.preparation)
    return name
  }

  // MARK: Reading

  /// Reads the answers to everything that was sent; the last one goes to `body` before it is dropped.
  func settle(_ body: (OpaquePointer) throws(RelayError) -> Void = { (_) in }) throws(RelayError) {
    try settle(last: 1) { (_, result) throws(RelayError) in try body(result) }
  }

  /// - Parameters:
  ///   - last: how many statements at the end go to `body`, numbered from 0.
  func settle(last count: Int, _ body: (Int, OpaquePointer) throws(RelayError) -> Void) throws(RelayError) {
    guard PQpipelineSync(handle) == 1 else { throw PostgresError.of(handle, "a synchronisation") }
    sent.append(.end)
    var left = sent[first...].count { $0 == .statement }
    var failure: RelayError?
    while first < sent.count {
      let kind = sent[first]
      first += 1
      guard let result = next() else { throw PostgresError.of(handle, "an answer") }
      defer { PQclear(result) }
      switch PQresultStatus(result) {
      case PGRES_COMMAND_OK, PGRES_TUPLES_OK:
        guard kind == .statement else { break }
        left -= 1
        guard left < count, failure == nil else { break }
        do throws(RelayError) { try body(count - 1 - left, result) } catch { failure = error }
      case PGRES_PIPELINE_SYNC: break
      case PGRES_PIPELINE_ABORTED: if kind == .statement { left -= 1 }
      default:
        if kind == .statement { left -= 1 }
        if failure == nil { failure = PostgresError.of(result, handle, "") }
        // Whether what was prepared is there nobody knows now.
        if kind == .preparation { names = [:] }
      }
    }
    sent.removeAll(keepingCapacity: true)
    first = 0
    if let failure { throw failure }
  }

  /// The next answer; nil where there is none to come.
  private func next() -> OpaquePointer? {
    // One nil stands between the answers to two statements.
    for _ in 0..<3 {
      if let result = PQgetResult(handle) { return result }
      if PQstatus(handle) == CONNECTION_BAD { return nil }
    }
    return nil
  }
}
