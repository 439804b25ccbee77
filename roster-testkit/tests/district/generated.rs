//! What is generated.

use std::collections::{BTreeMap, BTreeSet};

use roster_core::{ContactKind, EntityKind, IdentifierScheme, Person, Role};
use roster_testkit::district::{District, DistrictSpec};

use crate::{
    specs,
    whole::{assert_whole, person},
};

#[test]
fn the_same_spec_gives_the_same_district() {
    for spec in specs() {
        let district = spec.clone().generate();
        assert!(district == spec.generate());
        assert!(district == district.clone().normalized());
    }
    assert!(District::seed(7) != District::seed(8));
    assert!(
        District::seed(7).ids(EntityKind::Person).is_disjoint(&District::seed(8).ids(EntityKind::Person))
    );
}

#[test]
fn nothing_dangles_and_no_id_stands_twice() {
    for spec in specs() {
        assert_whole(&spec.generate());
    }
}

#[test]
fn the_smallest_district_has_what_programs_trip_over() {
    let district = DistrictSpec::new(1).schools(1).students(20).generate();
    let people = || district.people.iter();
    assert!(people().any(|it| it.has_role(&Role::Teacher) && it.has_role(&Role::Parent)));
    assert!(people().any(|it| it.name.given.as_deref() == Some("José")));
    assert!(people().any(|it| it.name.family.as_deref() == Some("O'Brien")));
    assert!(people().any(|it| it.name.given.is_some() && it.name.family.is_none()));
    assert!(people().any(|it| it.name.preferred_given.is_some()));
    for scheme in [IdentifierScheme::SisId, IdentifierScheme::StudentNumber] {
        assert!(
            people()
                .flat_map(|it| &it.identifiers)
                .any(|it| it.scheme == scheme && it.value.starts_with('0'))
        );
    }
    let mut emails = BTreeMap::<_, Vec<_>>::new();
    for person in people() {
        emails.entry(person.email.clone()).or_default().push(person);
    }
    assert!(emails.values().any(|sharing| {
        let students = sharing.iter().filter(|it| it.has_role(&Role::Student)).count();
        students > 1 && sharing.iter().any(|it| it.is_contact())
    }));
    assert!((district.relationships.iter()).any(|it| it.kinds == [ContactKind::Guardian].into()));
    assert!((district.relationships.iter()).any(|it| {
        it.kinds.contains(&ContactKind::Emergency)
            && !it.kinds.contains(&ContactKind::Guardian)
            && person(&district, &it.contact).has_role(&Role::Relative)
    }));
    assert!(district.enrollments.iter().any(|it| it.primary == Some(false)));
    for class in &district.classes {
        let teachers =
            district.enrollments.iter().filter(|it| it.class == class.id && it.primary == Some(true));
        assert_eq!(teachers.count(), 1);
    }
}

#[test]
fn staff_work_at_several_schools_and_in_several_roles() {
    let district = DistrictSpec::lincoln().generate();
    let at = |person: &Person, role: &Role| -> BTreeSet<_> {
        (person.affiliations.iter()).filter(|it| it.role == *role).map(|it| it.org.clone()).collect()
    };
    let has = |test: &dyn Fn(&Person) -> bool| assert!(district.people.iter().any(test));
    has(&|it| at(it, &Role::Teacher).len() == 2);
    has(&|it| at(it, &Role::Aide).is_disjoint(&at(it, &Role::Teacher)) && it.has_role(&Role::Aide));
    has(&|it| it.has_role(&Role::SiteAdministrator) && it.has_role(&Role::Teacher));
    has(&|it| it.affiliations.iter().any(|it| it.role.is_staff() && it.primary == Some(false)));
    for person in &district.people {
        let primary: Vec<_> = person.affiliations.iter().filter(|it| it.primary == Some(true)).collect();
        let orgs: BTreeSet<_> = person.affiliations.iter().map(|it| &it.org).collect();
        assert_eq!(primary.len(), orgs.len(), "one primary role at each org");
    }
}
