//! Rows added to a table, many with one statement.

use rusqlite::{Connection, Statement, ToSql};

use super::fault::{Worked, strange};

/// How many rows are inserted by one statement. To begin a statement costs more than to insert one row more.
pub(super) const ROWS: usize = 32;

/// The statements that insert into one table. What they insert has the same columns, and ids beside them.
pub(super) struct Inserts<'c> {
    connection: &'c Connection,
    /// Table, columns, and a `?` for each value that is bound.
    sql: [&'static str; 3],
    one: Option<Statement<'c>>,
    many: Option<Statement<'c>>,
    next: Option<Statement<'c>>,
}

/// The greatest id of a table, before and while rows are added to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct End(i64);

/// Binds the parameters of a statement, one after the other.
pub(super) struct Binding<'s, 'c> {
    statement: &'s mut Statement<'c>,
    next: usize,
}

impl End {
    /// Of a table as it is. Nobody else may write to it from here on.
    pub(super) fn of(connection: &Connection, table: &str) -> Worked<Self> {
        let sql = format!("SELECT coalesce(max(row), 0) FROM {table}");
        Ok(Self(connection.query_row(&sql, [], |row| row.get(0))?))
    }
}

impl Binding<'_, '_> {
    pub(super) fn bind(&mut self, value: impl ToSql) -> Worked<()> {
        self.next += 1;
        Ok(self.statement.raw_bind_parameter(self.next, value)?)
    }
}

impl<'c> Inserts<'c> {
    /// Into these columns of a table; `row`, its id, is not among them. `values` has a `?` for each value that is bound.
    pub(super) fn new(
        connection: &'c Connection,
        table: &'static str,
        columns: &'static str,
        values: &'static str,
    ) -> Self {
        Self { connection, sql: [table, columns, values], one: None, many: None, next: None }
    }

    /// Inserts a row for each item, under the id that `id` gives, with what `bind` binds for it.
    pub(super) fn insert<T>(
        &mut self,
        items: &[T],
        end: &mut End,
        id: impl Fn(&T) -> i64,
        bind: impl Fn(&mut Binding<'_, 'c>, &T) -> Worked<()>,
    ) -> Worked<()> {
        let (groups, rest) = items.as_chunks::<ROWS>();
        for group in groups {
            // SQLite gives a row without an id the one after the table's last, and then looks for no place in the tree: it is
            // there. That look, from the root, is half the cost of a row.
            if group.iter().zip(end.0 + 1..).all(|(item, next)| id(item) == next) {
                end.0 = group.last().map_or(end.0, &id);
                self.insert_next(group, *end, &bind)?;
                continue;
            }
            let many = prepared(&mut self.many, self.connection, || with_ids(self.sql, ROWS))?;
            insert_group(many, group, end, &id, &bind)?;
        }
        for item in rest.chunks(1) {
            let one = prepared(&mut self.one, self.connection, || with_ids(self.sql, 1))?;
            insert_group(one, item, end, &id, &bind)?;
        }
        Ok(())
    }

    /// Inserts rows that follow the table's last, up to `end`.
    fn insert_next<T>(
        &mut self,
        group: &[T],
        end: End,
        bind: impl Fn(&mut Binding<'_, 'c>, &T) -> Worked<()>,
    ) -> Worked<()> {
        let next = prepared(&mut self.next, self.connection, || {
            let [table, columns, values] = self.sql;
            format!("INSERT INTO {table} ({columns}) VALUES {}", repeated(&format!("({values})"), ROWS))
        })?;
        let mut binding = Binding { statement: next, next: 0 };
        group.iter().try_for_each(|item| bind(&mut binding, item))?;
        next.raw_execute()?;
        if self.connection.last_insert_rowid() == end.0 { Ok(()) } else { Err(strange("a row")) }
    }
}

fn with_ids([table, columns, values]: [&str; 3], rows: usize) -> String {
    format!("INSERT INTO {table} ({columns}, row) VALUES {}", repeated(&format!("({values}, ?)"), rows))
}

fn repeated(row: &str, rows: usize) -> String {
    vec![row; rows].join(", ")
}

/// The statement, prepared when it is needed for the first time.
fn prepared<'s, 'c>(
    slot: &'s mut Option<Statement<'c>>,
    connection: &'c Connection,
    sql: impl FnOnce() -> String,
) -> Worked<&'s mut Statement<'c>> {
    Ok(match slot {
        Some(statement) => statement,
        None => slot.insert(connection.prepare(&sql())?),
    })
}

fn insert_group<'c, T>(
    statement: &mut Statement<'c>,
    group: &[T],
    end: &mut End,
    id: impl Fn(&T) -> i64,
    bind: impl Fn(&mut Binding<'_, 'c>, &T) -> Worked<()>,
) -> Worked<()> {
    let mut binding = Binding { statement, next: 0 };
    for item in group {
        bind(&mut binding, item)?;
        let id = id(item);
        binding.bind(id)?;
        end.0 = end.0.max(id);
    }
    statement.raw_execute()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ids that follow the table's last, ids after a gap, and ids of a roster that stands before another one.
    #[test]
    fn every_row_gets_its_own_id_whether_it_follows_or_not() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t(row INTEGER PRIMARY KEY, a, b)").unwrap();
        let mut inserts = Inserts::new(&connection, "t", "b, a", "?, 7");
        let mut expected = Vec::new();
        for ids in [1..=100, 201..=300, 10_001..=10_040, 301..=400, 10_041..=10_080_i64] {
            let mut end = End::of(&connection, "t").unwrap();
            let ids: Vec<_> = ids.collect();
            inserts.insert(&ids, &mut end, |id| *id, |row, id| row.bind(-id)).unwrap();
            expected.extend(ids);
            expected.sort_unstable();
            assert_eq!(Some(end.0), expected.last().copied());
        }
        let mut statement = connection.prepare("SELECT row, a, b FROM t ORDER BY row").unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        let rows: Vec<(i64, i64, i64)> = rows.collect::<Result<_, _>>().unwrap();
        assert_eq!(rows, expected.iter().map(|id| (*id, 7, -id)).collect::<Vec<_>>());
    }

    #[test]
    fn an_id_that_is_there_is_an_error() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t(row INTEGER PRIMARY KEY, a)").unwrap();
        let mut inserts = Inserts::new(&connection, "t", "a", "?");
        for (ids, fits) in [(1..=64, true), (33..=64, false), (64..=64, false), (65..=65_i64, true)] {
            let ids: Vec<_> = ids.collect();
            let mut end = End::of(&connection, "t").unwrap();
            assert_eq!(inserts.insert(&ids, &mut end, |id| *id, |row, id| row.bind(*id)).is_ok(), fits);
        }
    }
}
