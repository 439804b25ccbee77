//! Whose database it is, of which version, and how it becomes one of today's.

use roster_core::{Error, ErrorKind};
use rusqlite::{Connection, TransactionBehavior};

use super::fault::{Fault, Worked};

/// `ROST`: what `file` and other programs know our databases by.
const APPLICATION: i64 = 0x524F_5354;

/// How to come from each version to the next; the first makes a new database. Only ever grows at its end.
const STEPS: &[&str] = &[include_str!("schema.sql"), include_str!("seats.sql"), include_str!("created.sql")];

/// What a database file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Schema {
    /// Nothing is in it.
    Empty,
    /// It is a store of ours, of a version that we know.
    Ours(usize),
}

/// Looks at a database without changing it, and refuses one that is not ours or is newer than we are.
pub(super) fn look(connection: &Connection) -> Worked<Schema> {
    look_for(connection, STEPS)
}

/// Brings the database to today's version.
pub(super) fn migrate(connection: &mut Connection) -> Worked<()> {
    migrate_by(connection, STEPS)
}

fn look_for(connection: &Connection, steps: &[&str]) -> Worked<Schema> {
    let application: i64 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if application == APPLICATION {
        return match usize::try_from(version) {
            Ok(version) if version <= steps.len() => Ok(Schema::Ours(version)),
            _ => Err(refused(format!(
                "the store has version {version}, and this library knows versions up to {}; \
                 use the newer library that wrote it",
                steps.len()
            ))),
        };
    }
    let objects: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application == 0 && version == 0 && objects == 0 {
        return Ok(Schema::Empty);
    }
    Err(refused("the file is a database of another application; name another file".to_owned()))
}

fn migrate_by(connection: &mut Connection, steps: &[&str]) -> Worked<()> {
    if look_for(connection, steps)? == Schema::Ours(steps.len()) {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have done it in the meantime.
    let done = match look_for(&transaction, steps)? {
        Schema::Empty => 0,
        Schema::Ours(version) => version,
    };
    for step in steps.iter().skip(done) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", i64::try_from(steps.len()).unwrap_or(i64::MAX))?;
    Ok(transaction.commit()?)
}

fn refused(message: String) -> Fault {
    Fault::Told(Error::new(ErrorKind::Config, "host", "opening the store", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_changes_the_schema_and_keeps_the_data() {
        let old = ["CREATE TABLE a(x); INSERT INTO a VALUES (7);"];
        let new = [old[0], "ALTER TABLE a ADD COLUMN y DEFAULT 8;", "UPDATE a SET y = y + x;"];
        let mut connection = Connection::open_in_memory().unwrap();
        assert_eq!(look_for(&connection, &old).unwrap(), Schema::Empty);
        migrate_by(&mut connection, &old).unwrap();
        migrate_by(&mut connection, &new).unwrap();
        migrate_by(&mut connection, &new).unwrap();
        assert_eq!(look_for(&connection, &new).unwrap(), Schema::Ours(3));
        let sum: i64 = connection.query_row("SELECT y FROM a", [], |row| row.get(0)).unwrap();
        assert_eq!(sum, 15);
        assert!(look_for(&connection, &old).is_err());
    }

    #[test]
    fn a_step_that_fails_leaves_the_version_before() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate_by(&mut connection, &["CREATE TABLE a(x);"]).unwrap();
        let broken = ["CREATE TABLE a(x);", "CREATE TABLE b(x); CREATE TABLE a(x);"];
        assert!(migrate_by(&mut connection, &broken).is_err());
        assert_eq!(look_for(&connection, &broken).unwrap(), Schema::Ours(1));
        assert!(connection.prepare("SELECT * FROM b").is_err());
    }
}
