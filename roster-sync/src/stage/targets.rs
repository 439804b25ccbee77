//! What the new and changed records name beside what they hang on.

use std::collections::HashSet;

use roster_core::{EntityKind, Record, SourcedId};

use crate::{Key, record::mentions};

/// The ids that were named, each once. There are few: schools, courses and sessions, however many records name them.
#[derive(Debug, Default)]
pub(crate) struct Targets {
    named: HashSet<(EntityKind, u64)>,
    /// The last of each kind. Neighbours name the same, so that most are known without a look.
    last: [Option<SourcedId>; EntityKind::ALL.len()],
}

impl Targets {
    #[inline]
    pub(super) fn note(&mut self, record: &Record) {
        mentions(record, |kind, id, _| {
            let Some(last) = self.last.get_mut(kind as usize) else { return };
            if last.as_ref() != Some(id) {
                self.named.insert((kind, Key::of(kind, id).half()));
                *last = Some(id.clone());
            }
        });
    }

    /// Kinds, and halves of keys.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (EntityKind, u64)> {
        self.named.iter().copied()
    }
}
