//! What Clever says of a district: in the model, and as the rows of its API.

mod people;
mod rows;
mod words;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use roster_core::{
    AcademicSession, Class, ClassType, Course, Enrollment, EntityKind, Identifier, IdentifierScheme, Org,
    OrgType, Relationship, Role, SessionType, SourcedId, Subject,
};
use xxhash_rust::xxh3::xxh3_128;

pub(crate) use self::rows::{CleverCollection, CleverRows};
use super::District;

/// What Clever adds to a district: how it is shared, and how often its terms and courses were made anew.
#[derive(Clone, Debug)]
pub(crate) struct CleverFacts {
    /// Contacts are shared.
    pub(crate) contacts: bool,
    /// How often a term or course was made anew, by what it says: each time it gets another id.
    pub(crate) remade: BTreeMap<SourcedId, u32>,
    /// The district's state, in Clever's word.
    pub(crate) state: String,
    /// The day on which a pause ends.
    pub(crate) pause_end: Option<String>,
}

impl Default for CleverFacts {
    fn default() -> Self {
        Self { contacts: true, remade: BTreeMap::new(), state: "running".to_owned(), pause_end: None }
    }
}

/// What Clever says of a district, under Clever's ids.
///
/// Schools alone have sections, and of the sessions and courses there are those that sections are held in and for, known by what they
/// say. Who works there has the roles of teacher and staff, and whoever is somebody's contact is another person.
#[must_use]
pub fn what_clever_says(district: &District) -> District {
    project(district, &CleverFacts::default())
}

/// An id of Clever's form: 24 hexadecimal digits.
pub(crate) fn oid(kind: &str, text: &str) -> String {
    format!("{:032x}", xxh3_128(format!("{kind}\n{text}").as_bytes())).chars().take(24).collect()
}

pub(crate) fn project(district: &District, facts: &CleverFacts) -> District {
    let mut said = District::empty(district.spec.clone());
    (said.date, said.day) = (district.date, district.day);
    let orgs = orgs(district, &mut said);
    catalogue(district, facts, &mut said);
    let people = people::people(district, facts, &orgs, &mut said);
    classes(district, &orgs, &people, &mut said);
    relationships(district, facts, &people, &mut said);
    said.normalized()
}

/// Clever's ids of the orgs.
type OrgIds = HashMap<SourcedId, SourcedId>;

fn orgs(district: &District, said: &mut District) -> OrgIds {
    let mut ids = OrgIds::new();
    let root = district.orgs.iter().find(|org| org.org_type == OrgType::District);
    let root_id = root.map(|root| SourcedId::from(oid("district", &root.id)));
    for org in &district.orgs {
        let is_root = org.org_type == OrgType::District;
        let id = SourcedId::from(oid(if is_root { "district" } else { "school" }, &org.id));
        let mut told = Org::new(id.clone(), org.org_type.clone(), org.name.clone());
        let nces = org.identifiers.iter().filter(|id| id.scheme == IdentifierScheme::Nces);
        told.identifiers = nces.cloned().collect();
        if !is_root {
            told.org_type = OrgType::School;
            told.parent.clone_from(&root_id);
            told.identifiers.push(Identifier::new(IdentifierScheme::SisId, org.id.as_str()));
            told.grades = words::stretch(&org.grades);
        }
        ids.insert(org.id.clone(), id);
        said.orgs.push(told);
    }
    ids
}

/// What a term is known by.
fn term_key(session: &AcademicSession) -> SourcedId {
    let day =
        |date: Option<roster_core::jiff::civil::Date>| date.map(|date| date.to_string()).unwrap_or_default();
    SourcedId::from_parts([session.title.as_str(), &day(session.begin), &day(session.end)])
}

/// What a course is known by.
fn course_key(course: &Course) -> SourcedId {
    SourcedId::from_parts([course.title.as_str(), course.code.as_deref().unwrap_or_default()])
}

fn term_of<'d>(district: &'d District, class: &Class) -> Option<&'d AcademicSession> {
    let first = class.sessions.first()?;
    let at = district.sessions.binary_search_by(|session| session.id.cmp(first)).ok()?;
    district.sessions.get(at)
}

fn course_of<'d>(district: &'d District, class: &Class) -> Option<&'d Course> {
    let id = class.course.as_ref()?;
    let at = district.courses.binary_search_by(|course| course.id.cmp(id)).ok()?;
    district.courses.get(at)
}

/// Clever's own id of a term or course.
fn own_id(kind: &str, key: &SourcedId, facts: &CleverFacts) -> Identifier {
    let remade = facts.remade.get(key).copied().unwrap_or_default();
    Identifier::new(IdentifierScheme::Clever, oid(kind, &format!("{key} {remade}")))
}

/// Terms and courses are made of the rows of sections: others are not there.
fn catalogue(district: &District, facts: &CleverFacts, said: &mut District) {
    let root = said.orgs.iter().find(|org| org.org_type == OrgType::District).map(|org| org.id.clone());
    let mut seen = BTreeSet::new();
    for class in &district.classes {
        if let Some(session) = term_of(district, class) {
            let key = term_key(session);
            if seen.insert((EntityKind::AcademicSession, key.clone())) {
                let mut term = AcademicSession::new(key.clone(), SessionType::Term, session.title.clone());
                (term.begin, term.end) = (session.begin, session.end);
                term.identifiers = vec![own_id("term", &key, facts)];
                said.sessions.push(term);
            }
        }
        if let Some(course) = course_of(district, class) {
            let key = course_key(course);
            if seen.insert((EntityKind::Course, key.clone())) {
                let mut told = Course::new(key.clone(), course.title.clone());
                told.code.clone_from(&course.code);
                told.org.clone_from(&root);
                told.identifiers = vec![own_id("course", &key, facts)];
                said.courses.push(told);
            }
        }
    }
}

fn classes(district: &District, orgs: &OrgIds, people: &people::Ids, said: &mut District) {
    let mut seats: HashMap<&SourcedId, Vec<&Enrollment>> = HashMap::new();
    for seat in &district.enrollments {
        seats.entry(&seat.class).or_default().push(seat);
    }
    for class in &district.classes {
        let mut told = Class::new(oid("section", &class.id), class.title.clone());
        told.code.clone_from(&class.code);
        told.org = class.org.as_ref().and_then(|org| orgs.get(org)).cloned();
        told.course = course_of(district, class).map(course_key);
        told.sessions = term_of(district, class).map(term_key).into_iter().collect();
        let subject = words::subject(class);
        if subject == words::HOMEROOM {
            told.class_type = ClassType::Homeroom;
        }
        told.subjects = vec![Subject { name: Some(subject.to_owned()), code: None }];
        told.grades = if class.grades.len() == 1 { words::grades(&class.grades) } else { Vec::new() };
        told.periods = class.periods.first().cloned().into_iter().collect();
        told.identifiers = vec![Identifier::new(IdentifierScheme::SisId, class.id.as_str())];
        let seats = seats.get(&class.id).map(Vec::as_slice).unwrap_or_default();
        let has_primary = seats.iter().any(|seat| seat.role == Role::Teacher && seat.primary == Some(true));
        for seat in seats.iter().filter(|seat| matches!(seat.role, Role::Student | Role::Teacher)) {
            let Some(person) = people.members.get(&seat.person) else { continue };
            let mut seated = Enrollment::from_parts(told.id.clone(), person.clone(), seat.role.clone());
            seated.org.clone_from(&told.org);
            if seat.role == Role::Teacher && has_primary {
                seated.primary = Some(seat.primary == Some(true));
            }
            said.enrollments.push(seated);
        }
        said.classes.push(told);
    }
}

fn relationships(district: &District, facts: &CleverFacts, people: &people::Ids, said: &mut District) {
    if !facts.contacts {
        return;
    }
    for tie in &district.relationships {
        let (Some(student), Some(contact)) =
            (people.members.get(&tie.student), people.contacts.get(&tie.contact))
        else {
            continue;
        };
        let mut told = Relationship::from_parts(student.clone(), contact.clone());
        told.relation = Some(words::relation(tie.relation.as_deref()).to_owned());
        told.kinds = words::kind(&tie.kinds).into_iter().collect();
        said.relationships.push(told);
    }
}
