-- The tables of the organisation that sync. Ids are lower-case UUID text made on the device unless a table says
-- otherwise; money in minor units (fen); months 'YYYY-MM'; days 'YYYY-MM-DD'; instants UTC text.
-- No foreign keys: a replica is partial, and a row may point at one that is out of its scope.

-- structure
CREATE TABLE org_unit (
  id TEXT NOT NULL PRIMARY KEY,
  parent_id TEXT,
  level TEXT NOT NULL CHECK (level IN ('committee', 'regional', 'branch')),
  kind TEXT CHECK (kind IN ('direct', 'enterprise', 'themed')),
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  area TEXT,
  theme TEXT,
  meeting_place TEXT,
  founded_on TEXT,
  closed_on TEXT
);

CREATE TABLE officer (
  id TEXT NOT NULL PRIMARY KEY,
  unit_id TEXT NOT NULL,
  member_id TEXT,
  display_name TEXT NOT NULL,
  role TEXT NOT NULL
    CHECK (role IN ('secretary', 'deputy', 'branch_committee', 'regional_lead', 'committee_member', 'staff',
      'adviser')),
  sex TEXT CHECK (sex IN ('m', 'f')),
  birth_ym TEXT,
  education TEXT
    CHECK (education IN ('upper_secondary', 'secondary_vocational', 'junior_college', 'bachelor', 'master')),
  work_phone TEXT,
  allowance_fen INTEGER NOT NULL DEFAULT 0,
  from_on TEXT NOT NULL,
  until_on TEXT
);

-- people
CREATE TABLE member (
  id TEXT NOT NULL PRIMARY KEY,
  member_no TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  full_name TEXT NOT NULL,
  sex TEXT CHECK (sex IN ('m', 'f')),
  birth_ym TEXT,
  education TEXT CHECK (education IN ('below', 'junior_college', 'bachelor', 'postgraduate')),
  joined_ym TEXT,
  grade TEXT NOT NULL DEFAULT 'full' CHECK (grade IN ('full', 'probationary')),
  status TEXT NOT NULL DEFAULT 'active'
    CHECK (status IN ('active', 'kept_abroad', 'suspended', 'resigned', 'removed', 'transferred_out', 'deceased')),
  reach TEXT NOT NULL DEFAULT 'unknown' CHECK (reach IN ('ok', 'at_risk', 'lost', 'unknown')),
  last_contact_on TEXT,
  paid_through TEXT,
  occupation TEXT,
  employer TEXT,
  area TEXT,
  interests TEXT NOT NULL DEFAULT '[]',
  file_held INTEGER NOT NULL DEFAULT 1 CHECK (file_held IN (0, 1)),
  came_on TEXT,
  came_from TEXT,
  merged_into TEXT,
  note TEXT
);

CREATE TABLE contact_point (
  id TEXT NOT NULL PRIMARY KEY,
  member_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('mobile', 'phone', 'chat', 'email', 'address', 'kin')),
  value TEXT NOT NULL,
  label TEXT,
  preferred INTEGER NOT NULL DEFAULT 0 CHECK (preferred IN (0, 1)),
  verified_on TEXT,
  dead_since TEXT,
  source TEXT NOT NULL CHECK (source IN ('self', 'officer', 'third_party', 'import'))
);

-- append-only: what a member declared, or somebody on the member's behalf, and when
CREATE TABLE declaration (
  id TEXT NOT NULL PRIMARY KEY,
  member_id TEXT NOT NULL,
  topic TEXT NOT NULL
    CHECK (topic IN ('residence', 'employment', 'contact', 'income_base', 'going_abroad', 'returned',
      'retired', 'data_request', 'other')),
  body TEXT NOT NULL,
  effective_on TEXT,
  until_on TEXT,
  by TEXT NOT NULL CHECK (by IN ('self', 'officer', 'third_party')),
  made_on TEXT NOT NULL,
  supersedes TEXT
);

-- workflow
CREATE TABLE request (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL
    CHECK (kind IN ('transfer_in', 'transfer_out', 'transfer_internal', 'keep_membership',
      'suspend_membership', 'restore_membership', 'resign', 'admit', 'budget_training', 'budget_activity',
      'assistance')),
  member_id TEXT,
  claim_text TEXT,
  same_as TEXT,
  from_unit_id TEXT,
  to_unit_id TEXT,
  outside_org TEXT,
  unit_id TEXT NOT NULL,
  title TEXT,
  need TEXT,
  reason TEXT,
  effective_on TEXT,
  until_on TEXT,
  amount_fen INTEGER,
  state TEXT NOT NULL DEFAULT 'draft'
    CHECK (state IN ('draft', 'open', 'released', 'accepted', 'approved', 'refused', 'withdrawn', 'expired',
      'done')),
  opened_on TEXT,
  decided_on TEXT
);

-- append-only
CREATE TABLE request_step (
  id TEXT NOT NULL PRIMARY KEY,
  request_id TEXT NOT NULL,
  step TEXT NOT NULL
    CHECK (step IN ('open', 'release', 'accept', 'approve', 'refuse', 'withdraw', 'comment', 'reopen',
      'complete')),
  actor_id TEXT NOT NULL,
  actor_unit_id TEXT NOT NULL,
  at TEXT NOT NULL,
  note TEXT,
  -- the hub's order, shown by Relay once it is known; not synced
  seq INTEGER
);

CREATE TABLE request_line (
  id TEXT NOT NULL PRIMARY KEY,
  request_id TEXT NOT NULL,
  item TEXT NOT NULL,
  quantity INTEGER NOT NULL DEFAULT 1,
  unit_fen INTEGER NOT NULL DEFAULT 0,
  note TEXT
);

-- dues
-- id: member_id || ':' || from_ym
CREATE TABLE dues_plan (
  id TEXT NOT NULL PRIMARY KEY,
  member_id TEXT NOT NULL,
  from_ym TEXT NOT NULL,
  base_fen INTEGER,
  monthly_fen INTEGER NOT NULL,
  basis TEXT NOT NULL CHECK (basis IN ('declared', 'default', 'assessed', 'waived')),
  decided_by TEXT
);

-- append-only; a mistake is a reversal row
CREATE TABLE dues_entry (
  id TEXT NOT NULL PRIMARY KEY,
  member_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('payment', 'waiver', 'reversal', 'adjustment')),
  amount_fen INTEGER NOT NULL,
  from_ym TEXT,
  to_ym TEXT,
  channel TEXT NOT NULL CHECK (channel IN ('cash', 'counter', 'transfer', 'online')),
  receipt_no TEXT,
  reverses TEXT,
  taken_by TEXT,
  taken_on TEXT NOT NULL,
  note TEXT,
  -- the hub's order, shown by Relay once it is known; not synced
  seq INTEGER
);

-- activities
-- hosts: JSON array of unit ids
CREATE TABLE activity (
  id TEXT NOT NULL PRIMARY KEY,
  unit_id TEXT NOT NULL,
  kind TEXT NOT NULL
    CHECK (kind IN ('meeting', 'lecture', 'course', 'film', 'visit', 'themed_day', 'organisation_life',
      'online_study', 'volunteer', 'other')),
  mode TEXT NOT NULL DEFAULT 'onsite' CHECK (mode IN ('onsite', 'online', 'mixed')),
  title TEXT NOT NULL,
  starts_at TEXT,
  ends_at TEXT,
  place TEXT,
  points INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'held', 'cancelled')),
  guest_count INTEGER NOT NULL DEFAULT 0,
  books_given INTEGER NOT NULL DEFAULT 0,
  hosts TEXT NOT NULL DEFAULT '[]',
  minutes TEXT,
  request_id TEXT
);

-- id: activity_id || ':' || member_id, so that two devices write the same row
CREATE TABLE attendance (
  id TEXT NOT NULL PRIMARY KEY,
  activity_id TEXT NOT NULL,
  member_id TEXT NOT NULL,
  mark TEXT NOT NULL CHECK (mark IN ('present', 'online', 'excused', 'absent')),
  marked_by TEXT,
  checked_in_at TEXT,
  remark TEXT,
  -- the hub's order, as above
  seq INTEGER
);

-- append-only; id of points for attendance: 'att:' || activity_id || ':' || member_id
CREATE TABLE points_entry (
  id TEXT NOT NULL PRIMARY KEY,
  member_id TEXT NOT NULL,
  year INTEGER NOT NULL,
  points INTEGER NOT NULL,
  why TEXT NOT NULL CHECK (why IN ('attendance', 'study', 'service', 'adjustment', 'reversal')),
  source_id TEXT,
  reverses TEXT,
  on_date TEXT NOT NULL
);

-- append-only
CREATE TABLE appraisal_entry (
  id TEXT NOT NULL PRIMARY KEY,
  round TEXT NOT NULL,
  member_id TEXT NOT NULL,
  stage TEXT NOT NULL CHECK (stage IN ('self', 'peer', 'branch_proposal', 'committee_result')),
  grade TEXT CHECK (grade IN ('excellent', 'good', 'fair', 'poor')),
  voter_id TEXT,
  text TEXT,
  on_date TEXT NOT NULL
);

-- field contact
CREATE TABLE sweep (
  id TEXT NOT NULL PRIMARY KEY,
  unit_id TEXT NOT NULL,
  title TEXT NOT NULL,
  from_on TEXT NOT NULL,
  to_on TEXT,
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
  fields_wanted TEXT NOT NULL DEFAULT '[]',
  target TEXT NOT NULL DEFAULT 'all'
);

-- append-only
CREATE TABLE contact_attempt (
  id TEXT NOT NULL PRIMARY KEY,
  member_id TEXT NOT NULL,
  sweep_id TEXT,
  purpose TEXT NOT NULL CHECK (purpose IN ('sweep', 'notice', 'dues', 'assistance', 'transfer', 'other')),
  channel TEXT NOT NULL
    CHECK (channel IN ('mobile', 'phone', 'chat', 'email', 'visit', 'through_person', 'counter')),
  contact_point_id TEXT,
  outcome TEXT NOT NULL
    CHECK (outcome IN ('reached', 'left_message', 'no_answer', 'wrong_number', 'moved', 'said_abroad', 'refused')),
  at TEXT NOT NULL,
  by_officer TEXT NOT NULL,
  note TEXT,
  -- the hub's order, as above
  seq INTEGER
);

-- notices, voice
CREATE TABLE notice (
  id TEXT NOT NULL PRIMARY KEY,
  unit_id TEXT NOT NULL,
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  audience TEXT NOT NULL DEFAULT 'branch',
  posted_at TEXT NOT NULL,
  expires_on TEXT,
  needs_receipt INTEGER NOT NULL DEFAULT 0 CHECK (needs_receipt IN (0, 1))
);

-- id: notice_id || ':' || member_id
CREATE TABLE notice_receipt (
  id TEXT NOT NULL PRIMARY KEY,
  notice_id TEXT NOT NULL,
  member_id TEXT NOT NULL,
  told_at TEXT NOT NULL,
  channel TEXT
);

CREATE TABLE feedback (
  id TEXT NOT NULL PRIMARY KEY,
  unit_id TEXT NOT NULL,
  member_id TEXT,
  kind TEXT NOT NULL CHECK (kind IN ('problem', 'suggestion', 'nomination', 'offer_help', 'seek_help')),
  text TEXT NOT NULL,
  level TEXT NOT NULL DEFAULT 'branch' CHECK (level IN ('branch', 'regional', 'committee')),
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'passed_up', 'answered', 'closed')),
  answer TEXT,
  on_date TEXT NOT NULL
);

-- reference, owned by the committee
CREATE TABLE policy (
  key TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL,
  since_on TEXT NOT NULL,
  note TEXT
);

-- Which unit's device wrote a row whose author matters: a step of a request, a receipt of the counter. The hub lets only
-- devices of the unit write the row, so that it is a proof; the office counts nothing without it.
-- id: that of the row
CREATE TABLE signature (
  id TEXT NOT NULL PRIMARY KEY,
  unit_id TEXT NOT NULL
);

-- What a device tells of itself at every sync: how fresh its unit's figures are, and what waits there.
-- id: the hub's name for the device
CREATE TABLE device_state (
  id TEXT NOT NULL PRIMARY KEY,
  unit_id TEXT NOT NULL,
  officer_id TEXT,
  told_at TEXT NOT NULL,
  synced_at TEXT,
  unsent INTEGER NOT NULL DEFAULT 0,
  held INTEGER NOT NULL DEFAULT 0,
  conflicts INTEGER NOT NULL DEFAULT 0,
  refused INTEGER NOT NULL DEFAULT 0,
  row_count INTEGER NOT NULL DEFAULT 0,
  app TEXT,
  schema_version INTEGER NOT NULL DEFAULT 0
);

-- what reports and screens ask for
CREATE INDEX member_unit ON member (unit_id, status);
CREATE INDEX member_number ON member (member_no);
CREATE INDEX request_unit ON request (unit_id, state);
CREATE INDEX request_member ON request (member_id);
CREATE INDEX activity_unit ON activity (unit_id, starts_at);
CREATE INDEX attendance_activity ON attendance (activity_id);
CREATE INDEX officer_unit ON officer (unit_id);

-- the rows that follow a parent
CREATE INDEX contact_point_member ON contact_point (member_id);
CREATE INDEX declaration_member ON declaration (member_id);
CREATE INDEX dues_plan_member ON dues_plan (member_id, from_ym);
CREATE INDEX dues_entry_member ON dues_entry (member_id, from_ym);
CREATE INDEX attendance_member ON attendance (member_id);
CREATE INDEX points_member ON points_entry (member_id, year);
CREATE INDEX appraisal_member ON appraisal_entry (member_id);
CREATE INDEX attempt_member ON contact_attempt (member_id, at);
CREATE INDEX receipt_member ON notice_receipt (member_id);
CREATE INDEX step_request ON request_step (request_id, at);
CREATE INDEX line_request ON request_line (request_id);
