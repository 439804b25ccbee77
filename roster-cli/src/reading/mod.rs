//! The verbs that read a store.

pub(crate) mod changes;
pub(crate) mod records;
pub(crate) mod runs;
mod story;
pub(crate) mod why;

use roster::{EntityKind, FieldSet};
use serde::{Serialize, Serializer};

/// How many rows are read at a time.
const PAGE: usize = 1000;

/// Fields by their names.
struct Names(EntityKind, FieldSet);

impl Names {
    fn names(&self) -> impl Iterator<Item = &'static str> {
        self.1.names(self.0)
    }
}

impl Serialize for Names {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.names())
    }
}
