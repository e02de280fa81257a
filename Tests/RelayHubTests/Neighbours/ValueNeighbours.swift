import Relay
import RelayHub
import TestSupport
import Testing

/// More of what existing tables hold: keys, names, declared types, functions.
@Suite struct ValueNeighbours {
  private static func schema(_ columns: String, key: String = "id", table: String = "item") -> [UInt8] {
    Array(
      """
      { "name": "values", "version": 1, "roles": ["field"], "tables": [
        { "id": 1, "name": "\(table)", "key": ["\(key)"], "scopes": ["everyone"], "homes": ["everyone"],
          "columns": [ \(columns) ], "access": { "field": { "read": true, "write": true } } } ] }
      """.utf8)
  }
  private static let plain = """
    { "id": 1, "name": "id" }, { "id": 2, "name": "label" }
    """

  @Test("Keys that only their type tells apart, empty ones and ones with a NUL are as many rows everywhere")
  func keysOfAllTypes() async throws {
    let pair = try Pair(
      schema: Self.schema(Self.plain), "CREATE TABLE item (id BLOB PRIMARY KEY NOT NULL, label)")
    try pair.shell(pair.a).script(
      """
      INSERT INTO item VALUES (1, 'integer'), ('1', 'text'), (x'31', 'blob'), ('', 'empty text'), (x'', 'empty blob'),
        ('a' || char(0) || 'b', 'with NUL'), ('a', 'before NUL'), (1.5, 'real'), (char(233), 'composed'),
        ('e' || char(769), 'decomposed')
      """)
    let all = "SELECT typeof(id), hex(id), label FROM item ORDER BY label"
    try await pair.agree(all)
    #expect(try pair.b.values("SELECT count(*) FROM item") == [[10]])
    try pair.b.sql("UPDATE item SET label = label || '!' WHERE typeof(id) = 'text'; DELETE FROM item WHERE id = x'31'")
    try await pair.agree(all)
    #expect(try pair.a.values("SELECT count(*) FROM item WHERE label LIKE '%!'") == [[6]])
  }

  @Test(
    "A key that SQLite gives itself travels as it was given; two that gave the same are one row, and people are told")
  func integerKeys() async throws {
    let pair = try Pair(
      schema: Self.schema(
        #"{ "id": 1, "name": "id", "type": "integer" }, { "id": 2, "name": "label", "policy": "ask" }"#),
      "CREATE TABLE item (id INTEGER PRIMARY KEY AUTOINCREMENT, label)")
    try pair.shell(pair.a).script("INSERT INTO item (label) VALUES ('one'); INSERT INTO item VALUES (NULL, 'two')")
    try await pair.agree("SELECT * FROM item ORDER BY id")
    #expect(try pair.b.values("SELECT id, label FROM item ORDER BY id") == [[1, "one"], [2, "two"]])
    try pair.a.sql("INSERT INTO item (label) VALUES ('mine')")
    try pair.b.sql("INSERT INTO item (label) VALUES ('yours')")
    try await pair.agree("SELECT * FROM item ORDER BY id")
    for device in [pair.a, pair.b] { #expect(try device.conflicts().map(\.key) == ["3"], "\(device.name)") }
  }

  @Test("Two rows change keys with each other through a third, in plain SQL")
  func exchangedKeys() async throws {
    let pair = try Pair()
    try pair.a.sql("INSERT INTO item (id, label, stock) VALUES ('x', 'Lamp', 1), ('y', 'Bulb', 2)")
    try pair.fleet.settle()
    try pair.shell(pair.a).script(
      """
      BEGIN; UPDATE item SET id = '' WHERE id = 'x'; UPDATE item SET id = 'x' WHERE id = 'y';
      UPDATE item SET id = 'y' WHERE id = ''; COMMIT
      """)
    try await pair.agree(Pair.all)
    #expect(
      try pair.b.values("SELECT id, label, stock FROM item ORDER BY id") == [["x", "Bulb", 2], ["y", "Lamp", 1]])
  }

  @Test(
    "Names that SQL would take for its own words, with quotes, dots, signs of other scripts or nothing but blanks",
    arguments: [
      ("order", "group"), ("a\"b", "c'd"), ("main.item", "x.y"), ("表", "列"), (" ", "  "), ("--", "/*"), ("?1", ":a"),
    ])
  func names(_ table: String, _ column: String) async throws {
    func json(_ name: String) -> String { name.replacing("\"", with: "\\\"") }
    func quote(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }
    let columns = #"{ "id": 1, "name": "id" }, { "id": 2, "name": "\#(json(column))" }"#
    let pair = try Pair(
      schema: Self.schema(columns, table: json(table)),
      "CREATE TABLE \(quote(table)) (id TEXT PRIMARY KEY NOT NULL, \(quote(column)) TEXT)")
    try pair.shell(pair.a).script("INSERT INTO \(quote(table)) VALUES ('1', 'one'), ('2', 'two')")
    try pair.fleet.settle()
    try pair.b.sql(
      "UPDATE \(quote(table)) SET \(quote(column)) = 'uno' WHERE id = '1'; DELETE FROM \(quote(table)) WHERE id = '2'")
    try await pair.agree("SELECT * FROM \(quote(table))")
    #expect(try pair.a.values("SELECT * FROM \(quote(table))") == [["1", "uno"]])
  }

  @Test("STRICT tables, columns that SQLite computes and defaults that it makes")
  func computed() async throws {
    let pair = try Pair(
      """
      CREATE TABLE item (id TEXT PRIMARY KEY NOT NULL, label TEXT, shelf TEXT DEFAULT CURRENT_DATE,
        stock INTEGER NOT NULL DEFAULT 0, loud TEXT AS (upper(label)) STORED, length INTEGER AS (length(label)) VIRTUAL)
        STRICT;
      CREATE INDEX loud ON item (loud);
      CREATE TABLE move (id TEXT PRIMARY KEY NOT NULL, item TEXT, note TEXT) WITHOUT ROWID;
      """)
    try pair.a.sql("INSERT INTO item (id, label) VALUES ('x', 'Lamp')")
    try pair.shell(pair.b).script("INSERT INTO item (id, label, shelf) VALUES ('y', 'Bulb', NULL)")
    try await pair.agree(Pair.all)
    try pair.b.sql("UPDATE item SET label = 'Torch' WHERE id = 'x'")
    try await pair.agree(Pair.all)
    #expect(
      try pair.a.values("SELECT loud, length, shelf IS NULL FROM item ORDER BY id") == [
        ["TORCH", 5, 0], ["BULB", 4, 1],
      ])
  }

  @Test("Numbers at the edges of their types travel to the bit, or the row is held and nothing is changed in silence")
  func edges() async throws {
    let pair = try Pair(
      schema: Self.schema(Self.plain), "CREATE TABLE item (id BLOB PRIMARY KEY NOT NULL, label)",
      onlyB: """
        ; DROP TABLE item; CREATE TABLE item (id BLOB PRIMARY KEY NOT NULL, label NUMERIC)
        """)
    try pair.shell(pair.a).script(
      """
      INSERT INTO item VALUES (1, 9223372036854775807), (2, -9223372036854775808), (3, 9007199254740993), (4, 1e308),
        (5, -0.0), (6, 4.9e-324), (7, 9e999), (8, '0x10'), (9, ' 12'), (10, '1e2'), (11, '007'), (12, 2.0)
      """)
    try pair.fleet.settle()
    let status = try pair.b.replica.status()
    #expect(status.mismatch.isEmpty && status.pending == 0)
    let shown = try pair.b.values("SELECT id, label FROM item ORDER BY id")
    let sent = try pair.a.values("SELECT id, label FROM item ORDER BY id")
    #expect(shown.allSatisfy(sent.contains))
    #expect(Int64(shown.count) + Int64(status.held) == 12)
    #expect(status.held >= 4, "what the type would change: -0.0, ' 12', '1e2', '007', 2.0")
    let found = try await pair.b.replica.verify(with: FleetTransport(pair.fleet), options: FleetTransport.options)
    #expect(found.differences.isEmpty)
  }

  @Test("An index or a computed column by a function of the app: those rows wait, all others arrive")
  func functionsInIndexes() async throws {
    let pair = try Pair()
    let shell = try pair.shell(pair.b)
    try shell.define("fold", arguments: 1) { values in values[0] }
    try shell.script("CREATE INDEX folded ON item (fold(label))")
    try pair.a.sql("INSERT INTO item (id, label) VALUES ('x', 'Lamp')")
    try pair.a.sql("INSERT INTO item (id, label) VALUES ('y', 'Bulb'); INSERT INTO move VALUES ('m', 'y', 'note')")
    try pair.fleet.settle()
    #expect(try pair.b.values("SELECT id FROM move") == [["m"]])
    #expect(try pair.b.replica.status().held == 2)
    try shell.script("DROP INDEX folded")
    try pair.a.sql("UPDATE move SET note = 'more'")
    try await pair.agree(Pair.all)
  }
}
