//! What a request needs, and what of each kind it can see.

use roster_core::{ClassField, EntityKind, FieldSet, PersonField, PullRequest, SensitiveField};

use crate::{
    map::Wants,
    rules::Rules,
    source::{self, Mode},
};

/// What a request needs to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a step that is due or not")]
pub(super) struct Needs {
    pub(super) units: bool,
    pub(super) guardians: bool,
    /// Users tell what hangs on them, before courses are read.
    pub(super) users_first: bool,
    /// Users are delivered, or people are found by them, when all seats are known.
    pub(super) users_last: bool,
    pub(super) courses: bool,
    pub(super) rosters: bool,
}

impl Needs {
    pub(super) fn of(request: &PullRequest, mode: Mode, rules: &Rules) -> Self {
        let wants = |kind| request.wants(kind);
        let scoped = !request.scope.is_everything();
        let (classes, seats) = (wants(EntityKind::Class), wants(EntityKind::Enrollment));
        let ties = mode == Mode::District && wants(EntityKind::Relationship);
        // Who is in scope, who is known from a course alone: both are told by seats.
        let people = wants(EntityKind::Person) || (scoped && ties);
        let courses = classes || seats || people;
        if mode == Mode::Teacher {
            return Self { courses, rosters: seats || people, ..Self::default() };
        }
        let guardians = ties || (wants(EntityKind::Person) && request.sees(SensitiveField::Contacts));
        let places_classes = courses && rules.school_of_owner;
        let rosters = seats || people;
        let users = people || places_classes || (rosters && rules.leaves_out());
        let by_rules = users && (rules.has_schools() || rules.has_people());
        Self {
            units: wants(EntityKind::Org) || by_rules || request.scope.orgs.is_some(),
            guardians,
            users_first: users,
            users_last: scoped && people,
            courses,
            rosters,
        }
    }
}

/// What a pull can see of a kind.
pub(super) fn fields(request: &PullRequest, kind: EntityKind, mode: Mode, rules: &Rules) -> FieldSet {
    let mut fields = source::fields(kind, mode);
    let without = |fields: FieldSet, is_unseen: bool, unseen: FieldSet| {
        if is_unseen { fields.minus(unseen) } else { fields }
    };
    match kind {
        EntityKind::Class => {
            fields = without(fields, !rules.school_of_owner, FieldSet::of([ClassField::Org]));
            fields = without(fields, rules.alias.is_none(), FieldSet::of([ClassField::Identifiers]));
            fields = without(fields, !rules.levels, FieldSet::of([ClassField::Grades]));
            without(fields, !request.extra, FieldSet::of([ClassField::Extra]))
        }
        EntityKind::Person => {
            let emails = request.sees(SensitiveField::Emails);
            fields = without(fields, !emails, FieldSet::of([PersonField::Emails]));
            without(fields, !request.extra, FieldSet::of([PersonField::Extra]))
        }
        _ => fields,
    }
}

/// What is asked of a course.
pub(super) fn course_fields(wants: &Wants, rules: &Rules) -> String {
    let mut fields = "id,name,section,room,ownerId,courseState,subject".to_owned();
    if wants.extra {
        fields.push_str(",levels,descriptionHeading,alternateLink,creationTime,guardiansEnabled,calendarId");
    } else if rules.levels {
        fields.push_str(",levels");
    }
    fields
}

/// What is asked of a user.
pub(super) fn user_fields(wants: &Wants, rules: &Rules) -> String {
    let mut fields =
        "id,primaryEmail,name(givenName,familyName,fullName),orgUnitPath,suspended,archived,externalIds,organizations".to_owned();
    if wants.sees(SensitiveField::Emails) {
        fields.push_str(",aliases");
    }
    if wants.extra || !rules.custom_schemas().is_empty() {
        fields.push_str(",customSchemas");
    }
    fields
}

/// What is asked of a student or teacher.
pub(super) const MEMBER_FIELDS: &str = "userId,profile(id,name(givenName,familyName,fullName),emailAddress)";

/// What is asked of a guardian.
pub(super) const GUARDIAN_FIELDS: &str = "studentId,guardianId,invitedEmailAddress,guardianProfile(id,name(givenName,familyName,fullName),emailAddress)";

/// What is asked of an org unit.
pub(super) const UNIT_FIELDS: &str = "orgUnitId,orgUnitPath,name,parentOrgUnitId,parentOrgUnitPath";

#[cfg(test)]
mod tests {
    use roster_core::Scope;

    use super::*;
    use crate::GoogleRules;

    fn needs(request: &PullRequest, mode: Mode, rules: &str) -> Needs {
        let rules = GoogleRules::from_toml(rules).unwrap().compile().unwrap();
        Needs::of(request, mode, &rules)
    }

    #[test]
    fn no_more_is_read_than_is_needed() {
        let only = |kind| PullRequest::full().only([kind]);
        let org = needs(&only(EntityKind::Org), Mode::District, "");
        assert_eq!(org, Needs { units: true, ..Needs::default() });
        let class = needs(&only(EntityKind::Class), Mode::District, "");
        assert_eq!(class, Needs { courses: true, ..Needs::default() });
        let placed = needs(&only(EntityKind::Class), Mode::District, "[classes]\nschool = \"owner\"");
        assert!(placed.users_first && !placed.rosters);
        let seats = needs(&only(EntityKind::Enrollment), Mode::District, "");
        assert!(seats.rosters && !seats.users_first && !seats.guardians);
        let teacher = needs(&PullRequest::full().with_sensitive(SensitiveField::ALL), Mode::Teacher, "");
        assert_eq!(teacher, Needs { courses: true, rosters: true, ..Needs::default() });
    }

    #[test]
    fn who_is_in_scope_is_known_when_all_seats_are() {
        let request = PullRequest::full().only([EntityKind::Person]).scoped(Scope::of_classes(["c".into()]));
        let needs = needs(&request, Mode::District, "");
        assert!(needs.users_first && needs.users_last && needs.rosters);
    }
}
