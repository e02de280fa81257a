import Relay
internal import RelayProtocol
import TestSupport
import Testing

/// Tables and columns called as their app calls them.
@Suite struct NamesTests {
  let folder = TestFolder()

  static let schema = Array(
    #"""
    { "name": "reminders", "version": 1, "roles": ["field"], "tables": [
      { "id": 1, "name": "remindersList", "key": ["ID"], "scopes": ["everyone"], "homes": ["everyone"],
        "unique": [["sort Order"]],
        "columns": [ { "id": 1, "name": "ID", "type": "text" }, { "id": 2, "name": "createdAt", "type": "text" },
          { "id": 3, "name": "say \"hi\"", "type": "text" }, { "id": 4, "name": "sort Order", "type": "integer" },
          { "id": 5, "name": "größe", "policy": "counter", "default": 0, "required": true } ],
        "access": { "field": { "read": true, "write": true } } },
      { "id": 2, "name": "order", "key": ["select"], "parent": { "column": "group", "table": "remindersList" },
        "columns": [ { "id": 1, "name": "select", "type": "integer" }, { "id": 2, "name": "group", "type": "text" } ],
        "access": { "field": { "read": true, "write": true } } } ] }
    """#.utf8)

  @Test func anyNameIsCapturedSealedAndShown() throws {
    let replica = try Replica(
      at: folder.file("a.db"), schema: Self.schema, environment: Clinic.environment(1)
    ) { (db) throws(RelayError) in
      try db.script(
        #"""
        CREATE TABLE "RemindersList" (id TEXT PRIMARY KEY NOT NULL, createdat TEXT, "say ""hi""" TEXT,
          "Sort order" INTEGER UNIQUE, "größe" INTEGER NOT NULL DEFAULT 0);
        CREATE TABLE "order" ("SELECT" INTEGER PRIMARY KEY, "group" TEXT);
        """#)
    }
    try Clinic.foreign(
      replica.path,
      """
      INSERT INTO remindersList VALUES ('a', 'today', 'hi', 1, 2); INSERT INTO "order" VALUES (NULL, 'a');
      INSERT OR REPLACE INTO reminderslist VALUES ('b', 'now', 'ho', 1, 0)
      """)
    try replica.sql(
      #"UPDATE remindersList SET "say ""hi""" = 'hu', "größe" = "größe" + 1; DELETE FROM "order";"#)
    let sealed = try replica.sealed()
    #expect(sealed[0].rows.map(\.row) == [RowID(table: 1, values: ["b"]), RowID(table: 2, values: [1])])
    #expect(sealed[1].rows[0].operations.map(\.kind) == [.set(3, ["hu"]), .increment(5, 1)])
    #expect(sealed[1].rows[1].operations.map(\.kind) == [.delete])
    #expect(try replica.rowCount() == 1)
    let again = try Replica(at: replica.path, schema: Self.schema, environment: Clinic.environment(1))
    #expect(try again.status().wasRebuilt == false)
  }
}
