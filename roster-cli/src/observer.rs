//! Counts what no event tells: requests, and the rows of files.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use roster::{Notice, Observer, RowCounts};

/// Counts requests and keeps the counts of files.
#[derive(Debug, Default)]
pub(crate) struct Counting {
    requests: AtomicU64,
    files: Mutex<BTreeMap<String, RowCounts>>,
}

impl Counting {
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    pub(crate) fn files(&self) -> BTreeMap<String, RowCounts> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Observer for Counting {
    fn notice(&self, notice: &Notice<'_>) {
        match notice {
            Notice::Request { operation } => {
                tracing::debug!(operation, "request");
                self.requests.fetch_add(1, Ordering::Relaxed);
            }
            Notice::Retry { operation, attempt, wait } => {
                tracing::info!(operation, attempt, ?wait, "a request failed and is sent again");
            }
            Notice::Throttled { wait } => tracing::debug!(?wait, "waiting for our turn"),
            Notice::File { file, rows } => {
                tracing::debug!(file, rows = rows.rows, "a file was read");
                let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
                files.insert((*file).to_owned(), *rows);
            }
            _ => {}
        }
    }
}
