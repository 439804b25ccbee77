//! Rows appended to a table, many with one statement.

use rusqlite::{Connection, Statement, ToSql};

use super::fault::Worked;

/// How many rows are inserted by one statement. To begin a statement costs more than to insert one row more: it looks from
/// the root of the tree for the place, which is the end of the table each time.
pub(super) const ROWS: usize = 32;

/// The statements that insert into one table.
pub(super) struct Inserts<'c> {
    one: Statement<'c>,
    many: Statement<'c>,
}

/// Binds the parameters of a statement, one after the other.
pub(super) struct Binding<'s, 'c> {
    statement: &'s mut Statement<'c>,
    next: usize,
}

impl Binding<'_, '_> {
    pub(super) fn bind(&mut self, value: impl ToSql) -> Worked<()> {
        self.next += 1;
        Ok(self.statement.raw_bind_parameter(self.next, value)?)
    }
}

impl<'c> Inserts<'c> {
    /// `insert` ends where the rows begin; `row` is one of them, with a `?` for each value that is bound.
    pub(super) fn prepare(connection: &'c Connection, insert: &str, row: &str) -> Worked<Self> {
        Ok(Self {
            one: connection.prepare(&format!("{insert}{row}"))?,
            many: connection.prepare(&format!("{insert}{}", [row; ROWS].join(", ")))?,
        })
    }

    /// Inserts a row for each item, with what `bind` binds for it.
    pub(super) fn insert<T>(
        &mut self,
        items: &[T],
        bind: impl Fn(&mut Binding<'_, 'c>, &T) -> Worked<()>,
    ) -> Worked<()> {
        let (groups, rest) = items.as_chunks::<ROWS>();
        let one = |group: &[T], statement: &mut Statement<'c>| {
            let mut binding = Binding { statement, next: 0 };
            group.iter().try_for_each(|item| bind(&mut binding, item))?;
            statement.raw_execute()?;
            Ok(())
        };
        groups.iter().try_for_each(|group| one(group, &mut self.many))?;
        rest.chunks(1).try_for_each(|item| one(item, &mut self.one))
    }
}
