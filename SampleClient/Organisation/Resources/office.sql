-- The committee's own file: it never syncs, and the sync schema does not name it.

CREATE TABLE IF NOT EXISTS office_headcount (
  as_of TEXT NOT NULL PRIMARY KEY,
  members INTEGER,
  files_held INTEGER,
  received INTEGER,
  left INTEGER,
  note TEXT
);

CREATE TABLE IF NOT EXISTS office_restricted_case (
  id TEXT NOT NULL PRIMARY KEY,
  member_id TEXT NOT NULL,
  opened_on TEXT,
  referred_by TEXT,
  outcome TEXT,
  text TEXT
);

-- What was given away and who looked at a case, in the order in which it happened. Each hash covers the one before.
CREATE TABLE IF NOT EXISTS office_trail (
  number INTEGER NOT NULL PRIMARY KEY,
  at TEXT NOT NULL,
  officer_id TEXT NOT NULL,
  device TEXT NOT NULL,
  what TEXT NOT NULL,
  detail TEXT NOT NULL,
  hash TEXT NOT NULL
);
