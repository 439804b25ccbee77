//! The numbers that stand for words in the tables. They are an interface: a number keeps its meaning for good.

use roster_core::EntityKind;

use super::fault::{Worked, strange};
use crate::{Digest, Key, Op, Pair, RecordState};

/// Rows of all rosters lie in one table: the roster's number, and below it so many bits for a seq or uid.
const SEQ_BITS: u32 = 40;
/// The greatest seq there can be.
pub(super) const SEQ_MAX: u64 = (1 << SEQ_BITS) - 1;

/// The row of a seq or uid.
pub(super) fn row_of(roster: i64, seq: u64) -> i64 {
    (roster << SEQ_BITS) | seq.min(SEQ_MAX).cast_signed()
}

/// The seq or uid of a row.
pub(super) const fn seq_of(row: i64) -> u64 {
    row.cast_unsigned() & SEQ_MAX
}

pub(super) const fn kind_code(kind: EntityKind) -> i64 {
    kind as i64
}

pub(super) fn kind_of(code: i64) -> Worked<EntityKind> {
    let kind = usize::try_from(code).ok().and_then(|code| EntityKind::ALL.get(code)).copied();
    kind.filter(|kind| kind_code(*kind) == code).ok_or_else(|| strange("a kind"))
}

pub(super) const fn op_code(op: Op) -> i64 {
    match op {
        Op::Create => 0,
        Op::Update => 1,
        Op::End => 2,
        Op::Restore => 3,
        Op::Rekey => 4,
    }
}

pub(super) fn op_of(code: i64) -> Worked<Op> {
    Op::ALL.into_iter().find(|op| op_code(*op) == code).ok_or_else(|| strange("an operation"))
}

pub(super) const fn state_code(state: RecordState) -> i64 {
    match state {
        RecordState::Active => 0,
        RecordState::Ended => 1,
        RecordState::Quarantined => 2,
        RecordState::Suppressed => 3,
    }
}

fn state_of(code: i64) -> Worked<RecordState> {
    [RecordState::Active, RecordState::Ended, RecordState::Quarantined, RecordState::Suppressed]
        .into_iter()
        .find(|state| state_code(*state) == code)
        .ok_or_else(|| strange("a state"))
}

/// Kind and state in one number.
pub(super) const fn pack(kind: EntityKind, state: RecordState) -> i64 {
    state_code(state) << 4 | kind_code(kind)
}

pub(super) fn unpack(what: i64) -> Worked<(EntityKind, RecordState)> {
    Ok((kind_of(what & 15)?, state_of(what >> 4)?))
}

/// How much room a record takes among those that were created together.
pub(super) const CREATED: usize = 33;
/// How much room what it hangs on takes there.
pub(super) const LINKS: usize = 16;

/// A record as it was created, in one piece. Its version is its uid, and it is active.
pub(super) fn created_pair(key: Key, digest: Digest, kind: EntityKind) -> [u8; CREATED] {
    let mut bytes = [0; CREATED];
    let rest = put(&mut bytes, &key.to_bytes());
    let rest = put(rest, &digest.to_bytes());
    put(rest, &[u8::try_from(kind_code(kind)).unwrap_or(u8::MAX)]);
    bytes
}

/// Reads a record that was created.
#[inline]
pub(super) fn pair_created(uid: u64, bytes: &[u8; CREATED]) -> Worked<Pair> {
    let (key, rest) = take::<16>(bytes)?;
    let (digest, rest) = take::<16>(rest)?;
    let ([kind], _) = take::<1>(rest)?;
    Ok(Pair {
        uid,
        key: Key::from_bytes(key),
        digest: Digest::from_bytes(digest),
        seq: uid,
        kind: kind_of(i64::from(kind))?,
        state: RecordState::Active,
    })
}

/// What a record hangs on, in one piece.
pub(super) fn created_links(links: (u64, u64)) -> [u8; LINKS] {
    let mut bytes = [0; LINKS];
    let rest = put(&mut bytes, &links.0.to_be_bytes());
    put(rest, &links.1.to_be_bytes());
    bytes
}

/// Reads what a record hangs on.
pub(super) fn links_of(bytes: &[u8; LINKS]) -> (u64, u64) {
    let links = u128::from_be_bytes(*bytes);
    #[expect(clippy::cast_possible_truncation, reason = "each half is wanted")]
    ((links >> 64) as u64, links as u64)
}

/// How long a packed row of `changed` is.
pub(super) const PACKED: usize = 49;

/// What a run needs to know of a record, in one piece. `write.rs` changes parts of it in place.
pub(super) fn packed(pair: &Pair) -> [u8; PACKED] {
    let mut bytes = [0; PACKED];
    let rest = put(&mut bytes, &pair.uid.to_be_bytes());
    let rest = put(rest, &pair.key.to_bytes());
    let rest = put(rest, &pair.digest.to_bytes());
    let rest = put(rest, &pair.seq.to_be_bytes());
    put(rest, &[u8::try_from(pack(pair.kind, pair.state)).unwrap_or(u8::MAX)]);
    bytes
}

/// Writes a part, and gives the room after it.
#[inline]
fn put<'b, const N: usize>(room: &'b mut [u8], part: &[u8; N]) -> &'b mut [u8] {
    match room.split_first_chunk_mut::<N>() {
        Some((first, rest)) => {
            *first = *part;
            rest
        }
        None => &mut [],
    }
}

/// Reads a packed row.
pub(super) fn pair_of(bytes: &[u8; PACKED]) -> Worked<Pair> {
    let (uid, rest) = take::<8>(bytes)?;
    let (key, rest) = take::<16>(rest)?;
    let (digest, rest) = take::<16>(rest)?;
    let (seq, rest) = take::<8>(rest)?;
    let ([what], _) = take::<1>(rest)?;
    let (kind, state) = unpack(i64::from(what))?;
    Ok(Pair {
        uid: u64::from_be_bytes(uid),
        key: Key::from_bytes(key),
        digest: Digest::from_bytes(digest),
        seq: u64::from_be_bytes(seq),
        kind,
        state,
    })
}

#[inline]
fn take<const N: usize>(bytes: &[u8]) -> Worked<([u8; N], &[u8])> {
    bytes.split_first_chunk::<N>().map(|(first, rest)| (*first, rest)).ok_or_else(|| strange("a packed row"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked() {
        for (kind, state) in
            [(EntityKind::Org, RecordState::Active), (EntityKind::Relationship, RecordState::Suppressed)]
        {
            let (key, digest) = (Key::of(kind, "1"), Digest::of(b"2"));
            let pair = Pair { uid: 3 << 33, key, digest, seq: u64::MAX >> 24, kind, state };
            let read = pair_of(&packed(&pair)).ok();
            assert_eq!(read.map(|read| format!("{read:?}")), Some(format!("{pair:?}")));
        }
    }

    /// Stores hold these numbers, and the views spell them out.
    #[test]
    fn numbers_keep_their_meaning() {
        let kinds: Vec<_> = EntityKind::ALL.map(|kind| (kind_code(kind), kind.as_str())).into();
        let names = ["org", "academic_session", "course", "class", "person", "enrollment", "relationship"];
        assert_eq!(kinds, (0..).zip(names).collect::<Vec<_>>());
        let ops: Vec<_> = Op::ALL.map(|op| (op_code(op), op.as_str())).into();
        assert_eq!(ops, (0..).zip(["create", "update", "end", "restore", "rekey"]).collect::<Vec<_>>());
        for (code, name) in (0..).zip(["active", "ended", "quarantined", "suppressed"]) {
            assert_eq!(state_of(code).unwrap().as_str(), name);
        }
    }

    #[test]
    fn rows_and_packed_words_come_apart_again() {
        assert_eq!(seq_of(row_of(3, 17)), 17);
        assert_eq!(row_of(1, u64::MAX), row_of(1, SEQ_MAX));
        assert!(row_of(1, u64::MAX) < row_of(2, 0));
        let packed = pack(EntityKind::Relationship, RecordState::Suppressed);
        assert_eq!(unpack(packed).unwrap(), (EntityKind::Relationship, RecordState::Suppressed));
        assert!(unpack(7).is_err() && unpack(4 << 4).is_err());
    }
}
