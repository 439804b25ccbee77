//! What is really there.

use roster_core::{EntityKind, PullRequest, Record, SourcedId};

use crate::{Ids, reach};

/// What the vendor really has for one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Truth {
    /// The records that a full pull must deliver.
    pub present: Ids,
    /// The records that exist and can't be read: a full pull must report each as a problem, and may not take it for gone.
    pub rejected: Ids,
}

impl Truth {
    /// Nothing is there.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// These records are there. Kinds that a request does not ask for may be told too: the suite leaves them out.
    #[must_use]
    pub fn with<I: Into<SourcedId>>(mut self, kind: EntityKind, ids: impl IntoIterator<Item = I>) -> Self {
        self.present = self.present.with(kind, ids);
        self
    }

    /// These records are there, and can't be read.
    #[must_use]
    pub fn rejecting<I: Into<SourcedId>>(
        mut self,
        kind: EntityKind,
        ids: impl IntoIterator<Item = I>,
    ) -> Self {
        for id in ids {
            let id = id.into();
            self.present.remove(kind, &id);
            self.rejected.insert(kind, id);
        }
        self
    }

    /// What of all of a tenant's records a request reaches: its kinds, its scope, and contacts only if it asks for them.
    #[must_use]
    pub fn of<'r>(records: impl IntoIterator<Item = &'r Record>, request: &PullRequest) -> Self {
        Self { present: reach::ids_in_reach(records, request), rejected: Ids::new() }
    }

    /// Leaves out the kinds that are not due.
    #[must_use]
    pub(crate) fn limited_to(mut self, due: impl Fn(EntityKind) -> bool) -> Self {
        self.present.retain_kinds(&due);
        self.rejected.retain_kinds(&due);
        self
    }
}
