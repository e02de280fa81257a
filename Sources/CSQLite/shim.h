#ifndef RELAY_CSQLITE_SHIM_H
#define RELAY_CSQLITE_SHIM_H
// For the declarations of sqlite3_preupdate_hook and what belongs to it; a library built without them still links, because
// every use is weak and asks first.
#ifndef SQLITE_ENABLE_PREUPDATE_HOOK
#define SQLITE_ENABLE_PREUPDATE_HOOK 1
#endif
#include <sqlite3.h>
#include <string.h>
#pragma weak sqlite3_preupdate_hook
#pragma weak sqlite3_preupdate_old
#pragma weak sqlite3_preupdate_new

// Swift cannot call C's variadic functions: one wrapper a kind of argument, and nothing else, stands here.
static inline int relay_sqlite3_db_config_flag(sqlite3 *db, int option, int on, int *result) {
  return sqlite3_db_config(db, option, on, result);
}

static inline int relay_sqlite3_config_number(int option, int number) { return sqlite3_config(option, number); }

// The destructor constants are casts of integers to function pointers, which Swift does not import.
static inline int relay_sqlite3_bind_text(sqlite3_stmt *statement, int index, const char *bytes, sqlite3_uint64 count) {
  return sqlite3_bind_text64(statement, index, bytes, count, SQLITE_TRANSIENT, SQLITE_UTF8);
}
static inline int relay_sqlite3_bind_blob(sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 count) {
  return sqlite3_bind_blob64(statement, index, bytes, count, SQLITE_TRANSIENT);
}

// Whether this SQLite tells of rows before they change.
static inline int relay_sqlite3_has_preupdate(void) { return &sqlite3_preupdate_hook != 0; }
typedef void (*relay_preupdate_callback)(
  void *context, sqlite3 *db, int operation, char const *schema, char const *table, sqlite3_int64 before,
  sqlite3_int64 after);
static inline void relay_sqlite3_preupdate_hook(sqlite3 *db, relay_preupdate_callback callback, void *context) {
  if (&sqlite3_preupdate_hook != 0) sqlite3_preupdate_hook(db, callback, context);
}
static inline int relay_sqlite3_preupdate_old(sqlite3 *db, int column, sqlite3_value **value) {
  return sqlite3_preupdate_old(db, column, value);
}
static inline int relay_sqlite3_preupdate_new(sqlite3 *db, int column, sqlite3_value **value) {
  return sqlite3_preupdate_new(db, column, value);
}

static inline int relay_compare_bytes(const void *a, const void *b, size_t count) { return memcmp(a, b, count); }
#endif
