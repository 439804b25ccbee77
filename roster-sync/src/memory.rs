//! What a run leaves to the next.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use jiff::Timestamp;
use roster_core::{Cursor, EntityKind, PullRequest, Scope, SensitiveField, SourcedId, jiff};
use serde::{Deserialize, Serialize};

use crate::Seats;

/// What a run that counted leaves to the next one. A store keeps it with the run, as it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Memory {
    pub(crate) provider: String,
    pub(crate) tenant: String,
    pub(crate) cursor: Option<Cursor>,
    pub(crate) asked: Asked,
    /// Why only a full pull can go on, if so.
    pub(crate) needs_full: Option<String>,
    /// When each kind was last seen whole by a full pull.
    pub(crate) full: BTreeMap<EntityKind, Timestamp>,
    /// When each kind was last confirmed, by whatever pull.
    pub(crate) fresh: BTreeMap<EntityKind, Timestamp>,
    /// What the runs did of what guards count, in the last 24 hours and since the last approval.
    pub(crate) window: Vec<Effect>,
    /// How many approvals were used up: each counts once.
    pub(crate) approvals: u64,
    /// That there are more students than seats was approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) seats: Option<Overbooked>,
}

/// How many more students than seats somebody approved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Overbooked {
    /// For so many there were seats.
    pub(crate) limit: u64,
    /// So many there were.
    pub(crate) students: u64,
}

impl Overbooked {
    /// What is approved after a run that was applied: what it had approved, or what was before, as long as there are too many. With
    /// fewer seats than then, nothing is.
    pub(crate) fn after(before: Option<Self>, seats: &Seats, approved: bool) -> Option<Self> {
        let limit = seats.limit.filter(|limit| seats.after > *limit)?;
        if approved {
            return Some(Self { limit, students: seats.after });
        }
        before
    }

    /// How many students may be.
    pub(crate) fn most(before: Option<Self>, limit: u64) -> u64 {
        before.filter(|before| limit >= before.limit).map_or(limit, |before| before.students.max(limit))
    }
}

impl Memory {
    /// When each kind was last confirmed: by a pull that saw it whole, or by the vendor's word that nothing changed.
    pub const fn fresh(&self) -> &BTreeMap<EntityKind, Timestamp> {
        &self.fresh
    }
}

/// What a host asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) kinds: BTreeSet<EntityKind>,
    pub(crate) scope: Scope,
    pub(crate) sensitive: BTreeSet<SensitiveField>,
    #[serde(default)]
    pub(crate) extra: bool,
}

impl Asked {
    /// What a request asks for, of the kinds that the source has.
    pub(crate) fn of(request: &PullRequest, supported: impl Fn(EntityKind) -> bool) -> Self {
        Self {
            kinds: request.wanted().filter(|kind| supported(*kind)).collect(),
            scope: request.scope.clone(),
            sensitive: request.sensitive.clone(),
            extra: request.extra,
        }
    }

    /// In which respects it asks for less than `before`.
    pub(crate) fn less_than(&self, before: &Self) -> Vec<String> {
        let mut less: Vec<_> =
            before.kinds.difference(&self.kinds).map(|kind| format!("the kind {kind}")).collect();
        less.extend(
            before.sensitive.difference(&self.sensitive).map(|field| format!("the sensitive field {field}")),
        );
        if before.extra && !self.extra {
            less.push("fields outside the model".to_owned());
        }
        less.extend(narrower("schools", self.scope.orgs.as_ref(), before.scope.orgs.as_ref()));
        less.extend(narrower("classes", self.scope.classes.as_ref(), before.scope.classes.as_ref()));
        less
    }
}

fn narrower(
    what: &str,
    now: Option<&BTreeSet<SourcedId>>,
    before: Option<&BTreeSet<SourcedId>>,
) -> Option<String> {
    match (now, before) {
        (None, _) => None,
        (Some(now), None) => Some(format!("all {what} but {}", now.len())),
        (Some(now), Some(before)) => {
            let lost = before.difference(now).count();
            (lost > 0).then(|| format!("{lost} of the {what}"))
        }
    }
}

/// What one run did of what guards count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Effect {
    pub(crate) at: Timestamp,
    pub(crate) kind: EntityKind,
    pub(crate) school: Option<SourcedId>,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) ended: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) updated: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) quarantined: u64,
}

/// Puts together what happened within one hour of the same clock, so that runs every few minutes don't make the window long. It
/// counts from the last of them on: rather an hour too long than too short.
pub(crate) fn by_the_hour(effects: impl IntoIterator<Item = Effect>) -> Vec<Effect> {
    let mut hours: BTreeMap<(i64, EntityKind, Option<SourcedId>), Effect> = BTreeMap::new();
    for effect in effects {
        let hour = effect.at.as_second().div_euclid(3600);
        match hours.entry((hour, effect.kind, effect.school.clone())) {
            Entry::Vacant(place) => drop(place.insert(effect)),
            Entry::Occupied(mut sum) => sum.get_mut().add(&effect),
        }
    }
    hours.into_values().collect()
}

impl Effect {
    fn add(&mut self, other: &Self) {
        self.at = self.at.max(other.at);
        self.ended += other.ended;
        self.updated += other.updated;
        self.quarantined += other.quarantined;
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_has_a_row_for_each_hour_kind_and_school() {
        let effect = |minute: i64, school: &str, ended| Effect {
            at: Timestamp::from_second(7200 + minute * 60).unwrap(),
            kind: EntityKind::Person,
            school: Some(school.into()),
            ended,
            updated: 1,
            quarantined: 0,
        };
        let window =
            by_the_hour([effect(5, "a", 1), effect(59, "a", 2), effect(59, "b", 4), effect(60, "a", 8)]);
        assert_eq!(
            window,
            [Effect { updated: 2, ..effect(59, "a", 3) }, effect(59, "b", 4), effect(60, "a", 8)]
        );
    }
}
