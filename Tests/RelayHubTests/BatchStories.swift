import Relay
import RelayHub
internal import RelayProtocol
import TestSupport
import Testing

/// What other programs wrote since Relay last looked is sent as the commits that it can be known to have been; what only
/// Relay put together shares no fate.
@Suite struct BatchStories {
  static let schema = Array(
    """
    { "name": "club", "version": 1, "roles": ["field"], "tables": [
      { "id": 1, "name": "member", "key": ["id"], "scopes": ["everyone"], "homes": ["everyone"], "unique": [["number"]],
        "columns": [ { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "number", "type": "integer" },
          { "id": 3, "name": "kind", "type": "text", "values": ["adult", "child"] } ],
        "access": { "field": { "read": true, "write": true } } },
      { "id": 2, "name": "visit", "key": ["id"], "parent": { "column": "member", "table": "member" },
        "columns": [ { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "member", "type": "text" } ],
        "access": { "field": { "read": true, "write": true } } },
      { "id": 3, "name": "payment", "key": ["id"], "scopes": ["everyone"], "homes": ["everyone"],
        "columns": [ { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "cents", "type": "integer" } ],
        "access": { "field": { "read": true, "write": true } } } ] }
    """.utf8)
  static let ddl = """
    CREATE TABLE member (id TEXT PRIMARY KEY, number INTEGER, kind TEXT);
    CREATE TABLE visit (id TEXT PRIMARY KEY, member TEXT);
    CREATE TABLE payment (id TEXT PRIMARY KEY, cents INTEGER);
    """

  let fleet: Fleet
  let a: Fleet.Device
  let b: Fleet.Device

  init() throws {
    fleet = try Fleet(schema: Self.schema, ddl: Self.ddl)
    a = try fleet.add("a", "everyone")
    b = try fleet.add("b", "everyone")
    try b.sql("INSERT INTO member VALUES ('x', 77, 'adult')")
    try fleet.sync(b)
  }

  private func shell(_ sql: String) throws {
    let db = try Database(path: a.replica.path, mode: .readWrite)
    try db.script(sql)
  }

  private func count(_ device: Fleet.Device, _ table: String) throws -> Value {
    try device.values("SELECT count(*) FROM \(table)")[0][0]
  }

  private func refused() throws -> [InboxItem] { try a.replica.inbox().filter { $0.kind == .refused } }

  @Test("Programs that come and go: each has its own commits, and a taken number takes nothing with it")
  func connectionsAreToldApart() throws {
    for at in 70..<80 {
      try shell("INSERT INTO member VALUES ('m\(at)', \(at), 'adult')")
      try shell("INSERT INTO payment VALUES ('p\(at)', \(at))")
    }
    #expect(try a.replica.nextRequest().push.count == 20)
    try fleet.sync(a)
    try fleet.sync(b)
    #expect(try count(b, "payment") == 10)
    #expect(try count(b, "member") == 10)
    #expect(try refused().map(\.key) == ["m77"])
    #expect(try a.values("SELECT id FROM member WHERE number = 77") == [["x"]])
  }

  @Test("A row is written by two programs: each commit says what it changed")
  func theSameRowTwice() throws {
    try shell("INSERT INTO payment VALUES ('p', 1)")
    try shell("UPDATE payment SET cents = 2")
    try shell("UPDATE payment SET cents = 3; DELETE FROM payment")
    try shell("INSERT INTO payment VALUES ('p', 4)")
    let rows = try a.replica.nextRequest().push.map { try Transaction(decoding: $0).rows[0] }
    #expect(rows.map { "\($0.operations[0].kind)".prefix(6) } == ["insert", "set(2,", "delete", "insert"])
    try fleet.sync(a)
    try fleet.sync(b)
    #expect(try b.values("SELECT * FROM payment") == [["p", 4]])
  }

  @Test("One program's commits cannot be told apart: refused as a whole, they are sent again, apart, at once")
  func aBatchIsTakenApart() throws {
    var work = ""
    for at in 70..<80 {
      work += "INSERT INTO member VALUES ('m\(at)', \(at), 'adult'); INSERT INTO payment VALUES ('p\(at)', \(at));"
      work += "INSERT INTO visit VALUES ('v\(at)', 'm\(at)');"
    }
    try shell(work)
    #expect(try a.replica.nextRequest().push.count == 1)
    _ = try fleet.roundTrip(a)
    // One more round trip, and everything but the member with the taken number and the visit to it is in force.
    _ = try fleet.roundTrip(a)
    try fleet.sync(b)
    #expect(try count(b, "payment") == 10)
    #expect(try count(b, "member") == 10)
    #expect(try count(b, "visit") == 9)
    try fleet.sync(a)
    let items = try refused()
    #expect(items.map(\.key) == ["m77"])
    #expect(items[0].operations.map { "\($0.table) \($0.key)" }.contains("visit v77"))
    // Put right with one command, it arrives with its visit.
    try a.replica.resubmit(items[0].id, corrections: [RowCorrection(row: items[0].row, values: ["number": 99])])
    try fleet.sync(a)
    try fleet.sync(b)
    let visit = "SELECT v.id FROM visit AS v JOIN member AS m ON m.id = v.member WHERE number = 99"
    #expect(try b.values(visit) == [["v77"]])
    for device in [a, b] {
      #expect(try device.replica.status().mismatch.isEmpty)
      #expect(try device.replica.status().pending == 0)
    }
    #expect(try a.replica.inbox().isEmpty)
    for table in ["relay_transaction", "relay_refusal", "relay_pending"] {
      #expect(try a.values("SELECT count(*) FROM \(table)") == [[0]])
    }
  }

  @Test("What was done in Relay's sight on top of a batch comes along when that is sent again")
  func laterWorkComesAlong() throws {
    try shell("INSERT INTO payment VALUES ('p', 1); INSERT INTO member VALUES ('m', 77, 'adult')")
    try a.sql("UPDATE payment SET cents = 2 WHERE id = 'p'")
    try shell("UPDATE payment SET cents = 3; INSERT INTO member VALUES ('n', 78, 'child')")
    for _ in 0..<4 { try fleet.sync(a) }
    try fleet.sync(b)
    #expect(try b.values("SELECT * FROM payment") == [["p", 3]])
    #expect(try b.values("SELECT id FROM member ORDER BY id") == [["n"], ["x"]])
    #expect(try refused().map(\.key) == ["m"])
    #expect(try a.values("SELECT * FROM payment") == [["p", 3]])
    #expect(try a.replica.status().pending == 0)
    for device in [a, b] { #expect(try device.replica.status().mismatch.isEmpty) }
  }

  @Test("An edit that came after the batch is not overwritten by what the batch said")
  func laterEditsStay() throws {
    try a.sql("INSERT INTO payment VALUES ('p', 1)")
    try fleet.sync(a)
    try fleet.sync(a)
    try shell("UPDATE payment SET cents = 2; INSERT INTO member VALUES ('m', 77, 'adult')")
    try a.sql("UPDATE payment SET cents = 3")
    for _ in 0..<3 { try fleet.sync(a) }
    try fleet.sync(b)
    #expect(try b.values("SELECT cents FROM payment") == [[3]])
    #expect(try a.values("SELECT cents FROM payment") == [[3]])
    #expect(try refused().map(\.key) == ["m"])
    #expect(try a.replica.inbox().count == 1)
  }

  @Test("Rows that exchanged a value stay together")
  func exchangedValuesStayTogether() throws {
    try a.sql("INSERT INTO member VALUES ('m', 1, 'adult'), ('n', 2, 'adult')")
    for _ in 0..<2 { try fleet.sync(a) }
    try shell(
      """
      UPDATE member SET number = -1 WHERE id = 'm'; UPDATE member SET number = 1 WHERE id = 'n';
      UPDATE member SET number = 2 WHERE id = 'm'; INSERT INTO payment VALUES ('p', 1);
      INSERT INTO member VALUES ('z', 77, 'adult')
      """)
    _ = try fleet.roundTrip(a)
    let again = try a.replica.nextRequest().push.map { try Transaction(decoding: $0).rows.map { "\($0.row.table)" } }
    #expect(again == [["1", "1"], ["1"], ["3"]])
    for _ in 0..<2 { try fleet.sync(a) }
    try fleet.sync(b)
    #expect(try b.values("SELECT id, number FROM member ORDER BY id") == [["m", 2], ["n", 1], ["x", 77]])
  }

  @Test("A transaction that its program marks is one, whatever it wrote: refused whole, it is offered whole")
  func markedTransactionsAreOne() throws {
    try shell(
      """
      INSERT INTO payment VALUES ('before', 1);
      BEGIN; UPDATE relay_boundary SET open = 1;
      INSERT INTO payment VALUES ('p', 1); INSERT INTO member VALUES ('m', 77, 'adult');
      UPDATE relay_boundary SET open = 0; COMMIT;
      INSERT INTO payment VALUES ('after', 1);
      """)
    #expect(try a.replica.nextRequest().push.count == 3)
    try fleet.sync(a)
    try fleet.sync(b)
    #expect(try b.values("SELECT id FROM payment ORDER BY id") == [["after"], ["before"]])
    #expect(try refused()[0].operations.map(\.key) == ["m", "m", "p"])
  }

  @Test("A value that the device itself knows to be forbidden is kept out by name; the rest goes at once")
  func knownTroubleIsKeptOut() throws {
    try shell(
      (0..<30).map { "INSERT INTO member VALUES ('m\($0)', \($0), '\($0 == 7 ? "Adult" : "adult")');" }.joined())
    #expect(try a.replica.nextRequest().push.count == 2)
    _ = try fleet.roundTrip(a)
    try fleet.sync(b)
    #expect(try count(b, "member") == 30)
    #expect(try refused().map(\.key) == ["m7"])
  }
}

/// A hub that was put back may accept what it had refused, after the device has sealed that anew.
@Suite struct BatchAcceptedAfterAllStories {
  let fleet: Fleet
  let a: Fleet.Device
  let b: Fleet.Device

  init() throws {
    (fleet, a, b) = try Fleet.pair()
    try a.sql("INSERT INTO person (id, unit, guests) VALUES ('p', 'u1', 5), ('q', 'u1', 1)")
    try fleet.settle()
    let shell = try Database(path: a.replica.path, mode: .readWrite)
    try shell.script(
      """
      UPDATE person SET guests = guests + 2, tags = '["x"]' WHERE id = 'p'; UPDATE person SET area = 'N' WHERE id = 'q';
      INSERT INTO person (id, unit, guests) VALUES ('new', 'u1', 3)
      """)
  }

  /// The hub accepts what it is sent, and the device hears at first that it refused it.
  ///
  /// - Returns: how many transactions that was.
  private func hearRefused(isConfirmed: Bool) throws -> Int {
    let request = try a.replica.nextRequest()
    var response = try #require(try fleet.answer(a, request))
    let refusal = Refusal(rule: .uniqueTaken, message: "taken")
    for at in response.verdicts.indices {
      #expect(response.verdicts[at].isAccepted)
      response.verdicts[at].refusal = refusal
    }
    if !isConfirmed { response.page = nil }
    let count = response.verdicts.count
    _ = try a.replica.receive(response, to: request)
    return count
  }

  private func checkAll() throws {
    for _ in 0..<3 { try fleet.settle() }
    for device in [a, b] {
      #expect(
        try device.values("SELECT id, guests, tags, area FROM person ORDER BY id") == [
          ["new", 3, "[]", .null], ["p", 7, "[\"x\"]", .null], ["q", 1, "[]", "N"],
        ], "\(device.name)")
      #expect(try device.replica.status().mismatch.isEmpty)
      #expect(try device.replica.status().pending == 0)
      #expect(try device.replica.inbox().isEmpty)
      #expect(try device.values("SELECT count(*) FROM relay_pending") == [[0]])
    }
  }

  @Test(
    "Its increments count once, whether the answer confirms it at once or a later one does", arguments: [true, false])
  func incrementsCountOnce(isConfirmed: Bool) throws {
    #expect(try hearRefused(isConfirmed: isConfirmed) == 1)
    #expect(try a.values("SELECT guests FROM person WHERE id = 'p'") == [[7]])
    try checkAll()
  }

  @Test("What both devices count meanwhile is kept")
  func othersCountMeanwhile() throws {
    try b.sql("UPDATE person SET guests = guests + 10 WHERE id = 'p'")
    try fleet.sync(b)
    #expect(try hearRefused(isConfirmed: false) == 1)
    try a.sql("UPDATE person SET guests = guests - 10 WHERE id = 'p'")
    try checkAll()
  }
}
