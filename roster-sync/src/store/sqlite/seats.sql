-- Version 2: the census counts the students who need a seat.

INSERT INTO census (roster, kind, name, count)
  SELECT c.row >> 40, 4, 'seats:', count(*)
  FROM current c
  JOIN version v ON v.row = (c.row >> 40 << 40) | c.seq
  WHERE c.what = 4 AND v.blanked = 0
    AND EXISTS (SELECT 1 FROM json_each(v.body, '$.affiliations') a WHERE a.value ->> '$.role' = 'student')
    AND v.body ->> '$.account' NOT IN ('suspended', 'archived')
  GROUP BY c.row >> 40;
