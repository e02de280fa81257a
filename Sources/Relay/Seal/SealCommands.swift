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
  let anyLeft = Command("SELECT 1 FROM relay_image WHERE state = 1 LIMIT 1")
  let confirmedOfLeft = Command(
    """
    SELECT counter FROM relay_pending AS p WHERE tbl = ?1 AND key = ?2 AND done = 1 AND verdict = 1 AND counter <= ?3
      AND EXISTS (SELECT 1 FROM relay_image AS i WHERE i.tbl = p.tbl AND i.key = p.key AND i.state = 1)
    ORDER BY counter DESC
    """)
  let imageBase = Command("SELECT base FROM relay_image WHERE tbl = ? AND key = ?")
  let append = Command(
    "INSERT INTO relay_transaction (counter, hash, time, floor, schema, batch, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)")
  let appendRow = Command(
    "INSERT INTO relay_pending (tbl, key, counter, kind, verdict, done) VALUES (?, ?, ?, ?, 0, 0)")
}
