//! What many people had, and nobody has any more.
//!
//! Wonde writes null where there is no value and where a school shares it no longer, and need not say which. So the cursor remembers of
//! how many people each value was there. One that is gone of all people who came, or of nearly all, is unknown and not empty: those
//! without it keep what is known of them. A value that a few people lost is lost.
//!
//! A field that holds several values is kept or taken as one. So one of them keeps all only if nearly everybody had it: for the sake of
//! a number that some had, nobody's other numbers stand still. What is not kept is told all the same.
//!
//! A page of a long list need not be like the whole: those who came first may be the ones who never had a value. So where something
//! looks gone and more pages follow, the list is read once for counts alone, before any of it is judged.

mod counts;
mod each;

use std::collections::{BTreeMap, BTreeSet};

use roster_core::{FieldSet, IdentifierScheme, Record, hashed::HashedSet};
use serde::{Deserialize, Serialize};

use self::{
    counts::Counts,
    each::{List, each_value, is_granted, named, parted},
};
use crate::{permissions::Permissions, resource::Resource};

/// That many of all had a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Share(u64, u64);

/// What was there of the records of each list, by names such as `students.email`.
pub(crate) type Shares = BTreeMap<String, Share>;

/// So many people have to be missing, or it has to be unlikely, in a million, that those who came are the ones who never had it.
const ENOUGH: u128 = 5;
const UNLIKELY: u128 = 100_000;

impl Share {
    /// Whether it is gone: less than a quarter of those who should have it do. Of what one person had, or a few of many, the absence
    /// tells nothing.
    fn is_gone(self, now: Self) -> bool {
        let [had, of, has, people] = [self.0, self.1, now.0, now.1].map(u128::from);
        let expected = had * people;
        if had < 2 || of < had || has * of * 4 >= expected {
            return false;
        }
        expected >= ENOUGH * of
            || (0..people).fold(1_000_000, |chance, _| chance * (of - had) / of) < UNLIKELY
    }
}

/// Numbers that few have by their nature, and that are done with when they go.
const PASSING: [&str; 2] = ["former_upn", "local_upn"];

/// What the cursor remembers of one value.
struct Remembered {
    name: String,
    value: Value,
    share: Share,
    /// The school says that it shares it: what is not there is not there.
    is_granted: bool,
}

impl Remembered {
    /// Whether its field is kept where it is gone.
    fn is_kept(&self) -> bool {
        let (Value { field, rest, .. }, Share(had, of)) = (&self.value, self.share);
        match (*field, rest.as_str()) {
            // What is counted of them is a date. Where somebody belongs, and as what, does not wait for it.
            ("affiliations", _) => false,
            ("identifiers", rest) if PASSING.contains(&rest) => false,
            // It is for life, and a nursery's children have none yet: they may be many.
            ("identifiers", rest) if rest == IdentifierScheme::Upn.as_str() => had >= of.div_ceil(2),
            (_, "") => true,
            _ => u128::from(had) * 4 >= u128::from(of) * 3,
        }
    }
}

/// A value of a list's records.
#[derive(Clone)]
pub(super) struct Value {
    list: List,
    field: &'static str,
    bit: FieldSet,
    rest: String,
}

impl Value {
    /// The field that this record keeps, if the value is gone of all of them.
    pub(super) fn kept_by(&self, record: &Record) -> FieldSet {
        if List::of(record) != Some(self.list) {
            return FieldSet::EMPTY;
        }
        let mut is_there = false;
        each_value(record, |field, rest| is_there |= field == self.field && rest == self.rest);
        if is_there { FieldSet::EMPTY } else { self.bit }
    }
}

/// What was there before, and what is there in this pull.
#[derive(Default)]
pub(super) struct Values {
    before: Vec<Remembered>,
    now: Counts,
    /// What there is in all of a list, where it was read for that, with the ids of its records, as hashes.
    whole: Counts,
    counted: HashedSet,
    /// Lists that were read for counts alone.
    surveyed: BTreeSet<Resource>,
    /// Fields that no record could tell of. What one row alone could not say hides nothing of the others.
    hidden: BTreeMap<List, FieldSet>,
    /// Names that were told of as gone.
    told: BTreeSet<String>,
    /// Not all records come in this pull.
    is_part: bool,
}

impl Values {
    pub(super) fn new(before: Shares) -> Self {
        let before = before.into_iter().filter_map(|(name, share)| {
            let (list, field, bit, rest) = parted(&name)?;
            let value = Value { list, field, bit, rest: rest.to_owned() };
            Some(Remembered { name, value, share, is_granted: false })
        });
        Self { before: before.collect(), ..Self::default() }
    }

    /// What the school says that it shares, and whether only what changed is asked for.
    pub(super) fn open(&mut self, permissions: Option<&Permissions>, is_part: bool) {
        self.is_part = is_part;
        for one in &mut self.before {
            let Value { list, field, rest, .. } = &one.value;
            one.is_granted = permissions.is_some_and(|said| is_granted(said, *list, field, rest));
        }
    }

    /// The school changed its MIS: that the new one does not have a number of the old one's is no wonder, and to keep it would keep
    /// all the old numbers. The Unique Pupil Number is no MIS's own.
    pub(super) fn forget_numbers(&mut self) {
        self.before.retain(|one| {
            let Value { field, rest, .. } = &one.value;
            *field != "identifiers" || rest == IdentifierScheme::Upn.as_str()
        });
    }

    /// Whether anything is remembered that may be gone.
    pub(super) const fn has_memory(&self) -> bool {
        !self.before.is_empty()
    }

    /// A record is told.
    pub(super) fn note(&mut self, record: &Record, unseen: FieldSet) {
        let Some(list) = self.now.add(record) else { return };
        let hidden = self.hidden.entry(list).or_insert(unseen);
        *hidden = hidden.common(unseen);
    }

    /// Whether the list should be read for counts alone, since something looks gone of what came of it so far. Once for each list.
    pub(super) fn asks_for_all(&mut self, resource: Resource) -> bool {
        let lists = List::in_rows(resource);
        let looks_gone = self.before.iter().any(|one| lists.contains(&one.value.list) && self.is_gone(one));
        looks_gone && self.surveyed.insert(resource)
    }

    /// A record was read that is not told yet, or was.
    pub(super) fn count(&mut self, record: &Record, id: u64) {
        if self.counted.insert(id) {
            self.whole.add(record);
        }
    }

    /// The list could not be read for its counts: what came is all there is to judge by.
    pub(super) fn discount(&mut self) {
        (self.whole, self.counted) = Default::default();
    }

    /// Whether a value is gone of all that there are, as far as they were counted, and the school does not say that it shares it.
    fn is_gone(&self, one: &Remembered) -> bool {
        let Value { list, field, rest, .. } = &one.value;
        let counts = if self.whole.records(*list) > 0 { &self.whole } else { &self.now };
        !one.is_granted && one.share.is_gone(counts.share(*list, field, rest))
    }

    fn is_hidden(&self, value: &Value) -> bool {
        self.hidden.get(&value.list).is_some_and(|hidden| !hidden.common(value.bit).is_empty())
    }

    /// What is gone of all that came so far and keeps its field, with what is to be said of all that is gone, once.
    pub(super) fn gone(&mut self) -> (Vec<Value>, Vec<String>) {
        let (mut gone, mut news) = (Vec::new(), Vec::new());
        let mut told = std::mem::take(&mut self.told);
        for one in self.before.iter().filter(|one| self.is_gone(one)) {
            if one.is_kept() {
                gone.push(one.value.clone());
            }
            if !self.is_hidden(&one.value) && told.insert(one.name.clone()) {
                news.push(self.news(one));
            }
        }
        self.told = told;
        (gone, news)
    }

    fn news(&self, one: &Remembered) -> String {
        let name = &one.name;
        if !one.is_kept() {
            format!(
                "`{name}` was there of many, and is there of none or nearly none that came: it is taken as gone, since to keep it would \
                 keep the rest of its field too; if that is wrong, ask the school what it shares"
            )
        } else if self.is_part {
            format!(
                "`{name}` was there of nearly all, and is there of none that changed: what was known of it is kept until a full \
                 pull tells more"
            )
        } else {
            format!(
                "`{name}` was there of many, and is there of none or nearly none that came: the school may share it no longer, so \
                 what was known of it is kept as it was"
            )
        }
    }

    /// What the cursor keeps. What is gone and kept, or could not be told, is remembered as it was; so is all of it where only some
    /// came.
    pub(super) fn kept(&self) -> Shares {
        let is_kept = |one: &Remembered| {
            let was_read = self.now.records(one.value.list) > 0;
            self.is_part || !was_read || self.is_hidden(&one.value) || (one.is_kept() && self.is_gone(one))
        };
        let before = self.before.iter().filter(|one| is_kept(one));
        let mut kept: Shares = before.map(|one| (one.name.clone(), one.share)).collect();
        for (list, field, rest, share) in self.now.all().filter(|_| !self.is_part) {
            kept.entry(named(list, field, rest)).or_insert(share);
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use roster_core::{Affiliation, Person, PersonField, Role};

    use super::*;

    #[test]
    fn what_is_gone_of_nearly_all_is_gone_and_what_a_few_lost_is_not() {
        for (before, now, is_gone) in [
            ((200, 200), (0, 200), true),
            ((200, 200), (40, 200), true),
            ((200, 200), (60, 200), false),
            ((200, 200), (199, 200), false),
            // One of a small list, and all of it.
            ((3, 3), (2, 3), false),
            ((3, 3), (0, 3), true),
            // Of those who changed: nearly everybody had it, or many did not.
            ((190, 200), (0, 1), true),
            ((120, 200), (0, 1), false),
            ((120, 200), (0, 5), true),
            ((10, 200), (0, 1), false),
            ((10, 200), (0, 200), true),
            ((1, 200), (0, 200), false),
            ((1, 1), (0, 1), false),
            ((0, 0), (0, 200), false),
            // What nobody wrote.
            ((9, 3), (0, 200), false),
            ((u64::MAX, u64::MAX), (0, u64::MAX), true),
        ] {
            let [before, now] = [before, now].map(|(had, of)| Share(had, of));
            assert_eq!(before.is_gone(now), is_gone, "{before:?} {now:?}");
        }
    }

    #[test]
    fn one_of_several_values_keeps_its_field_only_if_nearly_everybody_had_it() {
        for (name, share, is_kept) in [
            ("students.groups.HOUSE", (150, 200), true),
            ("students.groups.HOUSE", (149, 200), false),
            ("students.identifiers.learner_number", (200, 200), true),
            ("students.identifiers.learner_number", (100, 200), false),
            ("students.identifiers.former_upn", (200, 200), false),
            ("students.identifiers.local_upn", (200, 200), false),
            ("students.identifiers.upn", (100, 200), true),
            ("students.identifiers.upn", (3, 200), false),
            ("students.demographics.meal_status", (20, 200), false),
            ("employees.affiliations", (200, 200), false),
            // A field of one value is that value.
            ("students.email", (20, 200), true),
            ("relationships.kinds", (20, 200), true),
        ] {
            let before = Shares::from([(name.to_owned(), Share(share.0, share.1))]);
            let values = Values::new(before);
            assert_eq!(values.before[0].is_kept(), is_kept, "{name} {share:?}");
        }
    }

    #[test]
    fn one_row_that_could_not_be_read_hides_nothing_of_the_others() {
        let email = FieldSet::of([PersonField::Email]);
        for (unseen, is_told) in [(FieldSet::EMPTY, true), (email, false)] {
            let before = Shares::from([("students.email".to_owned(), Share(20, 20))]);
            let mut values = Values::new(before);
            for number in 0..20 {
                let mut person = Person::new(format!("A{number}"));
                person.affiliations.push(Affiliation::new(Role::Student, None));
                // Of the first the address was malformed.
                values.note(&person.into(), if number == 0 { email } else { unseen });
            }
            let (gone, news) = values.gone();
            assert_eq!((gone.len(), !news.is_empty()), (1, is_told));
        }
    }
}
