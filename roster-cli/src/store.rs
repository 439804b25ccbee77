//! From `--store` to a store.

use std::path::{Path, PathBuf};

use roster::sync::{MemoryStore, RosterInfo, SqliteStore, Store};

use crate::{args::StoreFlag, outcome::Failure};

const DEFAULT: &str = "sqlite:roster.db";

/// Opens a store to write; it is made if it is not there.
pub(crate) async fn to_sync(flag: &StoreFlag) -> Result<Box<dyn Store>, Failure> {
    Ok(Box::new(SqliteStore::open(path(flag)?).await?))
}

/// Opens a store for a dry run: one that is not there stays so, and counts as empty.
pub(crate) async fn to_plan(flag: &StoreFlag) -> Result<Box<dyn Store>, Failure> {
    let path = path(flag)?;
    // A file without content is not yet a store either, and is not to become one.
    let is_there = std::fs::metadata(&path).is_ok_and(|file| !file.is_file() || file.len() > 0);
    if is_there { Ok(Box::new(SqliteStore::open(path).await?)) } else { Ok(Box::new(MemoryStore::new())) }
}

/// Opens a store to read; it must be there.
pub(crate) async fn to_read(flag: &StoreFlag) -> Result<Box<dyn Store>, Failure> {
    Ok(Box::new(SqliteStore::open_existing(path(flag)?).await?))
}

/// What the store knows of a roster, if it has it.
pub(crate) async fn find_roster(store: &dyn Store, name: &str) -> Result<Option<RosterInfo>, Failure> {
    Ok(store.rosters().await?.into_iter().find(|roster| roster.name == name))
}

/// Refuses a roster that the store does not have.
pub(crate) async fn require_roster(store: &dyn Store, flag: &StoreFlag, name: &str) -> Result<(), Failure> {
    let rosters = store.rosters().await?;
    if rosters.iter().any(|roster| roster.name == name) {
        return Ok(());
    }
    let url = flag.url.as_deref().unwrap_or(DEFAULT);
    let names: Vec<_> = rosters.iter().map(|roster| roster.name.as_str()).collect();
    let there = if names.is_empty() { "none yet".to_owned() } else { names.join(", ") };
    let message = format!("{url} has no roster `{name}`; there are: {there}");
    Err(Failure::usage("looking for the roster", message))
}

fn path(flag: &StoreFlag) -> Result<PathBuf, Failure> {
    let refuse = |message: String| Err(Failure::usage("reading the command line", message));
    let url = flag.url.as_deref().unwrap_or(DEFAULT);
    let Some(rest) = url.strip_prefix("sqlite:") else {
        // No more of it is quoted: the address of a server may hold a password.
        let scheme = url.split_once(':').map(|(scheme, _)| format!(", not {scheme}:")).unwrap_or_default();
        return refuse(format!("--store wants sqlite:FILE{scheme}; other stores are not in this version"));
    };
    match rest.strip_prefix("//").unwrap_or(rest) {
        "" => refuse("--store sqlite: wants the name of a file, such as sqlite:roster.db".to_owned()),
        ":memory:" => refuse("--store wants a file: what is in memory is gone with the command".to_owned()),
        path => Ok(Path::new(path).to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<PathBuf, String> {
        path(&StoreFlag { url: Some(url.to_owned()) }).map_err(|failure| failure.in_words())
    }

    #[test]
    fn files_are_the_only_stores() {
        assert_eq!(path(&StoreFlag { url: None }).unwrap(), Path::new("roster.db"));
        assert_eq!(read("sqlite:a/b.db").unwrap(), Path::new("a/b.db"));
        assert_eq!(read("sqlite:///tmp/b.db").unwrap(), Path::new("/tmp/b.db"));
        for wrong in ["sqlite:", "sqlite::memory:", "roster.db"] {
            assert!(read(wrong).unwrap_err().starts_with("--store"), "{wrong}");
        }
        let told = read("postgres://user:c4n4ry@host/db").unwrap_err();
        assert!(told.contains("not postgres:") && !told.contains("c4n4ry"), "{told}");
    }

    #[test]
    fn a_plan_makes_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("roster.db");
        let flag = StoreFlag { url: Some(format!("sqlite:{}", file.display())) };
        crate::source::block_on(async {
            to_plan(&flag).await?;
            assert!(to_read(&flag).await.is_err());
            Ok(())
        })
        .unwrap();
        assert!(!file.exists());
    }
}
