internal import RelayProtocol

/// What groups of pushes were news of, for the other nodes that serve the same store; empty where there is only one.
protocol NewsStore {
  func add(_ news: GroupNews) throws(RelayError)
  /// Of the groups after a number, ascending, with the number of each.
  func news(after number: Int64, most: Int) throws(RelayError) -> [(number: Int64, news: GroupNews)]
  /// The number of the newest; 0 before the first.
  func newest() throws(RelayError) -> Int64
  /// Forgets the oldest.
  func keep(newest count: Int64) throws(RelayError)
}

struct SQLNews: NewsStore {
  let db: any HubSQL

  func add(_ news: GroupNews) throws(RelayError) {
    guard db.dialect.hasNews else { return }
    try db.run(
      "INSERT INTO news SELECT coalesce(max(id), 0) + 1, $1, $2 FROM news", [.seq(news.head), .blob(news.stored)])
  }

  func news(after number: Int64, most: Int) throws(RelayError) -> [(number: Int64, news: GroupNews)] {
    guard db.dialect.hasNews else { return [] }
    return try db.query(
      "SELECT id, head, told FROM news WHERE id > $1 ORDER BY id LIMIT $2", [.integer(number), .integer(Int64(most))]
    ) { (row) throws(RelayError) in
      (row.int(0), try GroupNews(stored: row.blob(2), head: try row.seq(1)))
    }
  }

  func newest() throws(RelayError) -> Int64 {
    db.dialect.hasNews ? try db.number("SELECT max(id) FROM news") ?? 0 : 0
  }

  func keep(newest count: Int64) throws(RelayError) {
    guard db.dialect.hasNews else { return }
    try db.run("DELETE FROM news WHERE id <= (SELECT max(id) FROM news) - $1", [.integer(count)])
  }
}

extension GroupNews {
  var stored: [UInt8] {
    var out = CBORWriter()
    out.array(scopes.count)
    for scope in scopes.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) { out.textString(scope) }
    out.array(devices.count)
    for device in devices.sorted() { out.unsigned(UInt64(bitPattern: device)) }
    return out.bytes
  }

  init(stored bytes: [UInt8], head: UInt64) throws(RelayError) {
    self.init(head: head)
    // Two items, one after the other.
    (scopes, devices) = try CBORReader.decode([0x82] + bytes) { (reader) throws(RelayError) in
      try reader.array(exactly: 2)
      var (scopes, devices): (Set<String>, Set<Int64>) = ([], [])
      for _ in 0..<(try reader.array(most: Limits.inflatedBody)) {
        scopes.insert(try reader.textString(most: Limits.scopeName))
      }
      for _ in 0..<(try reader.array(most: Limits.inflatedBody)) {
        devices.insert(Int64(bitPattern: try reader.unsigned()))
      }
      return (scopes, devices)
    }
  }
}
