-- Version 3: what was created lies together by the thousand, and only what changed since has a row of its own. Each run reads
-- all of it, and a night changes a record here and there: in rows of their own, both cost many times as much.

-- Records as they came into being, with the digests of what was last received. row = roster << 40 | uid of the first.
CREATE TABLE created(
  row INTEGER PRIMARY KEY,
  many INTEGER NOT NULL,     -- so many, whose uids follow one another without a gap
  pairs BLOB NOT NULL        -- of each: key (16 bytes), what was last received (16), kind (1)
);

-- What they hang on, since few runs need it.
CREATE TABLE created_links(
  row INTEGER PRIMARY KEY,
  links BLOB NOT NULL        -- of each: the halves of two keys (8 bytes each)
);

-- What is current of each record that has another state or version than it was created with. row = roster << 40 | uid.
CREATE TABLE changed(
  row INTEGER PRIMARY KEY,
  packed BLOB NOT NULL,      -- uid (8 bytes), key (16), what was last received (16), seq (8), what (1)
  seq INTEGER NOT NULL,
  what INTEGER NOT NULL,     -- state << 4 | kind; active ended quarantined suppressed, from 0
  link1 INTEGER NOT NULL,
  link2 INTEGER NOT NULL
);

-- Where uids have a gap, their distance from the numbers of their rows changes.
INSERT INTO created (row, many, pairs)
  SELECT min(row), count(*), CAST(group_concat(substr(packed, 9, 32) || char(what & 15), '' ORDER BY row) AS BLOB)
  FROM (SELECT row, packed, what, row - row_number() OVER (ORDER BY row) AS distance FROM current)
  GROUP BY distance, row >> 10;

INSERT INTO created_links (row, links)
  SELECT min(row), CAST(group_concat(unhex(printf('%016x%016x', link1, link2)), '' ORDER BY row) AS BLOB)
  FROM (SELECT row, link1, link2, row - row_number() OVER (ORDER BY row) AS distance FROM current)
  GROUP BY distance, row >> 10;

INSERT INTO changed (row, packed, seq, what, link1, link2)
  SELECT row, packed, seq, what, link1, link2 FROM current
  WHERE seq != row & 0xFFFFFFFFFF OR what >> 4 != 0 ORDER BY row;

DROP VIEW records;
DROP TABLE current;

-- What stands in the rosters. The record of one that ended is how it last looked.
CREATE VIEW records AS
  SELECT r.name AS roster, c.row & 0xFFFFFFFFFF AS uid, k.word AS kind,
    coalesce(q.body ->> '$.id', v.body ->> '$.id') AS id,
    CASE WHEN q.rowid IS NOT NULL AND s.code != 3 THEN 'quarantined' ELSE s.word END AS state,
    v.row & 0xFFFFFFFFFF AS seq,
    coalesce(q.body, CASE WHEN v.op != 2 THEN CASE WHEN v.blanked = 0 THEN v.body END
                          WHEN b.blanked = 0 THEN b.body END) AS record
  FROM version c
  JOIN roster r ON r.id = c.row >> 40
  LEFT JOIN changed n ON n.row = c.row
  JOIN version v ON v.row = coalesce((c.row >> 40 << 40) | n.seq, c.row)
  LEFT JOIN version b ON b.row = (c.row >> 40 << 40) | v.before
  LEFT JOIN quarantine q ON q.roster = c.row >> 40 AND q.uid = c.row & 0xFFFFFFFFFF
  JOIN kind_word k ON k.code = c.kind
  JOIN state_word s ON s.code = coalesce(n.what >> 4, 0)
  WHERE c.op = 0
  UNION ALL
  SELECT r.name, NULL, k.word, q.body ->> '$.id', 'quarantined', NULL, q.body
  FROM quarantine q JOIN roster r ON r.id = q.roster JOIN kind_word k ON k.code = q.kind
  WHERE q.uid IS NULL;
