//! How a run pulls: everything, or what changed.

use jiff::Timestamp;
use roster_core::{Capabilities, PullMode, PullRequest, jiff};

use crate::Memory;

/// The request that a run begins with.
#[derive(Clone, Debug)]
pub(super) struct Start {
    pub(super) request: PullRequest,
    /// Why it is a full one though there is a cursor.
    pub(super) note: Option<String>,
}

impl Start {
    pub(super) fn choose(
        wanted: &PullRequest,
        full: bool,
        before: Option<&Memory>,
        capabilities: &Capabilities,
        now: Timestamp,
    ) -> Self {
        let mut request = wanted.clone();
        request.cursor = before.and_then(|before| before.cursor.clone());
        let note = before
            .filter(|_| request.cursor.is_some())
            .and_then(|before| why_full(full, before, capabilities, now));
        let changes = request.cursor.is_some() && note.is_none();
        request.mode = if changes { PullMode::Changes } else { PullMode::Full };
        Self { request, note: note.filter(|_| !full) }
    }

    /// The same, in full.
    pub(super) fn in_full(mut self, note: String) -> Self {
        self.request.mode = PullMode::Full;
        self.note = Some(note);
        self
    }
}

fn why_full(full: bool, before: &Memory, capabilities: &Capabilities, now: Timestamp) -> Option<String> {
    if full {
        return Some(String::new());
    }
    if let Some(why) = &before.needs_full {
        return Some(format!("Everything was pulled, since {why}."));
    }
    before.asked.kinds.iter().find_map(|kind| {
        let after = capabilities.kinds.get(kind)?.reconcile_after?;
        let last = before.full.get(kind);
        let due = last.is_none_or(|last| now.duration_since(*last).unsigned_abs() >= after);
        due.then(|| {
            format!("Everything was pulled, since it is time to compare all of the kind {kind} again.")
        })
    })
}
