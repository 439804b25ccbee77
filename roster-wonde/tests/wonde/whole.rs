//! Full pulls.

use futures::{StreamExt, future::join};
use roster_core::{
    ClassType, Completeness, EntityKind, ErrorKind, PartialCode, PersonField, PullRequest, Record, Role,
    RosterSource, SensitiveField, Slice,
};
use roster_testkit::{
    district::DistrictSpec,
    sandbox::{SandboxFault, WondeOptions, WondeSandbox},
};
use roster_wonde::{ClassSource, WondeSource};

use super::{Told, cx, pull, source};

fn counts(told: &Told) -> Vec<usize> {
    EntityKind::ALL.into_iter().map(|kind| told.of(kind)).collect()
}

fn truth(sandbox: &WondeSandbox, school: &str) -> Vec<usize> {
    let records = sandbox.records(school);
    let of = |kind| records.iter().filter(|record| record.kind() == kind).count();
    EntityKind::ALL.into_iter().map(of).collect()
}

fn contacts() -> PullRequest {
    PullRequest::full().with_sensitive([SensitiveField::Contacts])
}

#[tokio::test]
async fn two_schools_in_two_regions_at_once() {
    let sandbox = WondeSandbox::start(DistrictSpec::new(7).students(240)).unwrap();
    let schools = sandbox.schools();
    let (primary, secondary) = (source(&sandbox, &schools[0]), source(&sandbox, &schools[1]));
    // Event by event in turn.
    let (mut one, mut other) =
        (primary.pull(contacts(), cx()).fuse(), secondary.pull(contacts(), cx()).fuse());
    loop {
        let (a, b) = join(one.next(), other.next()).await;
        match (a, b) {
            (None, None) => break,
            (Some(Err(error)), _) | (_, Some(Err(error))) => panic!("{error}"),
            _ => {}
        }
    }
    for (school, source) in schools.iter().zip([&primary, &secondary]) {
        let told = pull(source, contacts()).await;
        assert!(told.error.is_none(), "{:?}", told.error);
        assert_eq!(counts(&told), truth(&sandbox, school), "{school}");
        assert!(told.ends.iter().all(|(.., end)| *end == Completeness::Complete), "{:?}", told.ends);
        assert!(told.codes().contains(&"not_current"));
    }
    let told = pull(&primary, PullRequest::full()).await;
    let classes = told.records.values().filter_map(|record| match record {
        Record::Class(class) => Some(class.class_type.clone()),
        _ => None,
    });
    let types: Vec<ClassType> = classes.collect();
    assert!(!types.is_empty() && types.iter().all(|kind| *kind == ClassType::Registration));
    assert!(told.codes().contains(&"class_source"));
    let session = told.records.values().find_map(|record| match record {
        Record::AcademicSession(session) => Some(session.clone()),
        _ => None,
    });
    assert!(session.unwrap().derived);
}

#[tokio::test]
async fn the_wrong_region_names_the_right_one() {
    let sandbox = WondeSandbox::start(DistrictSpec::new(7)).unwrap();
    let schools = sandbox.schools();
    let at = |school: &str, base: String| {
        WondeSource::builder().school(school).token(sandbox.token()).base_url(base)
    };
    let wrong = at(&schools[1], sandbox.base_url()).region("uk").build().unwrap();
    let error = pull(&wrong, PullRequest::full()).await.error.unwrap();
    assert_eq!(error.kind(), ErrorKind::Config);
    let right = sandbox.other_base_url().trim_start_matches("http://").trim_end_matches("/v1.0").to_owned();
    assert!(error.message().contains(&right), "{error}");
    assert!(
        pull(&at(&schools[1], sandbox.base_url()).region("au").build().unwrap(), PullRequest::full())
            .await
            .error
            .is_none()
    );
    // The other host answers with nothing, which is never an empty school.
    let elsewhere = at(&schools[0], sandbox.other_base_url()).build().unwrap();
    let told = pull(&elsewhere, PullRequest::full()).await;
    assert_eq!(told.error.unwrap().kind(), ErrorKind::Config);
    assert!(told.ends.is_empty());
}

#[tokio::test]
async fn pages_of_fifty_and_one_more() {
    for students in [51, 50, 49] {
        let sandbox = WondeSandbox::start(DistrictSpec::new(7).schools(1).students(students)).unwrap();
        let school = sandbox.schools()[0].clone();
        for page_size in [None, Some(0), Some(50), Some(3)] {
            let mut request = PullRequest::full();
            request.page_size = page_size;
            let told = pull(&source(&sandbox, &school), request).await;
            assert!(told.error.is_none(), "{:?}", told.error);
            let found = told.records.values().filter(|record| is(record, &Role::Student)).count();
            assert_eq!(found, students, "{page_size:?}");
            assert_eq!(*told.all(EntityKind::Person), Completeness::Complete);
        }
    }
}

fn is(record: &Record, role: &Role) -> bool {
    matches!(record, Record::Person(person) if person.has_role(role))
}

#[tokio::test]
async fn links_that_lead_astray_are_errors() {
    let sandbox =
        WondeSandbox::start_with(DistrictSpec::new(7).generate(), WondeOptions::default().clamp(5)).unwrap();
    let school = sandbox.schools()[0].clone();
    for (fault, word) in [
        ("repeated_page:students:middle", "circles"),
        ("foreign_next:students", "another scheme, host or port"),
        ("no_total:students:last", "incomplete"),
        ("endless_pages:students", "more"),
    ] {
        sandbox.recover();
        sandbox.fault(fault.parse::<SandboxFault>().unwrap());
        let source =
            WondeSource::builder().school(&school).token(sandbox.token()).base_url(sandbox.base_url());
        let limits = {
            let mut limits = roster_http::HttpLimits::default();
            limits.pages = 40;
            limits
        };
        let told = pull(&source.limits(limits).build().unwrap(), PullRequest::full()).await;
        let error = told.error.unwrap();
        assert!(matches!(error.kind(), ErrorKind::Provider | ErrorKind::TooLarge), "{fault}: {error}");
        assert!(error.message().contains(word), "{fault}: {error}");
    }
}

#[tokio::test]
async fn only_contacts_are_not_shared() {
    for hidden in [false, true] {
        let mut options = WondeOptions::default();
        options.permissions_hidden = hidden;
        let sandbox = WondeSandbox::start_with(DistrictSpec::new(7).generate(), options).unwrap();
        let school = sandbox.schools()[0].clone();
        sandbox.grant(&school, "contacts.read", false);
        let told = pull(&source(&sandbox, &school), contacts()).await;
        assert!(told.error.is_none(), "{:?}", told.error);
        assert_eq!(told.end(EntityKind::Person, &Slice::Role(Role::Student)), Some(&Completeness::Complete));
        assert_eq!(told.end(EntityKind::Person, &Slice::Role(Role::Teacher)), Some(&Completeness::Complete));
        let contact = told.end(EntityKind::Person, &Slice::Role(Role::Contact)).unwrap();
        assert!(matches!(contact, Completeness::Partial { code: PartialCode::Withheld, .. }));
        assert!(told.all(EntityKind::Relationship).is_partial());
        assert_eq!(*told.all(EntityKind::Class), Completeness::Complete);
        assert!(told.codes().contains(&"capability_missing"), "{:?}", told.codes());
        // All else that is included came all the same.
        let with_email =
            |record: &&Record| matches!(record, Record::Person(person) if person.email.is_some());
        assert!(told.records.values().filter(with_email).count() > 20);
    }
}

#[tokio::test]
async fn what_is_withdrawn_stays_as_it_was() {
    let sandbox = WondeSandbox::start(DistrictSpec::new(7)).unwrap();
    let school = sandbox.schools()[1].clone();
    let source = source(&sandbox, &school);
    let first = pull(&source, PullRequest::full()).await;
    for permission in
        ["students.contact_details.read", "students.upn.read", "students.education_details.read"]
    {
        sandbox.grant(&school, permission, false);
    }
    let mut request = PullRequest::full();
    request.cursor = first.cursor;
    for _ in 0..2 {
        // The second pull remembers it too.
        let told = pull(&source, request.clone()).await;
        assert!(told.error.is_none(), "{:?}", told.error);
        assert!(told.codes().contains(&"permission_withdrawn"), "{:?}", told.codes());
        for (_, record) in told.records.iter().filter(|(_, record)| is(record, &Role::Student)) {
            let unseen = told.unseen[record.id()];
            for field in [PersonField::Email, PersonField::Identifiers, PersonField::Grades] {
                assert!(unseen.contains(field), "{field:?}");
            }
            assert!(!unseen.contains(PersonField::Given));
        }
        request.cursor = told.cursor;
    }
    sandbox.grant(&school, "students.contact_details.read", true);
    let told = pull(&source, request).await;
    let (_, student) = told.records.iter().find(|(_, record)| is(record, &Role::Student)).unwrap();
    assert!(!told.unseen[student.id()].contains(PersonField::Email));
}

#[tokio::test]
async fn a_whole_resource_may_be_withdrawn() {
    let sandbox = WondeSandbox::start(DistrictSpec::new(7)).unwrap();
    let school = sandbox.schools()[1].clone();
    sandbox.grant(&school, "classes.read", false);
    let told = pull(&source(&sandbox, &school), PullRequest::full()).await;
    assert!(told.error.is_none());
    for kind in [EntityKind::Class, EntityKind::Enrollment] {
        assert!(told.all(kind).is_partial() && told.of(kind) == 0, "{kind}");
    }
    // Registration groups are not taken for classes that were withheld.
    assert!(!told.codes().contains(&"class_source"));
    assert_eq!(*told.all(EntityKind::Person), Completeness::Complete);
}

#[tokio::test]
async fn what_classes_are_taken_from_is_remembered() {
    let sandbox = WondeSandbox::start(DistrictSpec::new(7)).unwrap();
    let school = sandbox.schools()[1].clone();
    let source = source(&sandbox, &school);
    let first = pull(&source, PullRequest::full()).await;
    let classes = first.of(EntityKind::Class);
    // All classes go; the registration groups are not taken for them.
    sandbox.edit(|district| district.classes.retain(|class| class.class_type == ClassType::Homeroom));
    let mut request = PullRequest::full();
    request.cursor = first.cursor;
    let told = pull(&source, request).await;
    assert_eq!((told.of(EntityKind::Class), classes > 0), (0, true));
    let both = WondeSource::builder().school(&school).token(sandbox.token()).base_url(sandbox.base_url());
    let told = pull(&both.class_source(ClassSource::Both).build().unwrap(), PullRequest::full()).await;
    assert!(told.of(EntityKind::Class) > 0);
}

#[tokio::test]
async fn faults_of_all_sorts_end_nobody() {
    let sandbox = WondeSandbox::start(DistrictSpec::new(7)).unwrap();
    let school = sandbox.schools()[0].clone();
    for name in SandboxFault::names().filter(|name| {
        !matches!(
            *name,
            "stall"
                | "wrong_total"
                | "wrong_count"
                | "no_total"
                | "clamp"
                | "shifted_rows"
                | "empty_page"
                | "expired_token"
        )
    }) {
        sandbox.recover();
        sandbox.fault(format!("{name}:students").parse::<SandboxFault>().unwrap());
        let mut limits = roster_http::HttpLimits::default();
        limits.pages = 40;
        limits.body_bytes = 8 << 20;
        let source =
            WondeSource::builder().school(&school).token(sandbox.token()).base_url(sandbox.base_url());
        let told = pull(&source.limits(limits).build().unwrap(), PullRequest::full()).await;
        assert!(told.error.is_some(), "{name}");
        let whole = told.ends.iter().any(|(kind, ..)| *kind == EntityKind::Person);
        assert!(!whole, "{name}");
    }
    // Wonde counts more than came.
    sandbox.recover();
    sandbox.fault("wrong_total:counts".parse::<SandboxFault>().unwrap());
    let told = pull(&source(&sandbox, &school), PullRequest::full()).await;
    let students = told.end(EntityKind::Person, &Slice::Role(Role::Student)).unwrap();
    assert!(students.is_partial() && told.codes().contains(&"count_differs"));
}
