//! What a scope must deliver.

use std::collections::BTreeSet;

use roster_core::{EntityKind, Person, Role, Scope, SensitiveField};
use roster_testkit::district::{District, DistrictSpec};

fn contacts() -> BTreeSet<SensitiveField> {
    [SensitiveField::Contacts].into()
}

fn everything() -> BTreeSet<SensitiveField> {
    SensitiveField::ALL.into()
}

#[test]
fn a_scope_without_limits_delivers_all() {
    let district = District::seed(7);
    assert!(district.delivered(&Scope::default(), &everything()) == district);
    let told = district.in_scope(&Scope::default(), &BTreeSet::new());
    assert_eq!(told[&EntityKind::Enrollment], district.ids(EntityKind::Enrollment));
    assert!(told[&EntityKind::Relationship].is_empty());
    let plain = district.delivered(&Scope::default(), &BTreeSet::new());
    assert!(plain.people.iter().all(|it| it.sensitive.is_none() && !it.affiliations.is_empty()));
    assert!(plain.people.iter().all(|it| it.affiliations.iter().all(|it| !it.role.is_contact())));
    assert!(plain.people.len() < district.people.len());
    assert!(plain.people.iter().any(|it| district.relationships.iter().any(|other| other.contact == it.id)));
}

#[test]
fn a_scope_of_one_school_brings_its_people_and_what_is_above_it() {
    let district = DistrictSpec::new(7).schools(3).students(150).generate();
    let school = district.orgs[2].id.clone();
    let scope = Scope::of_orgs([school.clone()]);
    let seen = district.delivered(&scope, &contacts());
    assert_eq!(seen.ids(EntityKind::Org), [district.orgs[0].id.clone(), school.clone()].into());
    assert_eq!(seen.sessions.len(), district.sessions.len());
    assert!(seen.classes.iter().all(|it| it.org.as_ref() == Some(&school)));
    let orgs = seen.ids(EntityKind::Org);
    assert!(seen.courses.iter().all(|it| orgs.contains(it.org.as_ref().unwrap())));
    assert!(seen.courses.iter().any(|it| it.org.as_ref() != Some(&school)), "the district's course");
    let own = district.classes.iter().filter(|it| it.org.as_ref() == Some(&school)).count();
    assert_eq!(seen.classes.len(), own);

    let pupils = || seen.people.iter().filter(|it| it.has_role(&Role::Student));
    assert!(pupils().all(|it| it.affiliations[0].org.as_ref() == Some(&school)));
    // A parent of two comes with the relationship to the pupil in scope alone.
    assert_eq!(
        seen.relationships.len(),
        district.relationships.iter().filter(|it| pupils().any(|pupil| pupil.id == it.student)).count()
    );
    assert!(seen.relationships.len() < district.relationships.len());
    let superintendent = |it: &&Person| it.has_role(&Role::DistrictAdministrator);
    assert!(seen.people.iter().find(superintendent).is_none());
    assert!(seen.people.iter().any(|it| it.has_role(&Role::Teacher) && it.affiliations.len() > 1));
    let people = seen.ids(EntityKind::Person);
    assert!(seen.enrollments.iter().all(|it| people.contains(&it.person)));
}

#[test]
fn a_scope_of_classes_brings_those_who_sit_in_them() {
    let district = District::seed(7);
    let class = district.classes[0].id.clone();
    let scope = Scope::of_classes([class.clone()]);
    let seen = district.delivered(&scope, &BTreeSet::new());
    assert_eq!(seen.ids(EntityKind::Class), [class.clone()].into());
    let seated: BTreeSet<_> = seen.enrollments.iter().map(|it| it.person.clone()).collect();
    assert_eq!(seen.ids(EntityKind::Person), seated);
    assert!(seen.enrollments.iter().all(|it| it.class == class));
    assert_eq!(seen.ids(EntityKind::Org), district.ids(EntityKind::Org));
    assert_eq!(seen.ids(EntityKind::Course), district.ids(EntityKind::Course));

    let both = Scope::of_orgs([district.orgs[2].id.clone()]).and_classes([class]);
    let seen = district.in_scope(&both, &contacts());
    assert!(
        seen[&EntityKind::Class].is_empty() && seen[&EntityKind::Person].is_empty(),
        "another school's class"
    );
}

#[test]
fn a_scope_that_names_nothing_delivers_nothing_of_any_school() {
    let district = District::seed(7);
    let seen = district.in_scope(&Scope::of_orgs([]), &everything());
    for (kind, ids) in seen {
        assert_eq!(ids.is_empty(), kind != EntityKind::AcademicSession, "{kind}");
    }
}
