//! What the store knows, read while the pull has begun already: the store's thread reads ahead of the stream.

use futures::{FutureExt, StreamExt, stream, stream::BoxStream};
use roster_core::{ErrorKind, Result};

use super::host;
use crate::{Pair, Session, known::Known};

/// How many pairs are read from the store at a time.
const PAIRS: usize = 16 * 1024;

/// The pairs that are still to come, in the order of uids.
pub(super) struct Loading<'s> {
    pages: BoxStream<'s, Result<Vec<Pair>>>,
}

impl<'s> Loading<'s> {
    /// Nothing is read before the first is asked for.
    pub(super) fn of(session: &'s mut dyn Session) -> Self {
        let pages = stream::try_unfold((session, 0), |(session, after)| async move {
            let pairs = session.pairs(after, PAIRS).await?;
            let Some(last) = pairs.last() else { return Ok(None) };
            if last.uid <= after {
                let message = "its pairs are not in the order of uids";
                return Err(host(ErrorKind::Provider, "reading the store", message));
            }
            let after = last.uid;
            Ok(Some((pairs, (session, after))))
        });
        Self { pages: pages.boxed() }
    }

    /// Waits for the next page.
    #[cold]
    pub(super) async fn more(&mut self, known: &mut Known) -> Result<()> {
        if !known.is_complete() {
            let page = self.pages.next().await;
            enter(page, known)?;
        }
        Ok(())
    }

    /// Waits for all.
    #[inline]
    pub(super) async fn all(&mut self, known: &mut Known) -> Result<()> {
        while !known.is_complete() {
            self.more(known).await?;
        }
        Ok(())
    }

    /// Takes what is there, without waiting, and has the next page read if any was read before.
    pub(super) fn look(&mut self, known: &mut Known) -> Result<()> {
        while !known.is_complete()
            && known.len() > 0
            && let Some(page) = self.pages.next().now_or_never()
        {
            enter(page, known)?;
        }
        Ok(())
    }
}

fn enter(page: Option<Result<Vec<Pair>>>, known: &mut Known) -> Result<()> {
    match page {
        Some(pairs) => known.extend(pairs?),
        None => known.complete(),
    }
    Ok(())
}
