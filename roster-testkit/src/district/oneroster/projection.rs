//! What of a district survives OneRoster.

use std::collections::{BTreeMap, BTreeSet};

use roster_core::{
    AcademicSession, AccountState, Class, ClassType, ContactKind, Course, Enrollment, Identifier,
    IdentifierScheme, LabeledText, Org, OrgType, Person, PersonName, Relationship, Role, Sensitive,
    SessionType, Subject,
};

use super::{OneRosterVersion, words};
use crate::district::District;

/// What a reader of OneRoster can know of the district, all sensitive fields asked for.
///
/// Lost are: dates of classes, titles of jobs, addresses, state ids, houses and the like; in 1.1 all but one role of a
/// person, and with them the relationships of whoever is written as a teacher; of a relationship all but what the
/// contact's role says. Ids are the vendor's own, and a relationship's is made from its parts.
#[must_use]
pub fn what_oneroster_says(district: &District, version: OneRosterVersion) -> District {
    let mut said = District::empty(district.spec().clone());
    said.date = district.date;
    said.day = district.day;
    said.orgs = district.orgs.iter().map(org).collect();
    said.sessions = district.sessions.iter().map(session).collect();
    said.courses = district.courses.iter().map(course).collect();
    said.classes = district.classes.iter().map(class).collect();
    said.people = district.people.iter().map(|it| person(it, version)).collect();
    said.enrollments = district.enrollments.iter().map(|it| enrollment(it, version)).collect();
    said.relationships = relationships(district, version);
    said.normalized()
}

fn org(org: &Org) -> Org {
    let org_type = OrgType::read(words::org_type(&org.org_type));
    let mut said = Org::new(org.id.clone(), org_type, org.name.clone());
    said.parent.clone_from(&org.parent);
    let identifier =
        words::org_identifier(org).map(|value| Identifier::new(words::plain_identifier(), value));
    said.identifiers.extend(identifier);
    said
}

fn session(session: &AcademicSession) -> AcademicSession {
    let session_type = SessionType::read(words::session_type(&session.session_type));
    let mut said = AcademicSession::new(session.id.clone(), session_type, session.title.clone());
    said.begin = session.begin;
    said.end = session.end;
    said.school_year = session.school_year;
    said.parent.clone_from(&session.parent);
    said
}

fn course(course: &Course) -> Course {
    let mut said = Course::new(course.id.clone(), course.title.clone());
    said.code.clone_from(&course.code);
    said.org.clone_from(&course.org);
    said.session.clone_from(&course.session);
    said.grades.clone_from(&course.grades);
    said.subjects = subjects(&course.subjects);
    said
}

fn class(class: &Class) -> Class {
    let mut said = Class::new(class.id.clone(), class.title.clone());
    said.code.clone_from(&class.code);
    said.class_type = ClassType::read(words::class_type(&class.class_type));
    said.org.clone_from(&class.org);
    said.course.clone_from(&class.course);
    said.sessions.clone_from(&class.sessions);
    said.grades.clone_from(&class.grades);
    said.subjects = subjects(&class.subjects);
    said.periods.clone_from(&class.periods);
    said.location.clone_from(&class.location);
    said
}

/// The n-th name goes with the n-th code, whatever they belonged to.
fn subjects(subjects: &[Subject]) -> Vec<Subject> {
    let mut names = subjects.iter().filter_map(|subject| subject.name.clone());
    let mut codes = subjects.iter().filter_map(|subject| subject.code.clone());
    subjects
        .iter()
        .map(|_| Subject { name: names.next(), code: codes.next() })
        .filter(|subject| *subject != Subject::default())
        .collect()
}

fn enrollment(enrollment: &Enrollment, version: OneRosterVersion) -> Enrollment {
    let role = Role::read(&words::role(&enrollment.role, version));
    let (class, person) = (enrollment.class.clone(), enrollment.person.clone());
    let mut said = Enrollment::new(enrollment.id.clone(), class, person, role);
    said.primary = enrollment.primary;
    said.org.clone_from(&enrollment.org);
    said.begin = enrollment.begin;
    said.end = enrollment.end;
    said
}

fn person(person: &Person, version: OneRosterVersion) -> Person {
    let mut said = Person::new(person.id.clone());
    said.name = name(&person.name, version);
    said.email.clone_from(&person.email);
    said.username.clone_from(&person.username);
    said.account =
        if words::enabled(person.account) { AccountState::Active } else { AccountState::Suspended };
    said.affiliations = words::affiliations(person, version);
    said.grades.clone_from(&person.grades);

    let sis = words::of_scheme(&person.identifiers, &IdentifierScheme::SisId);
    said.identifiers = sis.map(|id| Identifier::new(IdentifierScheme::SisId, id)).collect();
    let scheme = words::number_scheme(&said.affiliations);
    let number = words::of_scheme(&person.identifiers, &scheme).next();
    let number = number.map(|number| Identifier::new(scheme.clone(), number));
    said.identifiers.extend(number);
    if version == OneRosterVersion::V1_2 {
        let accounts = words::accounts(person);
        let accounts = accounts
            .map(|(system, login)| Identifier::new(IdentifierScheme::Other(system.to_owned()), login));
        said.identifiers.extend(accounts);
    }
    said.sensitive = person.sensitive.as_ref().map(|it| Box::new(sensitive(it, words::phones(person))));
    said
}

fn name(name: &PersonName, version: OneRosterVersion) -> PersonName {
    let mut said = PersonName::default();
    said.given.clone_from(&name.given);
    said.middle.clone_from(&name.middle);
    said.family.clone_from(&name.family);
    if version == OneRosterVersion::V1_2 {
        said.preferred_given.clone_from(&name.preferred_given);
        said.preferred_middle.clone_from(&name.preferred_middle);
        said.preferred_family.clone_from(&name.preferred_family);
        said.pronouns.clone_from(&name.pronouns);
    }
    said
}

fn sensitive(sensitive: &Sensitive, phones: [Option<&str>; 2]) -> Sensitive {
    let mut said = Sensitive::default();
    said.birth_date = sensitive.birth_date;
    said.gender.clone_from(&sensitive.gender);
    for (label, number) in ["phone", "sms"].into_iter().zip(phones) {
        said.phones.extend(
            number.map(|number| LabeledText { label: Some(label.to_owned()), value: number.to_owned() }),
        );
    }
    for (_, field) in words::DEMOGRAPHICS {
        if let Some(value) = sensitive.demographics.get(&field) {
            said.demographics.insert(field, value.clone());
        }
    }
    said
}

fn relationships(district: &District, version: OneRosterVersion) -> Vec<Relationship> {
    let wanted: BTreeSet<_> = district.relationships.iter().map(|it| &it.contact).collect();
    let roles: BTreeMap<_, _> = (district.people.iter())
        .filter(|person| wanted.contains(&person.id))
        .filter_map(|person| Some((&person.id, words::contact_role(person, version)?)))
        .collect();
    let mut said = BTreeMap::new();
    for it in &district.relationships {
        let Some(role) = roles.get(&it.contact) else {
            continue;
        };
        let mut relationship = Relationship::from_parts(it.student.clone(), it.contact.clone());
        relationship.relation = Some(role.as_str().to_owned());
        relationship.kinds = match role {
            Role::Parent => [ContactKind::Guardian, ContactKind::Family].into(),
            Role::Guardian => [ContactKind::Guardian].into(),
            _ => [ContactKind::Family].into(),
        };
        said.insert(relationship.id.clone(), relationship);
    }
    said.into_values().collect()
}
