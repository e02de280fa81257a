internal import RelaySQLite

/// The statements that every commit runs.
final class SealCommands {
  let cookie = Command("PRAGMA schema_version")
  let choices = Command("SELECT id, choice FROM relay_inbox WHERE choice IS NOT NULL ORDER BY opened, id")
  let logged = Command("SELECT tbl, count(*) FROM relay_log GROUP BY tbl ORDER BY tbl")
  let clearLog = Command("DELETE FROM relay_log")
  let state = Command(
    """
    SELECT replica, counter, hash, time, organisation, epoch, base, log_hash, role, device, author, head, accepted,
      installs
    FROM relay_state
    """)
  let newest = Command(
    "SELECT counter, hash, time FROM relay_transaction WHERE counter > ? ORDER BY counter DESC LIMIT 1")
  let pendingEnds = Command(
    """
    SELECT (SELECT counter FROM relay_transaction WHERE installed = 0 ORDER BY counter LIMIT 1),
      (SELECT counter FROM relay_transaction WHERE installed = 0 ORDER BY counter DESC LIMIT 1)
    """)
  let isAlone = Command("SELECT 1 FROM relay_alone WHERE tbl = ? AND key = ?")
  let imageBase = Command("SELECT base FROM relay_image WHERE tbl = ? AND key = ?")
  let append = Command(
    "INSERT INTO relay_transaction (counter, hash, time, floor, schema, batch, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)")
  let appendRow = Command(
    "INSERT INTO relay_pending (tbl, key, counter, kind, verdict, done) VALUES (?, ?, ?, ?, 0, 0)")
}
