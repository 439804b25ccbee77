//! Which ids were told of, for servers whose data may be replaced while they are read.

use roster_core::{
    EntityKind, SourcedId,
    hashed::{HashedSet, hash},
};

/// Which ids were told of: for a pull that starts over, since what it told of the data before may be gone from those after.
///
/// Ids as they are, one after the other, since hashes could not be told as deleted; three bytes more for each than it is long.
#[derive(Default)]
pub(super) struct Delivered {
    now: Ids,
    earlier: Vec<Ids>,
}

/// For each id its kind, its length and its bytes.
#[derive(Default)]
struct Ids(Vec<u8>);

impl Delivered {
    /// This record was delivered, or a problem protects it.
    pub(super) fn add(&mut self, kind: EntityKind, id: &SourcedId) {
        self.now.push(kind, id);
    }

    /// The pull starts over.
    pub(super) fn start_over(&mut self) {
        self.earlier.push(std::mem::take(&mut self.now));
    }

    /// What was told of before the pull started over, and not again since.
    pub(super) fn left_over(&mut self) -> Vec<(EntityKind, SourcedId)> {
        let earlier = std::mem::take(&mut self.earlier);
        if earlier.is_empty() {
            return Vec::new();
        }
        let mut told: HashedSet = self.now.iter().map(|(kind, id)| key(kind, id)).collect();
        let mut left = Vec::new();
        for (kind, id) in earlier.iter().flat_map(Ids::iter) {
            if told.insert(key(kind, id)) {
                left.push((kind, SourcedId::from(id)));
            }
        }
        left
    }
}

impl Ids {
    fn push(&mut self, kind: EntityKind, id: &str) {
        let at = EntityKind::ALL.iter().position(|other| *other == kind).unwrap_or_default();
        // An id that is longer than this stays what it is: told, and not told as deleted.
        let (Ok(at), Ok(length)) = (u8::try_from(at), u16::try_from(id.len())) else { return };
        self.0.push(at);
        self.0.extend_from_slice(&length.to_le_bytes());
        self.0.extend_from_slice(id.as_bytes());
    }

    fn iter(&self) -> impl Iterator<Item = (EntityKind, &str)> {
        let mut rest = self.0.as_slice();
        std::iter::from_fn(move || {
            let ([at, low, high], after) = rest.split_first_chunk::<3>()?;
            let length = usize::from(u16::from_le_bytes([*low, *high]));
            let (id, after) = after.split_at_checked(length)?;
            rest = after;
            Some((*EntityKind::ALL.get(usize::from(*at))?, std::str::from_utf8(id).ok()?))
        })
    }
}

/// Ids are unique within their kind alone.
fn key(kind: EntityKind, id: &str) -> u64 {
    hash(id) ^ hash(kind.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_told_again_is_left_over_once() {
        let mut delivered = Delivered::default();
        let all = [
            (EntityKind::Org, "a"),
            (EntityKind::Person, "a"),
            (EntityKind::Person, "ü|2"),
            (EntityKind::Class, ""),
        ];
        for _ in 0..2 {
            for (kind, id) in all {
                delivered.add(kind, &SourcedId::from(id));
            }
            delivered.start_over();
        }
        delivered.add(EntityKind::Person, &"a".into());
        delivered.add(EntityKind::Enrollment, &"new".into());
        let left = delivered.left_over();
        let left: Vec<_> = left.iter().map(|(kind, id)| (*kind, id.as_str())).collect();
        assert_eq!(left, [all[0], all[2], all[3]]);
        assert!(delivered.left_over().is_empty());
    }
}
