import Relay
import RelayHub
import TestSupport
import Testing

/// A hub is put back to before it refused a batch, and its author has sealed that anew since.
@Suite struct RestoredBatchStories {
  static let schema = Array(
    """
    { "name": "club", "version": 1, "roles": ["field"], "tables": [
      { "id": 1, "name": "member", "key": ["id"], "scopes": ["everyone"], "homes": ["everyone"], "unique": [["number"]],
        "columns": [ { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "number", "type": "integer" } ],
        "access": { "field": { "read": true, "write": true } } },
      { "id": 2, "name": "tally", "key": ["id"], "scopes": ["everyone"], "homes": ["everyone"], "columns": [
        { "id": 1, "name": "id", "type": "text" },
        { "id": 2, "name": "n", "type": "integer", "policy": "counter", "default": 0, "required": true } ],
        "access": { "field": { "read": true, "write": true } } } ] }
    """.utf8)

  @Test(
    "It counts once, and the number that was taken is whose it was",
    arguments: [(isConfirmed: true, authorFirst: true), (true, false), (false, false)])
  func countsOnce(isConfirmed: Bool, authorFirst: Bool) throws {
    let fleet = try Fleet(
      schema: Self.schema,
      ddl: """
        CREATE TABLE member (id TEXT PRIMARY KEY, number INTEGER);
        CREATE TABLE tally (id TEXT PRIMARY KEY, n INTEGER NOT NULL DEFAULT 0);
        """)
    let (a, b) = (try fleet.add("a", "everyone"), try fleet.add("b", "everyone"))
    try a.sql("INSERT INTO tally VALUES ('t', 1)")
    try fleet.settle()
    let yesterday = try fleet.copyHub()
    try b.sql("INSERT INTO member VALUES ('x', 77)")
    try fleet.sync(b)
    try Database(path: a.replica.path, mode: .readWrite).script(
      "INSERT INTO member VALUES ('m', 77); UPDATE tally SET n = n + 2")
    _ = try fleet.roundTrip(a)
    #expect(try a.values("SELECT count(*) FROM relay_pending WHERE fate = 4") == [[2]], "it was sealed anew")
    if isConfirmed { try fleet.settle() }
    try fleet.serve(yesterday)
    for _ in 0..<4 { for device in authorFirst ? [a, b] : [b, a] { try fleet.sync(device) } }
    for device in [a, b] {
      #expect(try device.values("SELECT n FROM tally") == [[3]], "\(device.name)")
      #expect(try device.values("SELECT number FROM member") == [[77]], "\(device.name)")
      let status = try device.replica.status()
      #expect(status.pending == 0 && status.mismatch.isEmpty, "\(device.name): \(status)")
    }
    #expect(try a.values("SELECT id FROM member") == b.values("SELECT id FROM member"))
  }

  @Test("A number that was taken while the hub had lost its owner stays taken: the owner is told, nothing waits")
  func takenMeanwhile() async throws {
    let fleet = try Fleet(
      schema: Self.schema,
      ddl: """
        CREATE TABLE member (id TEXT PRIMARY KEY, number INTEGER);
        CREATE TABLE tally (id TEXT PRIMARY KEY, n INTEGER NOT NULL DEFAULT 0);
        """)
    let (a, b) = (try fleet.add("a", "everyone"), try fleet.add("b", "everyone"))
    try fleet.settle()
    let yesterday = try fleet.copyHub()
    try b.sql("INSERT INTO member VALUES ('x', 77)")
    try fleet.sync(b)
    try fleet.serve(yesterday)
    try a.sql("INSERT INTO member VALUES ('m', 77)")
    for _ in 0..<4 { for device in [a, b] { try fleet.sync(device) } }
    #expect(try a.values("SELECT id FROM member") == [["m"]])
    let told = try b.replica.inbox().filter { $0.kind == .refused }
    #expect(told.map(\.key) == ["x"])
    #expect(told.map(\.rule) == ["unique_taken"])
    #expect(try b.replica.status().pending == 0)
    #expect(try b.values("SELECT count(*) FROM relay_lost") == [[0]])
    #expect(try b.values("SELECT id FROM member") == [["m"]])
    #expect(try b.replica.status().mismatch.isEmpty)
    let other = RowCorrection(row: try #require(told.first).row, values: ["number": 78])
    try b.replica.resubmit(try #require(told.first).id, corrections: [other])
    try fleet.settle()
    for device in [a, b] { #expect(try device.values("SELECT id, number FROM member") == [["m", 77], ["x", 78]]) }
  }
}
