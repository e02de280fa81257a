internal import Relay

/// What the apps of some fleets have beside the tables that sync: words to be found by, kept by triggers in a table of
/// the app's own, and a trigger that counts in a table that syncs (rule 30).
enum AppTables {
  static let sql = """
    CREATE VIRTUAL TABLE words USING fts5(id UNINDEXED, phone);
    CREATE TRIGGER words_in AFTER INSERT ON person BEGIN
      INSERT INTO words (id, phone) VALUES (new.id, new.phone); END;
    CREATE TRIGGER words_out AFTER DELETE ON person BEGIN DELETE FROM words WHERE id = old.id; END;
    CREATE TRIGGER words_change AFTER UPDATE ON person BEGIN
      UPDATE words SET id = new.id, phone = new.phone WHERE id = old.id; END;
    CREATE TRIGGER counts AFTER INSERT ON visit BEGIN
      UPDATE person SET guests = guests + 1 WHERE id = new.person; END;
    """

  /// The words are those of the rows, each once, and are found.
  static func check(_ witness: Witness) throws {
    let (kept, rows) = (
      try witness.values("SELECT id, phone FROM words ORDER BY id"),
      try witness.values("SELECT id, phone FROM person ORDER BY id")
    )
    guard kept == rows else { throw Broken("\(witness.name): its words are \(kept), and its rows \(rows)") }
    let found = try witness.values("SELECT id FROM words WHERE words MATCH 'x*' ORDER BY id")
    let wanted = rows.filter { $0[1].text != nil }.map { [$0[0]] }
    guard found == wanted else { throw Broken("\(witness.name) finds \(found) instead of \(wanted)") }
  }
}
