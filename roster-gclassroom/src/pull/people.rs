//! Who was seen where: users of the Directory, people who are known from a course alone, guardians.

use std::collections::{BTreeMap, HashMap};

use roster_core::{
    EntityKind, FieldSet, Person, Problem, SourcedId, codes,
    hashed::{HashedMap, HashedSet, hash},
};

use crate::map::{Guardian, User};

/// No more units are named one by one in a report.
const MOST_UNITS: usize = 50;

/// Who was seen where. Ids are kept as hashes; guardians, and people without a name, are kept as they came: the former are one
/// person in several rows, and of the latter another course may tell more.
#[derive(Default)]
pub(super) struct People {
    /// Users of the Directory, and the number of each one's school, from 1.
    users: HashedMap<u32>,
    /// Users of whom it can't be told which school they have.
    unplaced: HashedSet,
    left_out: HashedSet,
    left_out_count: u64,
    /// Delivered, because a course shows them.
    shown: HashedSet,
    nameless: HashMap<SourcedId, (Person, FieldSet)>,
    /// All who are in scope, contacts not counted.
    in_scope: HashedSet,
    guardians: HashedSet,
    pub(super) links: Vec<Guardian>,
    uncovered: BTreeMap<String, u64>,
    lost_schools: BTreeMap<String, u64>,
    emails: Emails,
}

/// With how many people an e-mail address came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Emails {
    pub(super) with: u64,
    pub(super) without: u64,
}

impl People {
    /// Learns of a user. Returns whether the user is new.
    pub(super) fn learn_user(&mut self, user: &User, school: Option<u32>) -> bool {
        let id = hash(&user.person.id);
        if self.users.insert(id, school.unwrap_or_default()).is_some() {
            return false;
        }
        match &user.placed {
            None if user.unit.is_empty() => {
                self.unplaced.insert(id);
            }
            None => *self.uncovered.entry(user.unit.clone()).or_default() += 1,
            Some(placed) if placed.leave_out => {
                self.left_out.insert(id);
                self.left_out_count += 1;
            }
            Some(placed) if placed.school == crate::rules::School::NotFound => {
                self.unplaced.insert(id);
                *self.lost_schools.entry(user.unit.clone()).or_default() += 1;
            }
            Some(_) => {}
        }
        true
    }

    pub(super) fn is_user(&self, id: &str) -> bool {
        self.users.contains_key(&hash(id))
    }

    /// Whether it can't be told which school a user has; a user who has none is not meant.
    pub(super) fn is_unplaced(&self, id: &str) -> bool {
        self.unplaced.contains(&hash(id))
    }

    pub(super) fn is_left_out(&self, id: &str) -> bool {
        self.left_out.contains(&hash(id))
    }

    /// The number of a user's school.
    pub(super) fn school_of(&self, id: &str) -> Option<usize> {
        let number = self.users.get(&hash(id)).copied().filter(|number| *number > 0)?;
        usize::try_from(number - 1).ok()
    }

    pub(super) fn is_guardian(&self, id: &str) -> bool {
        self.guardians.contains(&hash(id))
    }

    pub(super) fn learn_guardian(&mut self, guardian: Guardian) {
        self.guardians.insert(hash(&guardian.person.id));
        self.links.push(guardian);
    }

    pub(super) fn enter_scope(&mut self, id: &str) {
        self.in_scope.insert(hash(id));
    }

    pub(super) fn is_in_scope(&self, id: &str) -> bool {
        self.in_scope.contains(&hash(id))
    }

    /// Whether a person whom a course shows is to be delivered now: once, and with a name if any course has one.
    pub(super) fn show(&mut self, person: Person, unseen: FieldSet) -> Option<(Person, FieldSet)> {
        let id = hash(&person.id);
        if self.shown.contains(&id) {
            return None;
        }
        if person.name.is_empty() {
            let kept = self.nameless.entry(person.id.clone()).or_insert_with(|| (person.clone(), unseen));
            if kept.0.email.is_none() && person.email.is_some() {
                *kept = (person, unseen);
            }
            return None;
        }
        self.nameless.remove(&person.id);
        self.shown.insert(id);
        Some((person, unseen))
    }

    /// The people of whom no course told a name.
    pub(super) fn take_nameless(&mut self) -> Vec<(Person, FieldSet)> {
        let mut people: Vec<_> = std::mem::take(&mut self.nameless).into_values().collect();
        people.sort_by(|a, b| a.0.id.cmp(&b.0.id));
        people
    }

    pub(super) fn count_email(&mut self, person: &Person) {
        let count = if person.email.is_some() { &mut self.emails.with } else { &mut self.emails.without };
        *count += 1;
    }

    pub(super) const fn emails(&self) -> Emails {
        self.emails
    }

    /// What no rule covers.
    pub(super) fn report(&self, has_rules: bool) -> Vec<Problem> {
        let mut problems = Vec::new();
        let people = |of: &BTreeMap<String, u64>| of.values().sum::<u64>();
        let warn = |code, message: String| {
            Problem::warning(code, message).of(EntityKind::Person).in_field("orgUnitPath")
        };
        if has_rules {
            for (unit, count) in self.uncovered.iter().take(MOST_UNITS) {
                let message =
                    format!("no rule covers the unit {unit}: its {count} people came without a role");
                problems.push(warn(codes::UNCOVERED_UNIT, message));
            }
            let rest: u64 = self.uncovered.values().skip(MOST_UNITS).sum();
            if rest > 0 {
                let units = self.uncovered.len() - MOST_UNITS;
                let message =
                    format!("no rule covers {units} further units: their {rest} people came without a role");
                problems.push(warn(codes::UNCOVERED_UNIT, message));
            }
        } else if people(&self.uncovered) > 0 {
            let message = format!(
                "{} people came without role, school and grade: there are no rules for org units; write some",
                people(&self.uncovered)
            );
            problems.push(warn(codes::UNCOVERED_UNIT, message));
        }
        for (unit, count) in self.lost_schools.iter().take(MOST_UNITS) {
            let message = format!(
                "a rule finds a school in the unit {unit}, and no unit that is a school is meant: its {count} people came without \
                 a school"
            );
            problems.push(warn(codes::UNKNOWN_SCHOOL, message));
        }
        let rest: u64 = self.lost_schools.values().skip(MOST_UNITS).sum();
        if rest > 0 {
            problems.push(warn(
                codes::UNKNOWN_SCHOOL,
                format!("{rest} people of further units came without a school"),
            ));
        }
        if self.left_out_count > 0 {
            let message =
                format!("{} people of org units that the rules leave out were left out", self.left_out_count);
            problems.push(warn(codes::LEFT_OUT, message));
        }
        problems
    }
}
