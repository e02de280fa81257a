internal import RelaySQLite

/// Statements on `relay_log` that every commit runs.
final class LogCommands {
  let counts = Command("SELECT tbl, count(*) FROM relay_log GROUP BY tbl ORDER BY tbl")
  let clear = Command("DELETE FROM relay_log")
}
