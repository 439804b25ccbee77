//! What watches over a plan.

use std::collections::{BTreeMap, HashMap};

use roster_core::{EntityKind, Record, Result, SourcedId, jiff};

use super::{BODIES, Draft};
use crate::{
    Guard, Hold, Limit,
    memory::Effect,
    record::{Group, groups},
    stage::Census,
};

/// Limits are summed over this time, so that a district can't be emptied in slices.
const WINDOW: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

/// What a plan does of what guards count, by kind and group.
#[derive(Clone, Debug, Default)]
pub(crate) struct Effects {
    kinds: BTreeMap<EntityKind, Numbers>,
    groups: BTreeMap<(EntityKind, Group), Numbers>,
    /// The same by school, once it is known which class belongs to which.
    schools: BTreeMap<(EntityKind, Option<SourcedId>), Numbers>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Numbers {
    ended: u64,
    updated: u64,
    quarantined: u64,
}

impl Effects {
    pub(super) fn end(&mut self, record: &Record) {
        self.count(record, |numbers| numbers.ended += 1);
    }

    pub(super) fn update(&mut self, record: &Record) {
        self.count(record, |numbers| numbers.updated += 1);
    }

    fn count(&mut self, record: &Record, count: impl Fn(&mut Numbers)) {
        let kind = record.kind();
        count(self.kinds.entry(kind).or_default());
        groups(record, |group| {
            if matches!(group, Group::Org(_) | Group::Class(_)) {
                count(self.groups.entry((kind, group)).or_default());
            }
        });
    }

    fn add(&mut self, kind: EntityKind, school: Option<SourcedId>, numbers: Numbers) {
        let sum = self.schools.entry((kind, school)).or_default();
        sum.ended += numbers.ended;
        sum.updated += numbers.updated;
        sum.quarantined += numbers.quarantined;
    }

    /// For the next run.
    pub(crate) fn to_window(&self, at: jiff::Timestamp) -> Vec<Effect> {
        self.schools
            .iter()
            .map(|((kind, school), numbers)| Effect {
                at,
                kind: *kind,
                school: school.clone(),
                ended: numbers.ended,
                updated: numbers.updated,
                quarantined: numbers.quarantined,
            })
            .collect()
    }
}

/// Drops what is too old to count.
pub(crate) fn still_counts(effect: &Effect, now: jiff::Timestamp) -> bool {
    now.duration_since(effect.at) < WINDOW
}

impl Draft<'_> {
    /// Asks every guard.
    pub(super) async fn guard(&mut self) -> Result<()> {
        let census = Census::read(self.session.census().await?);
        let schools = self.schools_of_classes(&census).await?;
        self.by_school(&schools);
        let mut holds = Vec::new();
        self.guard_seats(&census, &mut holds);
        if self.is_first() {
            self.plan.holds = holds;
            return Ok(());
        }
        self.guard_request(&mut holds);
        self.guard_empty(&mut holds);
        self.guard_shares(&self.standing(&census, &schools), &mut holds);
        self.guard_people(&census, &mut holds);
        self.guard_ids(&mut holds).await?;
        self.plan.holds = holds;
        Ok(())
    }

    /// Counts the effects by school. What is counted by class belongs to the class's school.
    fn by_school(&mut self, schools: &HashMap<SourcedId, SourcedId>) {
        for row in &self.plan.into_quarantine {
            if !row.again {
                self.plan.effects.kinds.entry(row.kind).or_default().quarantined += 1;
            }
        }
        let effects = std::mem::take(&mut self.plan.effects);
        let mut resolved = Effects::default();
        for (kind, numbers) in &effects.kinds {
            resolved.add(*kind, None, *numbers);
        }
        for ((kind, group), numbers) in &effects.groups {
            match group {
                Group::Org(school) => resolved.add(*kind, Some(self.now_called(school)), *numbers),
                Group::Class(class) => {
                    if let Some(school) = schools.get(class) {
                        resolved.add(*kind, Some(self.now_called(school)), *numbers);
                    }
                }
                _ => {}
            }
        }
        self.plan.effects = resolved;
    }

    /// The schools of the classes by which enrollments are counted, if any are and an effect is.
    async fn schools_of_classes(&mut self, census: &Census) -> Result<HashMap<SourcedId, SourcedId>> {
        if self.plan.effects.kinds.is_empty() || !census.counts_by_class() {
            return Ok(HashMap::new());
        }
        let mut schools = HashMap::new();
        for places in self.active_of(EntityKind::Class).chunks(BODIES) {
            for record in self.stored(places).await?.into_iter().flatten() {
                if let Record::Class(class) = record
                    && let Some(org) = class.org
                {
                    schools.insert(class.id, org);
                }
            }
        }
        Ok(schools)
    }

    fn guard_request(&self, holds: &mut Vec<Hold>) {
        let Some(before) = &self.ground.before else { return };
        if before.provider != self.ground.provider {
            holds.push(Hold::new(Guard::OtherVendor, None, None, 1, 1, 0));
        }
        if !self.ground.asked.less_than(&before.asked).is_empty() {
            holds.push(Hold::new(Guard::Narrowed, None, None, 1, 1, 0));
        }
    }

    fn guard_empty(&self, holds: &mut Vec<Hold>) {
        for kind in &self.ground.asked.kinds {
            let counts = self.plan.counts.get(kind).copied().unwrap_or_default();
            let says_nothing = self.is_whole(*kind) && counts.seen == 0;
            if !says_nothing && counts.ended == 0 {
                continue;
            }
            let stood = self.count_active_of(*kind) as u64;
            let leaves_nothing = stood + counts.created + counts.restored <= counts.ended;
            if stood > 0 && (says_nothing || leaves_nothing) {
                holds.push(Hold::new(Guard::EmptyKind, Some(*kind), None, stood, stood, 0));
            }
        }
    }

    fn guard_shares(&self, stood: &HashMap<(EntityKind, SourcedId), u64>, holds: &mut Vec<Hold>) {
        let mut sums = self.plan.effects.schools.clone();
        // What ended earlier in the window stood at its beginning.
        let mut gone: HashMap<(EntityKind, Option<SourcedId>), u64> = HashMap::new();
        let before = self.ground.before.as_ref().map(|before| before.window.clone()).unwrap_or_default();
        for effect in before.iter().filter(|effect| still_counts(effect, self.ground.now)) {
            // The past alone holds nobody: it was let through.
            let school = effect.school.as_ref().map(|school| self.now_called(school));
            let place = (effect.kind, school);
            if let Some(sum) = sums.get_mut(&place) {
                if sum.ended > 0 {
                    sum.ended += effect.ended;
                    *gone.entry(place).or_default() += effect.ended;
                }
                sum.updated += if sum.updated > 0 { effect.updated } else { 0 };
                sum.quarantined += if sum.quarantined > 0 { effect.quarantined } else { 0 };
            }
        }
        let guards = self.ground.guards;
        for ((kind, school), numbers) in sums {
            let of = match &school {
                None => self.count_active_of(kind) as u64,
                Some(school) => stood.get(&(kind, school.clone())).copied().unwrap_or(0),
            };
            let stood_first = of + gone.get(&(kind, school.clone())).copied().unwrap_or(0);
            let mut check = |guard, limit: Limit, count, of| {
                if limit.is_passed(count, of) {
                    holds.push(Hold::new(guard, Some(kind), school.clone(), count, of, limit.most(of)));
                }
            };
            check(Guard::Ends, guards.ends, numbers.ended, stood_first);
            check(Guard::Updates, guards.updates, numbers.updated, of);
            let seen = self.plan.counts.get(&kind).map_or(0, |counts| counts.seen);
            check(Guard::Dangling, guards.dangling, numbers.quarantined, seen);
        }
    }

    /// Schools that would have no teachers or no students any more.
    fn guard_people(&self, census: &Census, holds: &mut Vec<Hold>) {
        for (kind, group, stood) in census.sorted() {
            let (guard, school) = match group {
                Group::Teachers(school) => (Guard::NoTeachers, school),
                Group::Students(school) => (Guard::NoStudents, school),
                _ => continue,
            };
            let after = |group: &Group| census.count(kind, group) + self.plan.census.count(kind, group);
            // Those of a school that has another id now are there under that one.
            if stood > 0 && after(group) <= 0 && after(&group.of(self.now_called(school))) <= 0 {
                let stood = stood.unsigned_abs();
                holds.push(Hold::new(
                    guard,
                    Some(kind),
                    Some(school.clone()),
                    stood,
                    stood,
                    stood.saturating_sub(1),
                ));
            }
        }
    }

    /// How many records stood in each school.
    fn standing(
        &self,
        census: &Census,
        schools: &HashMap<SourcedId, SourcedId>,
    ) -> HashMap<(EntityKind, SourcedId), u64> {
        let mut stood = HashMap::new();
        for (kind, group, count) in census.sorted() {
            let school = match group {
                Group::Org(school) => Some(school),
                Group::Class(class) => schools.get(class),
                _ => None,
            };
            if let Some(school) = school {
                *stood.entry((kind, self.now_called(school))).or_insert(0) +=
                    u64::try_from(count).unwrap_or(0);
            }
        }
        stood
    }

    /// The school's id after the re-keys.
    fn now_called(&self, school: &SourcedId) -> SourcedId {
        self.rekeys.get(&(EntityKind::Org, school.clone())).unwrap_or(school).clone()
    }
}
