import Relay
import RelayHub
import TestSupport
import Testing

/// References into other scopes are told, and enforced by nobody.
@Suite struct ReferenceStories {
  static let ddl = """
    CREATE TABLE person (id TEXT PRIMARY KEY, unit TEXT NOT NULL, phone TEXT REFERENCES person, area TEXT,
      guests INTEGER NOT NULL DEFAULT 0, tags TEXT NOT NULL DEFAULT '[]', top INTEGER,
      FOREIGN KEY (area, unit) REFERENCES area (name, unit));
    CREATE TABLE area (name TEXT, unit TEXT, PRIMARY KEY (name, unit));
    CREATE TABLE visit (id TEXT PRIMARY KEY, person TEXT REFERENCES person (id), note TEXT REFERENCES nowhere (x));
    """

  @Test func whatPointsIntoAnotherScopeIsToldByKeyAndStopsNothing() throws {
    let fleet = try Fleet(ddl: Self.ddl)
    let a = try fleet.add("a", "unit/u1")
    let office = try fleet.add("office", "*")
    try office.sql(
      """
      INSERT INTO area VALUES ('North', 'u1');
      INSERT INTO person (id, unit, area) VALUES ('mine', 'u1', 'North'), ('theirs', 'u2', NULL);
      INSERT INTO person (id, unit, phone, area) VALUES ('p', 'u1', 'theirs', 'South'), ('q', 'u1', 'mine', 'North');
      INSERT INTO visit VALUES ('v', 'p', NULL), ('w', 'q', 'x')
      """)
    try fleet.settle()
    #expect(try a.values("SELECT id FROM person ORDER BY id") == [["mine"], ["p"], ["q"]])
    #expect(try a.replica.status().held == 0)
    func told(_ device: Fleet.Device) throws -> [String] {
      try device.replica.danglingReferences().map {
        "\($0.table).\($0.columns) → \($0.target): \($0.rows) \($0.examples.joined(separator: " "))"
      }
    }
    // The areas are no synced table: each device has its own.
    #expect(
      try told(a) == [
        "person.area,unit → area: 3 mine p q", "person.phone → person: 1 p", "visit.note → nowhere: 1 w",
      ])
    #expect(try told(office) == ["person.area,unit → area: 1 p", "visit.note → nowhere: 1 w"])
    // The parent goes: it is deleted here before anybody has seen what hangs on it.
    try a.sql("DELETE FROM person WHERE id = 'p'")
    #expect(try told(a).contains("visit.person → person: 1 v"))
  }
}
