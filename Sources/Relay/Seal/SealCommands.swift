internal import RelaySQLite

/// The statements that every commit runs.
final class SealCommands {
  let cookie = Command("PRAGMA schema_version")
  let choices = Command("SELECT id, choice FROM relay_inbox WHERE choice IS NOT NULL ORDER BY opened, id")
  let logged = Command("SELECT tbl, count(*) FROM relay_log GROUP BY tbl ORDER BY tbl")
  let clearLog = Command("DELETE FROM relay_log")
  let state = Command(
    """
    SELECT replica, dot, hash, time, organisation, epoch, base, log_hash, role, device, author, head, accepted,
      installs
    FROM relay_state
    """)
  let isAlone = Command("SELECT 1 FROM relay_alone WHERE tbl = ? AND key = ?")
  let anyLeft = Command("SELECT 1 FROM relay_image WHERE state = 1 LIMIT 1")
  let imageBase = Command("SELECT base FROM relay_image WHERE tbl = ? AND key = ?")
}
