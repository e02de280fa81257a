/// The store's tables, said once for both databases.
enum HubTables {
  /// For PostgreSQL: every number has 64 bits, and names are byte strings, so that they compare as bytes and hold what any
  /// text holds.
  static let postgres = inPostgres(sqlite) + news

  private static func inPostgres(_ script: String) -> String {
    var sql = script
    for (from, to) in [
      ("INTEGER PRIMARY KEY", "BIGINT PRIMARY KEY"), (" INT,", " BIGINT,"), (" INT ", " BIGINT "),
      (" INT)", " BIGINT)"),
      (" TEXT", " BYTEA"), (" BLOB", " BYTEA"), (") STRICT, WITHOUT ROWID;", ");"), (") STRICT;", ");"),
    ] {
      sql = sql.replacing(from, with: to)
    }
    return sql
  }

  /// What each group of pushes was news of, for the nodes that did not judge it.
  private static let news = """

    CREATE TABLE news(id BIGINT PRIMARY KEY, head BIGINT NOT NULL, told BYTEA NOT NULL);
    """

  static let sqlite = """
    CREATE TABLE meta(name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
    CREATE TABLE device(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, role TEXT NOT NULL, code BLOB,
      expires INT NOT NULL, replica INT, token BLOB UNIQUE, revoked INT NOT NULL DEFAULT 0,
      quarantined INT NOT NULL DEFAULT 0, refused INT NOT NULL DEFAULT 0) STRICT;
    CREATE TABLE grants(device INT, scope TEXT, readable INT NOT NULL, writable INT NOT NULL,
      PRIMARY KEY(device, scope)) STRICT, WITHOUT ROWID;
    -- Counts what may concern a device that waits: grants, roles, revocations, a newer schema.
    CREATE TABLE rights(changes INT NOT NULL) STRICT;
    INSERT INTO rights VALUES (0);
    -- Every state of a device's rights, and from which to which of them it had a scope; kind 0 is reading, 1 writing.
    CREATE TABLE rights_change(device INT, n INT, seq INT NOT NULL, at INT NOT NULL, role TEXT NOT NULL,
      PRIMARY KEY(device, n)) STRICT, WITHOUT ROWID;
    CREATE TABLE grant_span(device INT, kind INT, scope TEXT, first INT, last INT,
      PRIMARY KEY(device, kind, scope, first)) STRICT, WITHOUT ROWID;
    -- named, known: the greatest base and the newest change of rights that a replica showed to know.
    CREATE TABLE replica(id INTEGER PRIMARY KEY, device INT NOT NULL, n INT NOT NULL, hash BLOB NOT NULL,
      named INT NOT NULL, known INT NOT NULL) STRICT;
    CREATE INDEX replica_device ON replica(device);
    CREATE TABLE txn(seq INTEGER PRIMARY KEY, replica INT NOT NULL, n INT NOT NULL, hash BLOB NOT NULL,
      device INT NOT NULL, author TEXT NOT NULL, eff INT NOT NULL, accepted INT NOT NULL, entries INT NOT NULL,
      refusal BLOB, base INT NOT NULL, log BLOB NOT NULL, received INT NOT NULL, UNIQUE(replica, n)) STRICT;
    CREATE TABLE body(seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
    CREATE TABLE part(replica INT, n INT, "offset" INT, hash BLOB NOT NULL, total INT NOT NULL, bytes BLOB NOT NULL,
      device INT NOT NULL, at INT NOT NULL, PRIMARY KEY(replica, n, "offset")) STRICT;
    CREATE INDEX part_device ON part(device);
    CREATE TABLE standing(device INT, tbl INT, key BLOB, seq INT, replica INT NOT NULL, n INT NOT NULL,
      kind INT NOT NULL, refused INT NOT NULL, PRIMARY KEY(device, tbl, key, seq)) STRICT, WITHOUT ROWID;
    -- Refused transactions whose bodies are kept.
    CREATE TABLE refused(device INT, seq INT, bytes INT NOT NULL, PRIMARY KEY(device, seq)) STRICT, WITHOUT ROWID;
    CREATE TABLE row(id INTEGER PRIMARY KEY, tbl INT NOT NULL, key BLOB NOT NULL, seq INT NOT NULL,
      alive INT NOT NULL, parent_tbl INT, parent BLOB, scopes BLOB NOT NULL, homes BLOB NOT NULL, orphan INT NOT NULL,
      flags INT NOT NULL, shape INT NOT NULL, vals BLOB NOT NULL, stamps BLOB NOT NULL, UNIQUE(tbl, key)) STRICT;
    -- Which columns the rows' values are of.
    CREATE TABLE shape(id INTEGER PRIMARY KEY, columns BLOB NOT NULL UNIQUE) STRICT;
    CREATE INDEX row_seq ON row(seq);
    CREATE INDEX row_parent ON row(parent_tbl, parent) WHERE parent IS NOT NULL;
    CREATE TABLE increment(row INT, grp INT, seq INT, replica INT NOT NULL, n INT NOT NULL, eff INT NOT NULL,
      delta INT NOT NULL, PRIMARY KEY(row, grp, seq)) STRICT, WITHOUT ROWID;
    CREATE TABLE taken(tbl INT, list INT, value BLOB, row INT NOT NULL,
      PRIMARY KEY(tbl, list, value)) STRICT, WITHOUT ROWID;
    CREATE TABLE scope(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE feed(scope INT, seq INT, row INT, PRIMARY KEY(scope, seq, row)) STRICT, WITHOUT ROWID;
    CREATE TABLE exits(scope TEXT, tbl INT, key BLOB, seq INT NOT NULL,
      PRIMARY KEY(scope, tbl, key)) STRICT, WITHOUT ROWID;
    CREATE INDEX exits_seq ON exits(scope, seq);
    CREATE INDEX exits_row ON exits(tbl, key);
    CREATE TABLE entry(tbl INT, key BLOB, cell BLOB, opened INT, status TEXT NOT NULL, ended INT,
      PRIMARY KEY(tbl, key, cell, opened)) STRICT, WITHOUT ROWID;
    CREATE INDEX entry_open ON entry(status) WHERE status = 'open';
    CREATE TABLE notice(device INT, seq INT, tbl INT, key BLOB, cell BLOB, replica INT, n INT, lost BLOB NOT NULL,
      PRIMARY KEY(replica, n, tbl, key, cell)) STRICT, WITHOUT ROWID;
    CREATE INDEX notice_device ON notice(device, seq);
    CREATE TABLE history(row INT, seq INT, PRIMARY KEY(row, seq)) STRICT, WITHOUT ROWID;
    CREATE TABLE attempt(tbl INT, key BLOB, seq INT, PRIMARY KEY(tbl, key, seq)) STRICT, WITHOUT ROWID;
    CREATE TABLE digest(scope TEXT, role TEXT, version INT, sum BLOB NOT NULL, count INT NOT NULL,
      PRIMARY KEY(scope, role, version)) STRICT, WITHOUT ROWID;
    -- The first transaction that wrote something which this version of the schema had brought.
    CREATE TABLE addition(version INTEGER PRIMARY KEY, seq INT NOT NULL) STRICT;
    """ + healing + retention + told + opening + gaps + lastSyncs

  /// What came with version 5.
  private static let healing = """

    -- Copies' work under names of its own: from which counter of the replica that sealed it on, and whose work it goes on with.
    CREATE TABLE fork(id INTEGER PRIMARY KEY, sealed INT NOT NULL, first INT NOT NULL, parent INT NOT NULL) STRICT;
    CREATE INDEX fork_sealed ON fork(sealed, first);
    -- Work that this hub had once judged, and lost: where it stood in the history of that epoch.
    CREATE TABLE offered(replica INT, n INT, epoch BLOB NOT NULL, seq INT NOT NULL,
      PRIMARY KEY(replica, n)) STRICT, WITHOUT ROWID;
    -- The epochs before this one, and the last seq that each shares with the next.
    CREATE TABLE epoch(number INTEGER PRIMARY KEY, id BLOB NOT NULL, fork INT NOT NULL) STRICT;
    """

  /// What came with version 6.
  private static let retention = """

    -- Up to which seq it is told no more, of a scope, what left it or died in it.
    CREATE TABLE horizon(scope TEXT PRIMARY KEY, seq INT NOT NULL) STRICT;
    CREATE INDEX horizon_seq ON horizon(seq);
    CREATE INDEX row_dead ON row(seq) WHERE alive = 0;
    CREATE INDEX exits_age ON exits(seq);
    """

  /// What came with version 7: how old it is what devices were told.
  private static let told = """

    CREATE INDEX notice_age ON notice(seq, device);
    CREATE INDEX standing_age ON standing(seq, device);
    CREATE INDEX entry_ended ON entry(ended) WHERE ended IS NOT NULL;
    """

  /// What came with version 8: what the order is called, so that two that were lost are told apart.
  private static let opening = """

    -- From which seq on the order has this name: one each time that the store is opened and something is judged.
    CREATE TABLE opening(first INTEGER PRIMARY KEY, name INT NOT NULL) STRICT;
    -- Of work that came back: what the order was called where it stood, and the one that its bases are of, seq by name.
    CREATE TABLE lost_opening(replica INT, n INT, place INT NOT NULL, bases BLOB NOT NULL,
      PRIMARY KEY(replica, n)) STRICT, WITHOUT ROWID;
    """

  /// What came with version 9: which work belongs into a gap of a chain.
  private static let gaps = """

    -- By the hashes that the push named which left the gap.
    CREATE TABLE gap(replica INT, n INT, hash BLOB NOT NULL, PRIMARY KEY(replica, n)) STRICT, WITHOUT ROWID;
    """

  /// What came with version 10: who has synced, and when.
  private static let lastSyncs = """

    -- Milliseconds since 1970, about a minute exact: a hub that is killed forgets the newest.
    CREATE TABLE last_sync(device INTEGER PRIMARY KEY, at INT NOT NULL) STRICT;
    """

  /// Brings a store of an older version to the one after it.
  static func migration(from version: UInt8, _ dialect: SQLDialect) -> String {
    let script =
      switch version {
      case 4: healing
      case 5: retention
      case 6: told
      case 7: opening
      case 8: gaps
      default: lastSyncs
      }
    return dialect.hasNews ? inPostgres(script) : script
  }
}
