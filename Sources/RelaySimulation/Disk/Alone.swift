internal import CSQLite

/// Tells SQLite that this program is one thread, and that nobody asks how much memory it takes: it then leaves out its locks and its
/// counters (https://sqlite.org/c3ref/c_config_covering_index_scan.html). To be called before anything else uses SQLite; an
/// app's tests, which have threads, do without.
package func runAlone() {
  _ = relay_sqlite3_config_number(SQLITE_CONFIG_SINGLETHREAD, 0)
  _ = relay_sqlite3_config_number(SQLITE_CONFIG_MEMSTATUS, 0)
}
