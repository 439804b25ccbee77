-- A store of rosters, version 1. Programs other than ours read the views at the end; the tables may change.

CREATE TABLE roster(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);

-- One row for each run: written when it begins, completed when it ends.
CREATE TABLE run(
  id INTEGER PRIMARY KEY,
  roster INTEGER NOT NULL REFERENCES roster(id),
  status TEXT NOT NULL,
  started TEXT NOT NULL,
  finished TEXT,
  provider TEXT NOT NULL,
  tenant TEXT NOT NULL,
  origin TEXT,
  report TEXT,
  named TEXT,
  memory TEXT
);
CREATE INDEX run_roster ON run(roster);
CREATE INDEX run_open ON run(roster) WHERE status = 'running';
CREATE INDEX run_counted ON run(roster) WHERE memory IS NOT NULL;

-- The log, each body once. row = roster << 40 | seq.
CREATE TABLE version(
  row INTEGER PRIMARY KEY,
  run INTEGER NOT NULL,
  op INTEGER NOT NULL,       -- create update end restore rekey, from 0
  kind INTEGER NOT NULL,     -- org academic_session course class person enrollment relationship, from 0
  uid INTEGER NOT NULL,
  before INTEGER,            -- the seq of the record's version before
  from_id TEXT,              -- of a rekey, the id before
  changed INTEGER NOT NULL,  -- bits of the fields that changed
  blanked INTEGER NOT NULL,
  body TEXT NOT NULL
);
CREATE INDEX version_from ON version(from_id) WHERE from_id IS NOT NULL;

-- What is current of each record that has a uid. row = roster << 40 | uid. Narrow, since each run reads all of it; and what
-- a run needs is once more in one piece, since it is read by the thousand: see pairs.rs.
CREATE TABLE current(
  row INTEGER PRIMARY KEY,
  packed BLOB NOT NULL,      -- uid (8 bytes), key (16), what was last received (16), seq (8), what (1)
  seq INTEGER NOT NULL,
  what INTEGER NOT NULL,     -- state << 4 | kind; active ended quarantined suppressed, from 0
  link1 INTEGER NOT NULL,
  link2 INTEGER NOT NULL
);

-- What hangs on what is not there.
CREATE TABLE quarantine(
  roster INTEGER NOT NULL,
  key BLOB NOT NULL,
  kind INTEGER NOT NULL,
  digest BLOB NOT NULL,
  uid INTEGER,
  missing_kind INTEGER NOT NULL,
  missing_id TEXT NOT NULL,
  since_run INTEGER NOT NULL,
  body TEXT,
  UNIQUE(roster, key)
);
CREATE INDEX quarantine_uid ON quarantine(roster, uid) WHERE uid IS NOT NULL;

-- How many active records are in each group.
CREATE TABLE census(
  roster INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  name TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY(roster, kind, name)
) WITHOUT ROWID;

CREATE TABLE kind_word(code INTEGER PRIMARY KEY, word TEXT NOT NULL);
INSERT INTO kind_word VALUES (0, 'org'), (1, 'academic_session'), (2, 'course'), (3, 'class'), (4, 'person'),
  (5, 'enrollment'), (6, 'relationship');
CREATE TABLE op_word(code INTEGER PRIMARY KEY, word TEXT NOT NULL);
INSERT INTO op_word VALUES (0, 'create'), (1, 'update'), (2, 'end'), (3, 'restore'), (4, 'rekey');
CREATE TABLE state_word(code INTEGER PRIMARY KEY, word TEXT NOT NULL);
INSERT INTO state_word VALUES (0, 'active'), (1, 'ended'), (2, 'quarantined'), (3, 'suppressed');

-- What stands in the rosters. The record of one that ended is how it last looked.
CREATE VIEW records AS
  SELECT r.name AS roster, c.row & 0xFFFFFFFFFF AS uid, k.word AS kind,
    coalesce(q.body ->> '$.id', v.body ->> '$.id') AS id,
    CASE WHEN q.rowid IS NOT NULL AND s.code != 3 THEN 'quarantined' ELSE s.word END AS state,
    c.seq AS seq,
    coalesce(q.body, CASE WHEN v.op != 2 THEN CASE WHEN v.blanked = 0 THEN v.body END
                          WHEN b.blanked = 0 THEN b.body END) AS record
  FROM current c
  JOIN roster r ON r.id = c.row >> 40
  JOIN version v ON v.row = (c.row >> 40 << 40) | c.seq
  LEFT JOIN version b ON b.row = (c.row >> 40 << 40) | v.before
  LEFT JOIN quarantine q ON q.roster = c.row >> 40 AND q.uid = c.row & 0xFFFFFFFFFF
  JOIN kind_word k ON k.code = c.what & 15
  JOIN state_word s ON s.code = c.what >> 4
  UNION ALL
  SELECT r.name, NULL, k.word, q.body ->> '$.id', 'quarantined', NULL, q.body
  FROM quarantine q JOIN roster r ON r.id = q.roster JOIN kind_word k ON k.code = q.kind
  WHERE q.uid IS NULL;

-- What happened, in order. No record at an end, and none that was blanked since.
CREATE VIEW changes AS
  SELECT r.name AS roster, v.row & 0xFFFFFFFFFF AS seq, v.run AS run, o.word AS op, k.word AS kind, v.uid AS uid,
    v.body ->> '$.id' AS id, v.from_id AS from_id,
    CASE WHEN v.op != 2 AND v.blanked = 0 THEN v.body END AS record
  FROM version v
  JOIN roster r ON r.id = v.row >> 40
  JOIN op_word o ON o.code = v.op
  JOIN kind_word k ON k.code = v.kind;

-- What the runs said. One that is `running` may have died: its lock file tells.
CREATE VIEW runs AS
  SELECT n.id AS id, r.name AS roster, n.status AS status, n.started AS started, n.finished AS finished,
    n.provider AS provider, n.tenant AS tenant, n.origin AS origin, n.report AS report, n.named AS named
  FROM run n JOIN roster r ON r.id = n.roster;
