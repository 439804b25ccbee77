//! The end of a pull: guardians, the report, and how whole each kind was seen.

use std::collections::BTreeMap;

use roster_core::{
    Completeness, Cursor, Entity, EntityKind, FieldSet, PartialCode, Person, Problem, PullEvent, Slice,
    SourcedId, codes,
};

use super::{Intake, page_of};
use crate::{client::List, map::Guardian, scopes::GoogleScope, source::Mode};

impl Intake {
    /// Everything was read.
    pub(in crate::pull) fn finish(&mut self, has_rules: bool, missing: &[GoogleScope], cursor: Cursor) {
        for scope in missing {
            self.lacks(*scope);
        }
        for (person, unseen) in self.people.take_nameless() {
            self.people.count_email(&person);
            self.upsert(person.into_record(), unseen, Vec::new(), &page_of(List::Students));
        }
        self.guardians();
        self.report(has_rules, missing.contains(&GoogleScope::Emails));
        for kind in self.supported() {
            if kind == EntityKind::Enrollment && self.mode == Mode::District {
                let completeness = self.ends.of(kind);
                let is_whole = self.all_seats && completeness == Completeness::Complete;
                // Of the seats of one course it is told whether they are all; of all together only if that is true.
                if !is_whole && self.seat_slices > 0 {
                    continue;
                }
                let reason = || "not all courses could be read".to_owned();
                let partial = Completeness::Partial { code: PartialCode::Withheld, reason: reason() };
                let completeness = match completeness {
                    Completeness::Complete if !is_whole => partial,
                    completeness => completeness,
                };
                self.out.push_back(PullEvent::End { kind, slice: Slice::All, completeness });
                continue;
            }
            let completeness = self.ends.of(kind);
            self.out.push_back(PullEvent::End { kind, slice: Slice::All, completeness });
        }
        self.out.push_back(PullEvent::Checkpoint(Box::new(cursor)));
    }

    /// Each guardian once, though there is a row for each pupil.
    fn guardians(&mut self) {
        let mut contacts: BTreeMap<SourcedId, (Person, FieldSet)> = BTreeMap::new();
        let place = page_of(List::Guardians);
        let mut ties = BTreeMap::new();
        for guardian in std::mem::take(&mut self.people.links) {
            let Guardian { relationship, person, unseen, problems } = guardian;
            if !self.scope.is_everything() && !self.people.is_in_scope(&relationship.student) {
                continue;
            }
            if self.request.wants(EntityKind::Person) {
                self.tell_all(problems);
            }
            let is_known = self.people.is_in_scope(&person.id);
            if !is_known {
                let kept = contacts.entry(person.id.clone()).or_insert_with(|| (person.clone(), unseen));
                if kept.0.name.is_empty() && !person.name.is_empty() {
                    *kept = (person, unseen);
                }
            }
            ties.entry(relationship.id.clone()).or_insert(relationship);
        }
        for (person, unseen) in contacts.into_values() {
            self.upsert(person.into_record(), unseen, Vec::new(), &place);
        }
        for tie in ties.into_values() {
            self.upsert(tie.into_record(), FieldSet::EMPTY, Vec::new(), &place);
        }
    }

    fn report(&mut self, has_rules: bool, lacks_emails: bool) {
        for (reason, count) in std::mem::take(&mut self.no_aliases) {
            let message =
                format!("the aliases of {count} courses could not be read: {reason}; their ids are kept");
            self.tell(
                Problem::warning(codes::COLLECTION_UNREADABLE, message)
                    .of(EntityKind::Class)
                    .in_field("aliases"),
            );
        }
        if self.repeated > 0 {
            let message = format!("{} rows came more than once; each was counted once", self.repeated);
            self.tell(Problem::warning(codes::REPEATED_RECORD, message).of(EntityKind::Person));
        }
        if !self.request.wants(EntityKind::Person) {
            return;
        }
        let emails = self.people.emails();
        if emails.with == 0 && emails.without > 0 && !lacks_emails {
            let message = format!(
                "nobody of {} people came with an e-mail address: the scope {} was not granted, or the domain hides addresses; \
                 people are told by their ids",
                emails.without,
                GoogleScope::Emails.short()
            );
            self.tell(
                Problem::warning(codes::EMAILS_WITHHELD, message)
                    .of(EntityKind::Person)
                    .in_field("emailAddress"),
            );
        }
        let reports = self.people.report(has_rules);
        self.tell_all(reports);
    }
}
