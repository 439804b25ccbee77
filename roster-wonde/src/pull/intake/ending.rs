//! What follows when a resource was read to its end, or is refused, and when all was read.

use std::collections::BTreeSet;

use roster_core::{
    Completeness, Entity, EntityKind, FieldSet, PartialCode, Problem, PullEvent, Result, Slice,
    codes as common, hashed::HashedSet,
};

use super::{
    super::{
        contacts::{self, Side},
        nobody,
        plan::{Purpose, Step},
        withheld_code,
    },
    Intake,
};
use crate::{codes, config::ClassSource, resource::Resource};

impl Intake {
    /// A resource is not shared.
    pub(in super::super) fn refuse(&mut self, step: Step, reason: &str) {
        self.begin_kinds(step, false);
        self.refused.insert(step.resource);
        if step.purpose == Purpose::Learn && step.resource == Resource::Employees {
            // Who left can't be told; the staff are asked for once more, and reported then.
            return;
        }
        let lost = self.grants.was(step.resource, None);
        if step.resource == Resource::Contacts && !lost {
            self.ties.has_read(Side::Contact);
        }
        let code = if lost { codes::PERMISSION_WITHDRAWN } else { common::REFUSED_COLLECTION };
        self.tell(Problem::warning(
            code,
            format!("{reason}; nothing can be said of it, and what was known stays"),
        ));
        let touched = self.touched(step);
        self.ends.doubt(&touched, withheld_code(), reason);
        self.close(step);
    }

    /// A resource was read to its end. Returns what is to be read instead, where it had nothing.
    pub(in super::super) fn end(&mut self, step: Step) -> Option<Step> {
        if step.purpose == Purpose::Deliver || step.resource != Resource::Employees {
            self.done.insert(step.resource);
        }
        self.note_sides(step);
        self.close(step);
        if step.resource != Resource::Classes || self.source != ClassSource::Auto {
            return None;
        }
        let has_classes = self.seen.get(&Resource::Classes).is_some_and(|seen| !seen.is_empty());
        let decided = if has_classes { ClassSource::Classes } else { ClassSource::RegistrationGroups };
        self.decided = Some(decided);
        self.source = decided;
        if has_classes {
            return None;
        }
        let message =
            "the school has no classes, so its registration groups were taken for them; this is remembered";
        self.tell(Problem::warning(codes::CLASS_SOURCE, message));
        Some(Step { resource: Resource::Registrations, purpose: step.purpose })
    }

    /// A list that tells of relationships on its side was read whole, or never told of them: then there is nothing to wait for, and
    /// the other side tells all.
    fn note_sides(&mut self, step: Step) {
        if self.ends.is_filtered(contacts::KIND) {
            return;
        }
        let tells = |include| self.used.contains(include) || !self.grants.was(step.resource, Some(include));
        match step.resource {
            Resource::Students if tells("contacts") => {
                self.ties.has_read(Side::Student);
                // In a scope the contacts' own list is not read: what a student's row tells is all that is asked for.
                if !self.scope.is_everything() {
                    self.ties.has_read(Side::Contact);
                }
            }
            Resource::Contacts if tells("students") => self.ties.has_read(Side::Contact),
            _ => {}
        }
    }

    fn close(&mut self, step: Step) {
        match step.resource {
            Resource::Campuses => self.orgs(step.purpose),
            Resource::Classes if self.source == ClassSource::Auto => {}
            Resource::Classes | Resource::Registrations => {
                let missing = self.scope.close_classes();
                self.unknown(EntityKind::Class, missing);
            }
            _ => {}
        }
    }

    /// The school and its campuses are known.
    pub(super) fn orgs(&mut self, purpose: Purpose) {
        self.begin_kind(EntityKind::Org);
        let orgs = std::mem::take(&mut self.campuses);
        for org in &orgs {
            self.scope.learn_org(org);
        }
        let missing = self.scope.close_orgs();
        self.unknown(EntityKind::Org, missing);
        for org in orgs {
            let record = org.into_record();
            if purpose == Purpose::Deliver && self.request.wants(EntityKind::Org) && self.scope.enter(&record)
            {
                self.upsert(record, FieldSet::EMPTY, None);
            }
        }
    }

    /// The resources whose rows are to be counted, with how many came.
    pub(in super::super) fn counted(&self) -> Vec<(Resource, u64)> {
        let odd = self.odd.iter().copied();
        let usual = [Resource::Students].into_iter();
        let due: BTreeSet<_> = odd.chain(usual).filter(|resource| self.done.contains(resource)).collect();
        let came = |resource| self.seen.get(resource).map_or(0, HashedSet::len) as u64;
        due.iter().map(|resource| (*resource, came(resource))).collect()
    }

    /// Compares what came with what Wonde counts. Fewer than it counts is not all.
    pub(in super::super) fn compare(&mut self, resource: Resource, came: u64, said: Option<u64>) {
        let step = Step::deliver(resource);
        let is_odd = self.odd.contains(&resource);
        let path = resource.path();
        match said {
            Some(said) if said > came => {
                let reason = format!("{path}: Wonde counts {said}, and {came} came");
                self.tell(Problem::warning(codes::COUNT_DIFFERS, reason.clone()));
                let touched = self.touched(step);
                self.ends.doubt(&touched, PartialCode::Unreadable, &reason);
            }
            Some(said) if said < came && said > 0 => {
                let message = format!("{path}: Wonde counts {said}, and {came} came; all of them were taken");
                self.tell(Problem::warning(codes::COUNT_DIFFERS, message));
            }
            None if is_odd => {
                let reason = format!(
                    "{path}: a whole page of {came} rows came, and nothing tells whether there are more"
                );
                let touched = self.touched(step);
                self.ends.doubt(&touched, PartialCode::Unreadable, &reason);
            }
            _ => {}
        }
    }

    /// A school in which nobody is.
    pub(in super::super) fn refuse_nobody(&self) -> Result<()> {
        let empty = |resource| {
            self.done.contains(&resource) && self.seen.get(&resource).is_none_or(HashedSet::is_empty)
        };
        if empty(Resource::Students) && empty(Resource::Employees) { Err(nobody()) } else { Ok(()) }
    }

    /// All was read.
    pub(in super::super) fn finish(&mut self) {
        // Where a contact's row alone tells of some, a student's row that changed does not say that they are over.
        let is_all = !self.is_one_sided() && self.ends.is_filtered(contacts::KIND);
        if is_all && self.ends.may_close(contacts::KIND) {
            for student in std::mem::take(&mut self.related) {
                let slice = Slice::Of(EntityKind::Person, student);
                let completeness = Completeness::Complete;
                self.out.push_back(PullEvent::End { kind: contacts::KIND, slice, completeness });
            }
        }
        self.summarize();
        for kind in EntityKind::ALL {
            if self.request.wants(kind) {
                self.begin_kind(kind);
                self.out.extend(self.ends.events(kind, self.has_contacts()));
            }
        }
    }

    fn summarize(&mut self) {
        let mut notes = Vec::new();
        if self.left_out > 0 {
            let message = format!("{} members of staff are not current and were left out", self.left_out);
            notes.push(Problem::warning(codes::NOT_CURRENT, message));
        }
        if self.idle > 0 {
            let message =
                format!("{} classes are duties or the like, no teaching, and were left out", self.idle);
            notes.push(Problem::warning(codes::NOT_TEACHING, message));
        }
        if self.repeated > 0 {
            let message = format!("{} rows came more than once; each was counted once", self.repeated);
            notes.push(Problem::warning(common::REPEATED_RECORD, message));
        }
        if self.unknown_deletions > 0 {
            let message =
                format!("{} things of types that are not known were deleted", self.unknown_deletions);
            notes.push(Problem::warning(codes::UNKNOWN_DELETION, message));
        }
        for note in notes {
            self.tell(note);
        }
    }
}
