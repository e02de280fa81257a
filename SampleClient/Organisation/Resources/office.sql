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
