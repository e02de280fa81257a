import Foundation
import Relay
import RelayHub
import TestSupport
import Testing

/// An app keeps its own triggers on tables that sync. What they do where the app writes travels; where Relay writes, the
/// synced tables end as the hub says.
@Suite struct AppTriggerStories {
  static let schema = Array(
    """
    { "name": "shop", "version": 1, "roles": ["field"], "tables": [
      { "id": 1, "name": "article", "key": ["id"], "scopes": ["everyone"], "homes": ["everyone"], "columns": [
        { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "title", "type": "text" },
        { "id": 3, "name": "sold", "type": "integer", "default": 0, "required": true },
        { "id": 4, "name": "changed", "type": "text" } ],
        "access": { "field": { "read": true, "write": true } } },
      { "id": 2, "name": "sale", "key": ["id"], "scopes": ["everyone"], "homes": ["everyone"], "columns": [
        { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "article", "type": "text" } ],
        "access": { "field": { "read": true, "write": true } } },
      { "id": 3, "name": "booking", "key": ["id"], "scopes": ["everyone"], "homes": ["everyone"], "append": true,
        "columns": [ { "id": 1, "name": "id", "type": "text" }, { "id": 2, "name": "sale", "type": "text" } ],
        "access": { "field": { "read": true, "write": true } } } ] }
    """.utf8)

  static let tables = """
    CREATE TABLE article (id TEXT PRIMARY KEY, title TEXT, sold INTEGER NOT NULL DEFAULT 0, changed TEXT);
    CREATE TABLE sale (id TEXT PRIMARY KEY, article TEXT);
    CREATE TABLE booking (id TEXT PRIMARY KEY, sale TEXT);
    CREATE TABLE tick (n INTEGER); INSERT INTO tick VALUES (0);
    """

  private func devices(_ triggers: String) throws -> (fleet: Fleet, a: Fleet.Device, b: Fleet.Device) {
    let fleet = try Fleet(schema: AppTriggerStories.schema, ddl: AppTriggerStories.tables + triggers)
    return (fleet, try fleet.add("a", "everyone"), try fleet.add("b", "everyone"))
  }

  private let all = """
    SELECT 'article', id, title, sold, changed FROM article UNION ALL SELECT 'sale', id, article, NULL, NULL FROM sale
    UNION ALL SELECT 'booking', id, sale, NULL, NULL FROM booking ORDER BY 1, 2
    """

  /// Both show the same, nothing waits, and the hub agrees row by row.
  private func agree(_ fleet: Fleet, _ a: Fleet.Device, _ b: Fleet.Device) async throws {
    try fleet.settle()
    #expect(try a.values(all) == b.values(all))
    for device in [a, b] {
      let status = try device.replica.status()
      #expect(status.pending == 0 && status.mismatch.isEmpty && status.held == 0, "\(device.name): \(status)")
      let found = try await device.replica.verify(with: FleetTransport(fleet), options: FleetTransport.options)
      #expect(found.differences.isEmpty, "\(device.name): \(found.differences)")
    }
  }

  @Test("A counter in another synced table counts once, whoever receives the row that it counts")
  func counter() async throws {
    let (fleet, a, b) = try devices(
      """
      CREATE TRIGGER count AFTER INSERT ON sale BEGIN
        UPDATE article SET sold = sold + 1 WHERE id = NEW.article; END;
      """)
    #expect(try a.replica.status().triggers.map { [$0.name] + $0.tables } == [["count", "article"]])
    try a.sql("INSERT INTO article (id, title) VALUES ('x', 'Lamp')")
    try fleet.settle()
    try a.sql("INSERT INTO sale VALUES ('s', 'x')")
    try await agree(fleet, a, b)
    #expect(try b.values("SELECT sold FROM article") == [[1]])
    try b.sql("UPDATE article SET title = 'Lamp 2'")
    try await agree(fleet, a, b)
    #expect(try a.values("SELECT title, sold FROM article") == [["Lamp 2", 1]])
  }

  @Test("Own work that comes back changed by others is shown as the hub has it, whatever the app's triggers count")
  func ownWorkComesBackChanged() async throws {
    let (fleet, a, b) = try devices(
      """
      CREATE TRIGGER count AFTER INSERT ON sale BEGIN
        UPDATE article SET sold = sold + 1 WHERE id = NEW.article; END;
      """)
    try a.sql("INSERT INTO article (id, title) VALUES ('x', 'Lamp'), ('y', 'Chair')")
    try fleet.settle()
    // Each writes to a row of which the other has changed something else, and that somebody is told with the own work.
    try a.sql("UPDATE article SET changed = 'a' WHERE id = 'x'")
    try b.sql("UPDATE article SET title = 'Desk' WHERE id = 'x'; INSERT INTO article (id, title) VALUES ('z', 'Vase')")
    for device in [a, b] { try fleet.sync(device) }
    #expect(try b.values("SELECT title, changed FROM article WHERE id = 'x'") == [["Desk", "a"]])
    try await agree(fleet, a, b)
    #expect(try a.values("SELECT title, changed FROM article WHERE id = 'x'") == [["Desk", "a"]])
  }

  @Test("A derived row of a random key is made once, at its author, also in a table where nothing is ever changed")
  func derivedRows() async throws {
    let (fleet, a, b) = try devices(
      """
      CREATE TRIGGER book AFTER INSERT ON sale BEGIN
        INSERT INTO booking VALUES (lower(hex(randomblob(8))), NEW.id); END;
      """)
    try a.sql("INSERT INTO sale VALUES ('s', 'x'), ('t', 'x')")
    try await agree(fleet, a, b)
    #expect(try b.values("SELECT count(*) FROM booking") == [[2]])
    try b.sql("INSERT INTO sale VALUES ('u', 'x')")
    try await agree(fleet, a, b)
    #expect(try a.values("SELECT sale FROM booking ORDER BY sale") == [["s"], ["t"], ["u"]])
  }

  @Test(
    "A stamp of the last change is its author's everywhere, and nobody's sync stamps anew",
    arguments: ["WHEN NEW.changed IS OLD.changed", ""])
  func stamps(_ when: String) async throws {
    let (fleet, a, b) = try devices(
      """
      CREATE TRIGGER stamp AFTER UPDATE ON article \(when) BEGIN
        UPDATE tick SET n = n + 1; UPDATE article SET changed = (SELECT n FROM tick) WHERE id = NEW.id; END;
      CREATE TRIGGER stamp_new AFTER INSERT ON article BEGIN
        UPDATE tick SET n = n + 1; UPDATE article SET changed = (SELECT n FROM tick) WHERE id = NEW.id; END;
      """)
    try b.sql("UPDATE tick SET n = 100")
    try a.sql("INSERT INTO article (id, title) VALUES ('x', 'Lamp')")
    try await agree(fleet, a, b)
    try a.sql("UPDATE article SET title = 'Lamp 2'")
    try await agree(fleet, a, b)
    let stamped = try a.values("SELECT changed FROM article")
    for _ in 0..<3 { try await agree(fleet, a, b) }
    #expect(try b.values("SELECT changed FROM article") == stamped)
    #expect(try a.replica.status().head == 2)
  }

  @Test("A cascade by hand takes nothing away at a receiver that holds more children than the one who deleted")
  func cascade() async throws {
    let (fleet, a, b) = try devices(
      "CREATE TRIGGER cascade AFTER DELETE ON article BEGIN DELETE FROM sale WHERE article = OLD.id; END;")
    try a.sql("INSERT INTO article (id) VALUES ('x')")
    try fleet.settle()
    try b.sql("INSERT INTO sale VALUES ('s', 'x')")
    try fleet.sync(b)
    // It has not seen the sale.
    try a.sql("DELETE FROM article")
    try fleet.sync(a)
    try await agree(fleet, a, b)
    #expect(try b.values("SELECT id FROM sale") == [["s"]])
  }

  @Test("A full-text index that triggers keep follows what arrives, changes and leaves")
  func fullText() async throws {
    let (fleet, a, b) = try devices(
      """
      CREATE VIRTUAL TABLE words USING fts5(title, content='article', content_rowid='rowid');
      CREATE TRIGGER words_in AFTER INSERT ON article BEGIN
        INSERT INTO words(rowid, title) VALUES (NEW.rowid, NEW.title); END;
      CREATE TRIGGER words_out AFTER DELETE ON article BEGIN
        INSERT INTO words(words, rowid, title) VALUES ('delete', OLD.rowid, OLD.title); END;
      CREATE TRIGGER words_new AFTER UPDATE ON article BEGIN
        INSERT INTO words(words, rowid, title) VALUES ('delete', OLD.rowid, OLD.title);
        INSERT INTO words(rowid, title) VALUES (NEW.rowid, NEW.title); END;
      """)
    func find(_ word: String) throws -> [[Value]] {
      try b.values(
        "SELECT article.id FROM words JOIN article ON article.rowid = words.rowid WHERE words MATCH '\(word)'")
    }
    try a.sql("INSERT INTO article (id, title) VALUES ('x', 'green lamp'), ('y', 'red chair')")
    try await agree(fleet, a, b)
    #expect(try find("lamp") == [["x"]])
    try a.sql("UPDATE article SET title = 'blue lamp' WHERE id = 'x'; DELETE FROM article WHERE id = 'y'")
    try await agree(fleet, a, b)
    #expect(try find("green").isEmpty && find("blue") == [["x"]] && find("chair").isEmpty)
    #expect(throws: Never.self) {
      let shell = try Database(path: b.replica.path, mode: .readWrite)
      try shell.script("INSERT INTO words(words) VALUES ('integrity-check')")
    }
  }

  @Test("A row that a trigger of the app refuses is held with its reason, and the rest arrives")
  func refusedByATrigger() throws {
    let (fleet, a, b) = try devices("")
    let shell = try Database(path: b.replica.path, mode: .readWrite)
    try shell.script(
      """
      CREATE TRIGGER no_lamps BEFORE INSERT ON article WHEN NEW.title = 'Lamp' BEGIN
        SELECT RAISE(ABORT, 'we sell no lamps'); END;
      """)
    try a.sql("INSERT INTO article (id, title) VALUES ('x', 'Lamp'), ('y', 'Chair')")
    try fleet.settle()
    #expect(try b.values("SELECT id FROM article") == [["y"]])
    let held = try #require(try b.replica.inbox().first)
    #expect(held.kind == .held && held.message?.contains("we sell no lamps") == true)
  }

  @Test("A trigger of the app that rolls everything back leaves nothing half installed, and says so until it is gone")
  func rollsEverythingBack() throws {
    let (fleet, a, b) = try devices("")
    let shell = try Database(path: b.replica.path, mode: .readWrite)
    try shell.script(
      """
      CREATE TRIGGER no_lamps BEFORE INSERT ON article WHEN NEW.title = 'Lamp' BEGIN
        SELECT RAISE(ROLLBACK, 'we sell no lamps'); END;
      """)
    try a.sql("INSERT INTO article (id, title) VALUES ('w', 'Desk'), ('x', 'Lamp'), ('y', 'Chair')")
    try fleet.sync(a)
    for _ in 0..<2 {
      let error = #expect(throws: RelayError.self) { try fleet.sync(b) }
      #expect(error?.code == .constraint && error?.message.contains("we sell no lamps") == true, "\(error as Any)")
      #expect(try b.values("SELECT id FROM article") == [])
      #expect(try b.replica.status().base == 0)
    }
    try shell.script("DROP TRIGGER no_lamps")
    try fleet.sync(b)
    #expect(try b.values("SELECT id FROM article ORDER BY id") == [["w"], ["x"], ["y"]])
    #expect(try b.replica.status().mismatch.isEmpty)
  }

  @Test("A choice that makes a trigger of the app roll everything back is put back, and stops what comes once")
  func choiceRollsEverythingBack() throws {
    let (fleet, a, b) = try devices("")
    try a.sql("INSERT INTO article (id, title) VALUES ('x', 'Lamp')")
    try fleet.settle()
    try a.sql("DELETE FROM article WHERE id = 'x'")
    try b.sql("UPDATE article SET title = 'Lamp 2' WHERE id = 'x'")
    try fleet.settle()
    let conflict = try #require(try b.replica.inbox().first { $0.kind == .conflict })
    let gone = try #require(conflict.siblings.first { $0.content == .flag(false) })
    let shell = try Database(path: b.replica.path, mode: .readWrite)
    try shell.script(
      """
      CREATE TRIGGER keep BEFORE DELETE ON article BEGIN SELECT RAISE(ROLLBACK, 'we keep all'); END;
      UPDATE relay_inbox SET choice = \(gone.position) WHERE id = '\(conflict.id)';
      """)
    let error = #expect(throws: RelayError.self) { try b.sql("UPDATE article SET sold = 1") }
    #expect(error?.message.contains("we keep all") == true)
    let shown = "SELECT sold, choice, message LIKE '%we keep all%' FROM article, relay_inbox"
    #expect(try b.values(shown) == [[0, .null, 1]])
    try b.sql("UPDATE article SET sold = 1")
    try fleet.settle()
    #expect(try a.values("SELECT title, sold FROM article") == [["Lamp 2", 1]])
  }

  @Test("A table whose rows need a function that only the app registers holds them, and everything else syncs")
  func unknownFunction() throws {
    let (fleet, a, b) = try devices("")
    let shell = try Database(path: b.replica.path, mode: .readWrite)
    try shell.script(
      """
      CREATE TRIGGER ask BEFORE INSERT ON sale BEGIN SELECT only_the_app_knows(NEW.id); END;
      """)
    try a.sql("INSERT INTO sale VALUES ('s', 'x'); INSERT INTO article (id) VALUES ('x')")
    try fleet.settle()
    #expect(try b.values("SELECT id FROM article") == [["x"]])
    #expect(try b.replica.status().held == 1)
    try shell.script("DROP TRIGGER ask")
    try a.sql("UPDATE article SET sold = 1")
    try fleet.settle()
    #expect(try b.values("SELECT id FROM sale") == [["s"]])
    #expect(try b.replica.status().held == 0)
  }

  @Test("A declared type that would change a value holds the row instead of showing another value")
  func affinity() throws {
    let (fleet, a, b) = try devices("")
    let shell = try Database(path: b.replica.path, mode: .readWrite)
    try shell.script(
      "ALTER TABLE sale RENAME TO old; CREATE TABLE sale (id TEXT PRIMARY KEY, article INTEGER); DROP TABLE old")
    try a.sql("INSERT INTO sale VALUES ('s', '007'), ('t', 'seven')")
    try fleet.settle()
    #expect(try b.values("SELECT id, article FROM sale") == [["t", "seven"]])
    #expect(try b.replica.status().held == 1)
    #expect(try b.replica.status().mismatch.isEmpty)
  }

  @Test("A function that the app registers on Relay's connections is there for every row")
  func registeredFunction() throws {
    let files = TestFolder()
    var environment = Environment(now: { 1_700_000_000_000 }, random: { 7 })
    environment.prepare = { (db) throws(RelayError) in
      try db.define("is_number", arguments: 1) { values in
        .integer(values[0].text?.allSatisfy(\.isNumber) == true ? 1 : 0)
      }
    }
    let replica = try Replica(at: files.file("a.db"), schema: AppTriggerStories.schema, environment: environment) {
      (db) throws(RelayError) in
      try db.script(AppTriggerStories.tables)
      try db.script(
        "CREATE TRIGGER ask BEFORE INSERT ON sale WHEN NOT is_number(NEW.id) BEGIN SELECT RAISE(ABORT, 'no'); END")
    }
    try replica.write { (db) throws(RelayError) in try db.execute("INSERT INTO sale VALUES ('7', 'x')") }
    #expect(throws: RelayError.self) {
      try replica.write { (db) throws(RelayError) in try db.execute("INSERT INTO sale VALUES ('seven', 'x')") }
    }
    #expect(
      try replica.read { (db) throws(RelayError) in try db.first("SELECT is_number('x'), is_number('')") } == [0, 1])
  }
}
