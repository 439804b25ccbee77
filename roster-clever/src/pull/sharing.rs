//! What of people is shared.
//!
//! Clever writes "none" and "not shared" alike, person by person, so that only all people of a pull together tell: what anybody has
//! is shared, and who lacks it has none. What nobody has, and an earlier pull saw, may be shared no longer: it is unknown, and stays
//! as it is. People who were told before it was known which of the two holds are told again when all pages were read.

use std::collections::{BTreeMap, BTreeSet};

use roster_core::{
    DemographicField, FieldSet, Person, PersonField, SensitiveField,
    hashed::{HashedSet, hash},
};

use crate::{
    collection::Walk,
    map::{self, Row, Said},
};

/// A fact that one pupil in so many had is remembered. The last pupil with a rarer one may have left, and all facts of all others would
/// stay as they are for that.
const RARE: u64 = 20;

/// What is shared, or was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shared {
    pub(crate) fields: BTreeSet<SensitiveField>,
    pub(crate) facts: BTreeSet<DemographicField>,
}

/// What of people is shared, as far as they came.
pub(super) struct Sharing {
    asked: BTreeSet<SensitiveField>,
    /// What was shared before.
    before: Shared,
    /// What somebody had in this pull.
    seen: Shared,
    /// Pupils of whole walks, and how many of them had each fact.
    pupils: u64,
    pupils_with: BTreeMap<DemographicField, u64>,
    /// Pages of the walk at hand with people of whom something that was shared before is not known yet, and what. Each by the
    /// number of rows that came with it, since a server may take smaller pages when they are read once more.
    unsure: Vec<(u64, FieldSet)>,
    /// Those people, by hashed id.
    people: HashedSet,
    /// Somebody came in the walk at hand.
    has_people: bool,
}

/// Who is to be told again.
pub(super) struct Again {
    /// They are among so many rows from the first.
    pub(super) rows: u64,
    /// By hashed id.
    pub(super) people: HashedSet,
}

impl Again {
    pub(super) fn concerns(&self, row: &Row) -> bool {
        row.id.as_ref().is_some_and(|id| self.people.contains(&hash(id)))
    }
}

/// What of the people of a walk is shared field by field.
const fn fields(walk: Walk) -> &'static [(SensitiveField, PersonField)] {
    match walk {
        Walk::Student => &[
            (SensitiveField::BirthDate, PersonField::BirthDate),
            (SensitiveField::Gender, PersonField::Gender),
            (SensitiveField::Addresses, PersonField::Addresses),
        ],
        Walk::Contact => &[(SensitiveField::Phones, PersonField::Phones)],
        Walk::Teacher | Walk::Staff | Walk::DistrictAdmin => &[],
    }
}

impl Sharing {
    pub(super) fn new(asked: &BTreeSet<SensitiveField>, before: Shared) -> Self {
        Self {
            asked: asked.clone(),
            before,
            seen: Shared::default(),
            pupils: 0,
            pupils_with: BTreeMap::new(),
            unsure: Vec::new(),
            people: HashedSet::default(),
            has_people: false,
        }
    }

    /// What is or was shared: a district that shares something again is not asked for what it had.
    pub(super) fn remembered(&self) -> Shared {
        let Shared { mut fields, mut facts } = self.before.clone();
        fields.extend(&self.seen.fields);
        facts.extend(self.seen.facts.iter().filter(|fact| self.is_common(fact)).cloned());
        Shared { fields, facts }
    }

    /// Whether so many pupils had a fact, or others of its group, that it can't go with one of them. Events tell too few pupils to say.
    fn is_common(&self, fact: &DemographicField) -> bool {
        let had = map::beside(fact).iter().filter_map(|fact| self.pupils_with.get(fact)).max().copied();
        self.pupils == 0 || had.unwrap_or(0).saturating_mul(RARE) >= self.pupils
    }

    fn count(&mut self, person: &Person) {
        self.pupils += 1;
        for fact in person.sensitive.iter().flat_map(|sensitive| sensitive.demographics.keys()) {
            match self.pupils_with.get_mut(fact) {
                Some(count) => *count += 1,
                None => {
                    self.pupils_with.insert(fact.clone(), 1);
                }
            }
        }
    }

    /// What the person has is shared.
    pub(super) fn learn(&mut self, person: &Person) {
        let Some(sensitive) = person.sensitive.as_deref() else { return };
        for (has, field) in [
            (sensitive.birth_date.is_some(), SensitiveField::BirthDate),
            (sensitive.gender.is_some(), SensitiveField::Gender),
            (!sensitive.addresses.is_empty(), SensitiveField::Addresses),
            (!sensitive.phones.is_empty(), SensitiveField::Phones),
        ] {
            if has {
                self.seen.fields.insert(field);
            }
        }
        for fact in sensitive.demographics.keys() {
            if !self.seen.facts.contains(fact) {
                self.seen.facts.extend(map::beside(fact));
            }
        }
    }

    /// Takes a page of a walk, with which so many rows `came`: notes in each row what of the person is not known. `again` says that
    /// the page is read once more.
    pub(super) fn page(&mut self, walk: Walk, rows: &mut [Row], came: u64, again: bool) {
        if came == rows.len() as u64 && !again {
            (self.unsure, self.people, self.has_people) = (Vec::new(), HashedSet::default(), false);
        }
        for row in rows.iter() {
            if let Said::Person(person, _) = &row.said {
                self.learn(person);
                if walk == Walk::Student && !again {
                    self.count(person);
                }
            }
        }
        let (unknown, due) = (self.unknown(walk), self.due(walk));
        let mut unsure = FieldSet::EMPTY;
        for row in rows {
            let Said::Person(person, _) = &row.said else { continue };
            if !person.has_role(&walk.role()) {
                continue;
            }
            self.has_people = true;
            let lacks = Self::lacks(person, unknown);
            row.unseen = row.unseen.union(lacks);
            if again {
                // They were noted when they were told first.
                row.problems.clear();
            } else if !lacks.common(due).is_empty() {
                unsure = unsure.union(lacks.common(due));
                self.people.insert(hash(&person.id));
            }
        }
        if !unsure.is_empty() {
            self.unsure.push((came, unsure));
        }
    }

    /// What can't be told yet, or at all, of who lacks it.
    fn unknown(&self, walk: Walk) -> FieldSet {
        let untold = fields(walk).iter().filter(|(shared, _)| !self.seen.fields.contains(shared));
        let mut unknown = FieldSet::of(untold.map(|(_, field)| *field));
        let facts_are_told = !self.seen.facts.is_empty() && self.before.facts.is_subset(&self.seen.facts);
        if walk == Walk::Student && !facts_are_told {
            unknown = unknown.with(PersonField::Demographics);
        }
        self.asked_of(unknown)
    }

    /// What of that was shared before.
    fn due(&self, walk: Walk) -> FieldSet {
        let before = fields(walk).iter().filter(|(shared, _)| self.before.fields.contains(shared));
        let mut due = FieldSet::of(before.map(|(_, field)| *field));
        if walk == Walk::Student && !self.before.facts.is_empty() {
            due = due.with(PersonField::Demographics);
        }
        due.common(self.unknown(walk))
    }

    fn asked_of(&self, unknown: FieldSet) -> FieldSet {
        let facts = [(SensitiveField::Demographics, PersonField::Demographics)];
        let all = fields(Walk::Student).iter().chain(fields(Walk::Contact)).chain(&facts);
        let unasked = all.filter(|(shared, _)| !self.asked.contains(shared)).map(|(_, field)| *field);
        unknown.minus(FieldSet::of(unasked))
    }

    /// What of the unknown the person lacks. Facts are one field: where one of them is unknown, they are.
    fn lacks(person: &Person, unknown: FieldSet) -> FieldSet {
        let sensitive = person.sensitive.as_deref();
        let has = [
            (sensitive.is_some_and(|held| held.birth_date.is_some()), PersonField::BirthDate),
            (sensitive.is_some_and(|held| held.gender.is_some()), PersonField::Gender),
            (sensitive.is_some_and(|held| !held.addresses.is_empty()), PersonField::Addresses),
            (sensitive.is_some_and(|held| !held.phones.is_empty()), PersonField::Phones),
        ];
        has.into_iter().filter(|(has, _)| *has).fold(unknown, |lacks, (_, field)| lacks.without(field))
    }

    /// What was shared before and is told of nobody: by our names.
    pub(super) fn lost(&self, walk: Walk) -> Vec<String> {
        let due = self.due(walk);
        if !self.has_people || due.is_empty() {
            return Vec::new();
        }
        let lost = fields(walk).iter().filter(|(_, field)| due.contains(*field));
        let mut names: Vec<_> = lost.map(|(shared, _)| shared.as_str().to_owned()).collect();
        if due.contains(PersonField::Demographics) {
            names.extend(self.before.facts.difference(&self.seen.facts).map(|fact| fact.as_str().to_owned()));
        }
        names
    }

    /// Who was told that something is unknown of which it is known now.
    pub(super) fn again(&mut self, walk: Walk) -> Option<Again> {
        let still = self.unknown(walk);
        let settled = |(_, unsure): &&(u64, FieldSet)| !unsure.minus(still).is_empty();
        let rows = self.unsure.iter().filter(settled).map(|(came, _)| *came).max()?;
        self.unsure.clear();
        Some(Again { rows, people: std::mem::take(&mut self.people) })
    }
}
