import Relay
import RelayHub
import TestSupport
import Testing

/// More of what apps do with triggers.
@Suite struct TriggerNeighbours {
  @Test("What is written through a view with INSTEAD OF triggers arrives once")
  func insteadOf() async throws {
    let pair = try Pair(
      Pair.tables + """
        CREATE VIEW shelf AS SELECT id, label, shelf FROM item;
        CREATE TRIGGER put INSTEAD OF INSERT ON shelf BEGIN
          INSERT INTO item (id, label, shelf) VALUES (NEW.id, NEW.label, NEW.shelf);
          INSERT INTO move VALUES ('m' || NEW.id, NEW.id, 'put'); END;
        """)
    try pair.a.sql("INSERT INTO shelf VALUES ('x', 'Lamp', 'A')")
    try pair.shell(pair.b).script("INSERT INTO shelf VALUES ('y', 'Bulb', 'B')")
    try await pair.agree(Pair.all)
    #expect(try pair.a.values("SELECT count(*) FROM move") == [[2]])
  }

  @Test("A trigger that ignores some rows keeps them from nobody: they are held with a reason, not lost in silence")
  func ignores() async throws {
    let pair = try Pair(
      onlyB: """
        CREATE TRIGGER only BEFORE INSERT ON item WHEN NEW.shelf = 'secret' BEGIN SELECT RAISE(IGNORE); END;
        """)
    try pair.a.sql("INSERT INTO item (id, shelf) VALUES ('x', 'secret'), ('y', 'A')")
    try pair.fleet.settle()
    #expect(try pair.b.values("SELECT id FROM item") == [["y"]])
    let status = try pair.b.replica.status()
    #expect(status.held == 1 && status.mismatch.isEmpty)
    #expect(try pair.b.replica.inbox().map(\.kind) == [.held])
    let found = try await pair.b.replica.verify(
      with: FleetTransport(pair.fleet), options: FleetTransport.options)
    #expect(found.differences.isEmpty)
    try pair.shell(pair.b).script("DROP TRIGGER only")
    try pair.a.sql("UPDATE item SET label = 'z' WHERE id = 'y'")
    try await pair.agree(Pair.all)
  }

  @Test("An update or a deletion that a trigger ignores is held or told, and the sums stay right")
  func ignoresChanges() async throws {
    let pair = try Pair(
      onlyB: """
        CREATE TRIGGER frozen BEFORE UPDATE ON item WHEN OLD.shelf = 'A' BEGIN SELECT RAISE(IGNORE); END;
        CREATE TRIGGER kept BEFORE DELETE ON item WHEN OLD.shelf = 'B' BEGIN SELECT RAISE(IGNORE); END;
        """)
    try pair.a.sql("INSERT INTO item (id, shelf) VALUES ('x', 'A'), ('y', 'B'), ('z', 'C')")
    try pair.fleet.settle()
    try pair.a.sql("UPDATE item SET label = 'new'; DELETE FROM item WHERE id = 'y'")
    try pair.fleet.settle()
    #expect(
      try pair.b.values("SELECT id, label FROM item ORDER BY id") == [["x", "new"], ["y", .null], ["z", "new"]])
    #expect(try pair.b.replica.inbox().map(\.key) == ["y"])
    #expect(try pair.b.replica.status().mismatch.isEmpty)
    let found = try await pair.b.replica.verify(
      with: FleetTransport(pair.fleet), options: FleetTransport.options)
    #expect(found.differences.isEmpty)
  }

  @Test("A trigger that writes its own spelling of a value does so once, at the author, and nobody's goes round")
  func spells() async throws {
    let pair = try Pair(
      Pair.tables + """
        CREATE TRIGGER lower AFTER INSERT ON item BEGIN
          UPDATE item SET label = lower(NEW.label) WHERE id = NEW.id; END;
        CREATE TRIGGER lower2 AFTER UPDATE OF label ON item WHEN NEW.label <> lower(NEW.label) BEGIN
          UPDATE item SET label = lower(NEW.label) WHERE id = NEW.id; END;
        """)
    try pair.a.sql("INSERT INTO item (id, label) VALUES ('x', 'LAMP')")
    try pair.shell(pair.b).script(
      "INSERT INTO item (id, label) VALUES ('y', 'BULB'); UPDATE item SET label = 'B' WHERE id = 'y'")
    try await pair.agree(Pair.all)
    #expect(try pair.a.values("SELECT label FROM item ORDER BY id") == [["lamp"], ["b"]])
    #expect(try pair.a.replica.status().head == 2)
  }

  @Test("A table of totals that does not sync is kept by the app's triggers through everything that arrives")
  func localTotals() async throws {
    let pair = try Pair(
      Pair.tables + """
        CREATE TABLE total (shelf TEXT PRIMARY KEY, n INTEGER NOT NULL);
        CREATE TRIGGER t1 AFTER INSERT ON item BEGIN
          INSERT INTO total VALUES (NEW.shelf, 1) ON CONFLICT DO UPDATE SET n = n + 1; END;
        CREATE TRIGGER t2 AFTER DELETE ON item BEGIN UPDATE total SET n = n - 1 WHERE shelf = OLD.shelf; END;
        CREATE TRIGGER t3 AFTER UPDATE OF shelf ON item WHEN NEW.shelf IS NOT OLD.shelf BEGIN
          UPDATE total SET n = n - 1 WHERE shelf = OLD.shelf;
          INSERT INTO total VALUES (NEW.shelf, 1) ON CONFLICT DO UPDATE SET n = n + 1; END;
        """)
    try pair.a.sql("INSERT INTO item (id, shelf) VALUES ('x', 'A'), ('y', 'A'), ('z', 'B')")
    try pair.fleet.settle()
    try pair.b.sql("UPDATE item SET shelf = 'B' WHERE id = 'x'; DELETE FROM item WHERE id = 'z'")
    try pair.a.sql("UPDATE item SET label = 'seen' WHERE id = 'z'")
    try await pair.agree(Pair.all)
    for device in [pair.a, pair.b] {
      let counted = try device.values("SELECT shelf, count(*) FROM item GROUP BY shelf ORDER BY shelf")
      #expect(try device.values("SELECT shelf, n FROM total WHERE n > 0 ORDER BY shelf") == counted, "\(device.name)")
    }
  }

  @Test("A trigger that keeps only the newest rows throws out nothing of what arrives")
  func ring() async throws {
    let pair = try Pair(
      onlyB: """
        CREATE TRIGGER ring AFTER INSERT ON move BEGIN
          DELETE FROM move WHERE id NOT IN (SELECT id FROM move ORDER BY id DESC LIMIT 2); END;
        """)
    try pair.a.sql("INSERT INTO item (id) VALUES ('x')")
    try pair.a.sql("INSERT INTO move VALUES ('1', 'x', ''), ('2', 'x', ''), ('3', 'x', ''), ('4', 'x', '')")
    try await pair.agree(Pair.all)
    #expect(try pair.b.values("SELECT count(*) FROM move") == [[4]])
    // What the device's own app throws out there is its own doing.
    try pair.b.sql("INSERT INTO move VALUES ('5', 'x', '')")
    try await pair.agree(Pair.all)
    #expect(try pair.a.values("SELECT id FROM move ORDER BY id") == [["4"], ["5"]])
  }

  @Test("A trigger of a program's own connection writes synced rows, and they travel")
  func temporary() async throws {
    let pair = try Pair()
    let shell = try pair.shell(pair.a)
    try shell.script(
      """
      CREATE TEMP TRIGGER log AFTER INSERT ON main.item BEGIN
        INSERT INTO move VALUES ('m' || NEW.id, NEW.id, 'made'); END;
      INSERT INTO item (id) VALUES ('x');
      """)
    try await pair.agree(Pair.all)
    #expect(try pair.b.values("SELECT id FROM move") == [["mx"]])
  }

  @Test("A key changed with ON UPDATE CASCADE takes the children along, wherever it arrives")
  func updateCascade() async throws {
    let pair = try Pair(
      """
      CREATE TABLE item (id TEXT PRIMARY KEY NOT NULL, label TEXT, shelf TEXT, stock INTEGER NOT NULL DEFAULT 0);
      CREATE TABLE move (id TEXT PRIMARY KEY NOT NULL,
        item TEXT REFERENCES item ON UPDATE CASCADE ON DELETE CASCADE, note TEXT);
      """)
    try pair.a.sql(
      "INSERT INTO item (id, label) VALUES ('x', 'Lamp'); INSERT INTO move VALUES ('m', 'x', ''), ('n', 'x', '')")
    try pair.fleet.settle()
    let shell = try pair.shell(pair.b)
    try shell.script("PRAGMA foreign_keys = ON; UPDATE item SET id = 'x2'")
    try await pair.agree(Pair.all)
    #expect(try pair.a.values("SELECT id, item FROM move ORDER BY id") == [["m", "x2"], ["n", "x2"]])
    try shell.script("INSERT OR REPLACE INTO item (id, label) VALUES ('x2', 'again')")
    try await pair.agree(Pair.all)
    // What REPLACE took out took its children along, as the program asked for.
    #expect(try pair.a.values("SELECT count(*) FROM move") == [[0]])
  }

  @Test("An app may call its triggers as it likes: one called relay_… is an app's all the same")
  func called() async throws {
    let pair = try Pair(
      Pair.tables + """
        CREATE TRIGGER relay_race AFTER INSERT ON move BEGIN
          UPDATE item SET stock = stock + 1 WHERE id = NEW.item; END;
        """)
    #expect(try pair.a.replica.status().triggers.map(\.name) == ["relay_race"])
    try pair.a.sql("INSERT INTO item (id) VALUES ('x')")
    try pair.a.sql("INSERT INTO move VALUES ('m', 'x', '')")
    try await pair.agree(Pair.all)
    try pair.shell(pair.b).script("INSERT INTO move VALUES ('n', 'x', '')")
    try await pair.agree(Pair.all)
    #expect(try pair.a.values("SELECT stock FROM item") == [[2]])
    #expect(try pair.a.values("SELECT count(*) FROM sqlite_master WHERE name = 'relay_race'") == [[1]])
  }
}
