//! Ids that come in another form than the stored ones, though they are the same: without their leading zeros, in another case, with
//! another prefix; or destroyed, so that nobody can tell which they were.
//!
//! Each of them would make a record anew beside its old self, or in its place. So more than a few are held, and it is said why.

use std::collections::{BTreeMap, HashMap};

use roster_core::{EntityKind, Problem, Result, Severity, SourcedId, codes};

use super::Draft;
use crate::{Guard, Hold, Key, known::mark};

/// How many zeros are put before an id to look for it.
const ZEROS: usize = 12;
/// The longest id to which zeros are added or from which they are taken: an id that a spreadsheet takes for a number.
const NUMBER: usize = 32;

/// The form that a new id has lost or gained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Shape {
    /// It is a stored one without its leading zeros.
    ZerosLost,
    /// Anything else.
    Other,
}

/// New ids of a kind that are stored ones in another form.
#[derive(Debug, Default)]
struct Reshaped {
    count: u64,
    /// How often each form was seen, with the first new id and the stored one that it is like.
    shapes: BTreeMap<Shape, (u64, SourcedId, SourcedId)>,
    /// How long the stored ids are that lost zeros.
    widths: BTreeMap<usize, u64>,
}

impl Reshaped {
    fn add(&mut self, shape: Shape, new: &SourcedId, stored: SourcedId) {
        self.count += 1;
        if shape == Shape::ZerosLost {
            *self.widths.entry(stored.len()).or_default() += 1;
        }
        self.shapes.entry(shape).or_insert_with(|| (0, new.clone(), stored)).0 += 1;
    }

    /// What is to be said of them.
    fn problems(&self, kind: EntityKind) -> impl Iterator<Item = Problem> {
        let width = self.widths.iter().max_by_key(|(_, count)| **count).map_or(0, |(width, _)| *width);
        self.shapes.iter().map(move |(shape, (count, new, stored))| {
            let (code, message) = match shape {
                Shape::ZerosLost => (
                    codes::LEADING_ZEROS_LOST,
                    format!(
                        "{count} new ids are stored ones without their leading zeros, as {new} is {stored}; \
                         most of those have {width} characters"
                    ),
                ),
                Shape::Other => (
                    codes::ID_SHAPE,
                    format!("{count} new ids are stored ones in another form, as {new} is {stored}"),
                ),
            };
            Problem::warning(code, message).of(kind)
        })
    }
}

impl Draft<'_> {
    /// Holds a run in which more than a few ids of a kind are stored ones in another form, or were destroyed.
    pub(super) async fn guard_ids(&mut self, holds: &mut Vec<Hold>) -> Result<()> {
        let limit = self.ground.guards.id_shape;
        for kind in EntityKind::ALL {
            let destroyed = self.destroyed(kind);
            let of = self.plan.counts.get(&kind).map_or(0, |counts| counts.seen) + destroyed;
            let created = self.created(kind);
            if !limit.is_passed(created.len() as u64 + destroyed, of) {
                continue;
            }
            let reshaped = self.reshaped(kind, &created).await?;
            let count = reshaped.count + destroyed;
            if limit.is_passed(count, of) {
                reshaped.problems(kind).for_each(|problem| self.plan.stage.report(problem));
                holds.push(Hold::new(Guard::IdShape, Some(kind), None, count, of, limit.most(of)));
            }
        }
        Ok(())
    }

    /// How many ids of a kind were destroyed, as the source says.
    fn destroyed(&self, kind: EntityKind) -> u64 {
        let is_one = |code: &str| matches!(code, codes::ID_SHORTENED | codes::ID_IS_DATE);
        let groups = self.plan.stage.problems.report().into_iter();
        groups
            .filter(|group| {
                group.kind == Some(kind) && group.severity == Severity::Error && is_one(&group.code)
            })
            .map(|group| group.count)
            .sum()
    }

    async fn reshaped(&mut self, kind: EntityKind, created: &[u32]) -> Result<Reshaped> {
        let mut reshaped = Reshaped::default();
        // What nobody delivered can alone be what a new id is a form of.
        let known = &self.plan.stage.known;
        let is_missed = |place: &u32| known.kind(*place) == kind && is_missed(known, *place);
        if !known.places().any(|place| is_missed(&place)) {
            return Ok(reshaped);
        }
        let ended = Ended::of(self.plan.ends.iter().filter_map(|end| {
            let known = &self.plan.stage.known;
            (known.kind(end.known) == kind).then(|| end.id.clone())
        }));
        let mut by_prefix = HashMap::new();
        for entry in created {
            let (record, ..) = self.received(kind, *entry).await?;
            let id = record.id();
            if let Some((shape, stored)) = self.stored_form(kind, id) {
                reshaped.add(shape, id, stored);
            } else if let Some(stored) = ended.in_another_form(id) {
                reshaped.add(Shape::Other, id, stored.clone());
            } else if matches!(kind, EntityKind::Org | EntityKind::Person)
                && let Some((prefixes, stored)) = ended.with_another_prefix(id)
            {
                by_prefix.entry(prefixes).or_insert_with(Vec::new).push((id.clone(), stored.clone()));
            }
        }
        // One prefix for another all over; not chance, where numbers are small.
        for (new, stored) in by_prefix.into_values().max_by_key(Vec::len).unwrap_or_default() {
            reshaped.add(Shape::Other, &new, stored);
        }
        Ok(reshaped)
    }

    /// The stored id that nobody delivered and that becomes this one if zeros are taken off or put before it, or if a spreadsheet
    /// takes it for a number with a fraction.
    fn stored_form(&self, kind: EntityKind, id: &SourcedId) -> Option<(Shape, SourcedId)> {
        let known = &self.plan.stage.known;
        let is_stored = |id: &str| known.find(Key::of(kind, id)).is_some_and(|place| is_missed(known, place));
        let found = |shape, id: &str| is_stored(id).then(|| (shape, SourcedId::from(id)));
        if id.len() > NUMBER {
            return None;
        }
        let whole = id.strip_suffix(".0").unwrap_or(id);
        if whole.starts_with(|c: char| c.is_ascii_digit()) {
            for zeros in 1..=ZEROS {
                if let Some(found) = found(Shape::ZerosLost, &format!("{}{whole}", "0".repeat(zeros))) {
                    return Some(found);
                }
            }
        }
        if whole.len() < id.len()
            && let Some(found) = found(Shape::Other, whole)
        {
            return Some(found);
        }
        let mut rest = whole;
        while let Some(shorter) = rest.strip_prefix('0').filter(|shorter| !shorter.is_empty()) {
            if let Some(found) = found(Shape::Other, shorter) {
                return Some(found);
            }
            rest = shorter;
        }
        None
    }
}

/// Whether a record stands, was not delivered, and is none that came back under a proven new id.
fn is_missed(known: &crate::known::Known, place: u32) -> bool {
    known.is_active(place) && !known.has(place, mark::SEEN | mark::PROTECTED | mark::REKEYED)
}

/// The ids that would end, by what is left of them without their form. One that several have tells nothing.
struct Ended {
    bare: HashMap<String, Option<SourcedId>>,
    tails: HashMap<String, Option<(String, SourcedId)>>,
}

impl Ended {
    fn of(ids: impl Iterator<Item = SourcedId>) -> Self {
        let mut ended = Self { bare: HashMap::new(), tails: HashMap::new() };
        for id in ids {
            let bare = bare(&id);
            if let Some((prefix, tail)) = split(&bare) {
                let tail = ended.tails.entry(tail.to_owned());
                tail.and_modify(|other| *other = None)
                    .or_insert_with(|| Some((prefix.to_owned(), id.clone())));
            }
            ended.bare.entry(bare).and_modify(|other| *other = None).or_insert(Some(id));
        }
        ended
    }

    fn in_another_form(&self, id: &SourcedId) -> Option<&SourcedId> {
        self.bare.get(&bare(id))?.as_ref()
    }

    /// Both prefixes, and the id that would end.
    fn with_another_prefix(&self, id: &SourcedId) -> Option<((String, String), &SourcedId)> {
        let bare = bare(id);
        let (prefix, tail) = split(&bare)?;
        let (before, stored) = self.tails.get(tail)?.as_ref()?;
        (before != prefix).then(|| ((before.clone(), prefix.to_owned()), stored))
    }
}

/// An id without its form: letters and digits alone, in lower case, numbers without leading zeros.
fn bare(id: &str) -> String {
    let mut bare = String::with_capacity(id.len());
    let mut zeros = 0;
    for character in id.chars().filter(|character| character.is_alphanumeric()) {
        let is_in_number = bare.ends_with(|c: char| c.is_ascii_digit());
        if character == '0' && !is_in_number {
            zeros += 1;
            continue;
        }
        if zeros > 0 && !character.is_ascii_digit() {
            bare.push('0');
        }
        zeros = 0;
        bare.extend(character.to_lowercase());
    }
    if zeros > 0 {
        bare.push('0');
    }
    bare
}

/// What stands before the first digit, and the rest, if that is long enough to tell records apart.
fn split(bare: &str) -> Option<(&str, &str)> {
    let at = bare.find(|c: char| c.is_ascii_digit())?;
    let (prefix, tail) = bare.split_at_checked(at)?;
    (tail.len() >= 3).then_some((prefix, tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_an_id_is_taken_off() {
        for (id, without) in [
            ("00123", "123"),
            ("S-0012", "s12"),
            ("{AB-01}", "ab1"),
            ("100", "100"),
            ("0", "0"),
            ("a0b00", "a0b0"),
            ("", ""),
        ] {
            assert_eq!(bare(id), without, "{id}");
        }
        assert_eq!(split("stu1001"), Some(("stu", "1001")));
        assert_eq!((split("stu10"), split("stu")), (None, None));
    }

    #[test]
    fn what_several_ids_are_without_their_form_tells_nothing() {
        let ids: Vec<SourcedId> = ["A-1001", "a1001", "b2002"].into_iter().map(SourcedId::from).collect();
        let ended = Ended::of(ids.iter().cloned());
        assert_eq!(ended.in_another_form(&"a01001".into()), None);
        assert_eq!(ended.in_another_form(&"B-2002".into()), Some(&ids[2]));
        let ((before, after), stored) = ended.with_another_prefix(&"2002".into()).unwrap();
        assert_eq!((&*before, &*after, stored), ("b", "", &ids[2]));
    }
}
