/// Relay's own tables. They live in the app's file, so that data and bookkeeping commit together; all are prefixed
/// `relay_`.
enum Bookkeeping {
  static let version: Int64 = 5

  static let ddl = """
    \(CaptureLog.ddl)
    CREATE TABLE IF NOT EXISTS relay_state (
      id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL,
      replica INTEGER NOT NULL, dot INTEGER NOT NULL, hash BLOB NOT NULL, time INTEGER NOT NULL,
      organisation BLOB NOT NULL, epoch BLOB NOT NULL, base INTEGER NOT NULL, log_hash BLOB NOT NULL,
      role TEXT NOT NULL, device TEXT NOT NULL, author TEXT NOT NULL, hub TEXT NOT NULL, token TEXT NOT NULL,
      schema_hash BLOB NOT NULL, schema_version INTEGER NOT NULL, head INTEGER NOT NULL,
      accepted INTEGER NOT NULL, installs INTEGER NOT NULL, mismatch TEXT, rebuilt INTEGER NOT NULL DEFAULT 0);
    -- Capture looks here before it logs: 1 while Relay itself writes, 2 where what triggers do then is logged.
    -- schema: how far SQLite's schema had grown when the triggers were last looked at.
    CREATE TABLE IF NOT EXISTS relay_guard (applying INTEGER NOT NULL, schema INTEGER NOT NULL);
    INSERT INTO relay_guard SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM relay_guard);
    -- The sync schema file that this file was opened with last; the version that the confirmed rows were pulled at, and
    -- the newest that the hub said it knows (0 while there is none).
    CREATE TABLE IF NOT EXISTS relay_schema (
      id INTEGER PRIMARY KEY CHECK (id = 1), file BLOB NOT NULL, installed INTEGER NOT NULL, hub INTEGER NOT NULL);
    -- What the hub granted when the base was installed.
    CREATE TABLE IF NOT EXISTS relay_scope (
      name TEXT PRIMARY KEY, readable INTEGER NOT NULL, writable INTEGER NOT NULL, digest BLOB NOT NULL,
      count INTEGER NOT NULL) WITHOUT ROWID;
    \(ReplicaStore.ddl)
    \(OutboxStore.ddl)
    \(RefusalStore.ddl)
    \(AcceptedStore.ddl)
    -- Confirmed images of rows with pending work, and of rows that left or that a constraint keeps out.
    CREATE TABLE IF NOT EXISTS relay_image (
      tbl INTEGER NOT NULL, key BLOB NOT NULL, base INTEGER NOT NULL, state INTEGER NOT NULL, image BLOB, stamps BLOB,
      seq INTEGER, PRIMARY KEY (tbl, key)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS relay_image_left ON relay_image (state) WHERE state = 1;
    -- Rows whose delete was pulled, and the base then: a re-insert has seen it.
    CREATE TABLE IF NOT EXISTS relay_dead (
      tbl INTEGER NOT NULL, key BLOB NOT NULL, base INTEGER NOT NULL, PRIMARY KEY (tbl, key)) WITHOUT ROWID;
    -- Rows that came into sight with a history, and the install that brought them: a form that was opened before has not
    -- seen them.
    CREATE TABLE IF NOT EXISTS relay_entered (
      tbl INTEGER NOT NULL, key BLOB NOT NULL, install INTEGER NOT NULL, PRIMARY KEY (tbl, key)) WITHOUT ROWID;
    -- Rows that a foreign tool made too large to travel: the hub has never heard of them.
    CREATE TABLE IF NOT EXISTS relay_alone (
      tbl INTEGER NOT NULL, key BLOB NOT NULL, PRIMARY KEY (tbl, key)) WITHOUT ROWID;
    -- Confirmed rows that this file's own constraints refuse.
    CREATE TABLE IF NOT EXISTS relay_held (
      tbl INTEGER NOT NULL, key BLOB NOT NULL, image BLOB NOT NULL, stamps BLOB NOT NULL, reason TEXT NOT NULL,
      seq INTEGER, PRIMARY KEY (tbl, key)) WITHOUT ROWID;
    -- For people: conflicts, notices, refusals, held rows. An app may SELECT and join it, and UPDATE choice.
    -- status: open (waits for a person), answered (settled here, not confirmed yet), told (nothing to do).
    -- base: what this device held as confirmed before a conflict came. answer: dot of the transaction that settles.
    CREATE TABLE IF NOT EXISTS relay_inbox (
      id TEXT PRIMARY KEY, kind TEXT NOT NULL, status TEXT NOT NULL, table_name TEXT NOT NULL, row_key TEXT NOT NULL,
      column_name TEXT, policy TEXT, rule TEXT, message TEXT, shown TEXT, others TEXT, base, choice,
      opened INTEGER NOT NULL, opened_at TEXT, depends_on TEXT, operations INTEGER NOT NULL, answer INTEGER,
      tbl INTEGER NOT NULL, key BLOB NOT NULL, cell BLOB, detail BLOB);
    CREATE INDEX IF NOT EXISTS relay_inbox_row ON relay_inbox (tbl, key);
    CREATE INDEX IF NOT EXISTS relay_inbox_choice ON relay_inbox (choice) WHERE choice IS NOT NULL;
    -- The values that a conflict or a notice is about. value: of a group of columns a JSON array, of existence 'there'
    -- or 'deleted'.
    CREATE TABLE IF NOT EXISTS relay_sibling (
      inbox_id TEXT NOT NULL, position INTEGER NOT NULL, is_shown INTEGER NOT NULL, value, author TEXT NOT NULL,
      device TEXT NOT NULL, time TEXT, replica TEXT NOT NULL, counter INTEGER NOT NULL, seq INTEGER NOT NULL,
      detail BLOB NOT NULL, PRIMARY KEY (inbox_id, position)) WITHOUT ROWID;
    -- What a refused transaction had done, a row a value.
    CREATE TABLE IF NOT EXISTS relay_refused (
      inbox_id TEXT NOT NULL, position INTEGER NOT NULL, table_name TEXT NOT NULL, row_key TEXT NOT NULL,
      operation TEXT NOT NULL, column_name TEXT, value, PRIMARY KEY (inbox_id, position)) WITHOUT ROWID;
    CREATE TRIGGER IF NOT EXISTS relay_inbox_choice_only BEFORE UPDATE OF choice ON relay_inbox
    WHEN NEW.choice IS NOT NULL AND OLD.kind <> 'conflict' BEGIN
      SELECT RAISE(ABORT, 'only a conflict is settled by a choice; dismiss a notice, resubmit or discard a refusal');
    END;
    -- Pages of a pull as they arrived, until the last one is in.
    CREATE TABLE IF NOT EXISTS relay_page (number INTEGER PRIMARY KEY, body BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS relay_pull (
      id INTEGER PRIMARY KEY CHECK (id = 1), base INTEGER NOT NULL, floor INTEGER NOT NULL, asked BLOB NOT NULL,
      token BLOB NOT NULL);
    \(SyncRecord.ddl)
    """
}
