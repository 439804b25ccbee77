//! Who writes a roster.

use super::{
    scribe::{ROSTER, Scribe, school},
    verdict::{Verdict, holds, there},
};
use crate::Store;

pub(super) async fn lock_is_exclusive(store: &dyn Store) -> Verdict {
    let first = there("a session of a new roster", store.open(ROSTER).await?)?;
    holds("a second session is refused", store.open(ROSTER).await?.is_none())?;
    holds("a third session is refused", store.open(ROSTER).await?.is_none())?;
    let other = store.open("south").await?;
    holds("another roster is free", other.is_some())?;
    drop(first);
    Ok(())
}

pub(super) async fn drop_gives_the_lock_free(store: &dyn Store) -> Verdict {
    for name in ["a", "b", "c"] {
        let mut scribe = Scribe::new(store);
        let (mut session, _) = scribe.begin().await?;
        scribe.create(&school(name, "North"));
        scribe.write(&mut session).await?;
        drop(session);
        holds("the roster is free", store.open(ROSTER).await?.is_some())?;
    }
    Ok(())
}
