//! What the new and changed records name beside what they hang on.

use roster_core::{EntityKind, Record, SourcedId, hashed::HashedSet};

use crate::{Key, record::mentions};

/// The ids that were named, each once. There are few: schools, courses and sessions, however many records name them.
#[derive(Debug, Default)]
pub(crate) struct Targets {
    /// Halves of keys, by kind.
    named: [HashedSet; EntityKind::ALL.len()],
    /// The last of each kind. Neighbours name the same, so that most are known without a look.
    last: [Option<SourcedId>; EntityKind::ALL.len()],
}

impl Targets {
    #[inline]
    pub(super) fn note(&mut self, record: &Record) {
        mentions(record, |kind, id, _| {
            let number = kind as usize;
            let (Some(named), Some(last)) = (self.named.get_mut(number), self.last.get_mut(number)) else {
                return;
            };
            if last.as_ref() != Some(id) {
                named.insert(Key::of(kind, id).half());
                *last = Some(id.clone());
            }
        });
    }

    /// Kinds, and halves of keys.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (EntityKind, u64)> {
        let kinds = EntityKind::ALL.into_iter().zip(&self.named);
        kinds.flat_map(|(kind, named)| named.iter().map(move |half| (kind, *half)))
    }
}
