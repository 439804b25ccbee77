//! What of a district survives Google.

use std::collections::{BTreeMap, BTreeSet};

use roster_core::{
    Affiliation, Class, ContactKind, Enrollment, GradeTable, Org, OrgType, Person, Relationship, Role,
    SourcedId, Subject,
};

use super::rows;
use crate::district::District;

/// What a reader of Google can know of the district, by the rules of [`GoogleSandbox::rules`](super::GoogleSandbox::rules):
/// contacts who are guardians, with their pupils; each person in one unit; classes at their owner's school. Ids are Google's.
///
/// Fields that are not compared by the suite are left as they are.
#[must_use]
pub fn what_google_says(district: &District) -> District {
    let mut said = District::empty(district.spec().clone());
    said.date = district.date;
    said.day = district.day;
    let root: SourcedId = rows::root(district).into();
    said.orgs = vec![Org::new(root.clone(), OrgType::District, super::DOMAIN)];
    for school in district.orgs.iter().filter(|org| org.org_type == OrgType::School) {
        let mut org = Org::new(rows::unit(&school.id), OrgType::School, school.name.clone());
        org.parent = Some(root.clone());
        said.orgs.push(org);
    }
    let ties: Vec<_> = district.relationships.iter().filter(|tie| rows::is_guardian(&tie.kinds)).collect();
    let guardians: BTreeSet<_> = ties.iter().map(|tie| &tie.contact).collect();
    said.people =
        district.people.iter().filter_map(|it| person(district, it, guardians.contains(&it.id))).collect();
    let mut administrator = Person::new(rows::administrator(district));
    administrator.name.given = Some("Root".to_owned());
    administrator.name.family = Some("Admin".to_owned());
    said.people.push(administrator);
    let schools: BTreeMap<_, _> =
        district.people.iter().filter_map(|it| Some((&it.id, school_of(district, it)?))).collect();
    for (id, seats) in rows::seats(district) {
        let Some(class) = district.classes.iter().find(|class| class.id == *id) else { continue };
        let owner = rows::owner(&seats);
        said.classes.push(of_class(class, owner.and_then(|owner| schools.get(owner)).cloned()));
        let seats = seats.into_iter().map(|seat| of_seat(seat, owner));
        let unique: BTreeMap<_, _> = seats.map(|seat| (seat.id.clone(), seat)).collect();
        said.enrollments.extend(unique.into_values());
    }
    let ties = ties.into_iter().map(|tie| {
        let (student, contact) = (rows::account(&tie.student), rows::account(&tie.contact));
        let mut relationship = Relationship::from_parts(student.into(), contact.into());
        relationship.relation = Some("guardian".to_owned());
        relationship.kinds = [ContactKind::Guardian].into();
        relationship
    });
    let unique: BTreeMap<_, _> = ties.map(|tie| (tie.id.clone(), tie)).collect();
    said.relationships = unique.into_values().collect();
    said.normalized()
}

fn school_of(district: &District, person: &Person) -> Option<SourcedId> {
    let org = rows::post(person)?.org.as_ref();
    rows::school(district, org).map(|(id, _)| rows::unit(id).into())
}

fn person(district: &District, person: &Person, is_guardian: bool) -> Option<Person> {
    let post = rows::post(person);
    if post.is_none() && !is_guardian {
        return None;
    }
    let mut said = Person::new(rows::account(&person.id));
    said.name.given.clone_from(&person.name.given);
    said.name.family.clone_from(&person.name.family);
    said.email.clone_from(&person.email);
    if let Some(post) = post {
        said.account = person.account;
        said.affiliations.push(Affiliation::new(post.role.clone(), school_of(district, person)));
        if post.role == Role::Student {
            said.grades.push(GradeTable::Ceds.read(rows::grade(person)).0);
        }
    }
    if is_guardian {
        said.affiliations.push(Affiliation::new(Role::Guardian, None));
    }
    Some(said)
}

fn of_class(class: &Class, school: Option<SourcedId>) -> Class {
    let mut said = Class::new(rows::course(&class.id), class.title.clone());
    said.org = school;
    said.state = class.state.clone();
    said.location.clone_from(&class.location);
    said.periods.extend(class.periods.first().cloned());
    let subject = class.subjects.first().and_then(|subject| subject.name.clone());
    said.subjects.extend(subject.map(|name| Subject { name: Some(name), code: None }));
    said
}

fn of_seat(seat: &Enrollment, owner: Option<&SourcedId>) -> Enrollment {
    let role = if seat.role == Role::Student { Role::Student } else { Role::Teacher };
    let (class, person) = (rows::course(&seat.class), rows::account(&seat.person));
    let mut said = Enrollment::from_parts(class.into(), person.into(), role);
    said.primary = (said.role == Role::Teacher).then(|| owner == Some(&seat.person));
    said
}
