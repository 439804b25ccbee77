//! Whole pulls: who and what arrives.

use std::time::Duration;

use roster_core::{
    ClassState, Completeness, Enrollment, EntityKind, PartialCode, PersonField, PullRequest, Record, Role,
    codes,
};
use roster_gclassroom::CourseState;
use roster_testkit::{
    district::DistrictSpec,
    sandbox::{GoogleOptions, GoogleSandbox, what_google_says},
};

use crate::{Pulled, builder, everything, sandbox, source, teacher};

#[tokio::test]
async fn a_domain_arrives_as_it_is() {
    let sandbox = sandbox(GoogleOptions::default());
    let pulled = Pulled::of(&source(&sandbox), everything()).await;
    assert!(pulled.is_whole(), "{:?} {:?}", pulled.error, pulled.ends);
    let said = what_google_says(&sandbox.district());
    for record in said.records() {
        let (came, _) = pulled.record(record.kind(), record.id());
        match (came, &record) {
            (Record::Class(came), Record::Class(said)) => {
                assert_eq!(
                    (&came.title, &came.org, &came.location),
                    (&said.title, &said.org, &said.location)
                );
                assert_eq!((&came.periods, &came.subjects), (&said.periods, &said.subjects));
                assert_eq!(came.identifiers.len(), 3, "the chosen alias, and both as they are");
            }
            (Record::Person(came), Record::Person(said)) => {
                assert_eq!((&came.name.given, &came.name.family), (&said.name.given, &said.name.family));
                let roles = |person: &roster_core::Person| {
                    person.affiliations.iter().map(|it| (it.role.clone(), it.org.clone())).collect::<Vec<_>>()
                };
                assert_eq!((roles(came), &came.grades), (roles(said), &said.grades));
            }
            (came, said) if matches!(said, Record::Org(_)) => assert_eq!(came.id(), said.id()),
            (came, said) => assert!(came == said, "{came:?}"),
        }
    }
    assert_eq!(pulled.records.len(), said.records().count());
    // The administrator's unit is covered by no rule: that is told, and nothing guessed.
    assert!(pulled.problem(codes::UNCOVERED_UNIT).unwrap().message.contains("/Service: its 1 people"));
    assert_eq!(sandbox.answered_again(), 0);
}

#[tokio::test]
async fn ninety_five_students_at_a_cap_of_thirty_all_arrive() {
    let sandbox = GoogleSandbox::start_with(
        DistrictSpec::new(3).schools(1).students(120).generate(),
        GoogleOptions::default().clamp(30),
    )
    .unwrap();
    let (mut class, mut expected) = (None, 0);
    sandbox.edit(|district| {
        let id = district.classes[0].id.clone();
        let pupils: Vec<_> =
            district.people.iter().filter(|person| person.has_role(&Role::Student)).collect();
        let seats: Vec<_> = pupils
            .iter()
            .take(95)
            .map(|pupil| Enrollment::from_parts(id.clone(), pupil.id.clone(), Role::Student))
            .collect();
        district.enrollments.retain(|seat| seat.class != id || seat.role != Role::Student);
        district.enrollments.extend(seats);
        expected = 95;
        class = Some(GoogleSandbox::course_id(&id));
    });
    let class = class.unwrap();
    let pulled = Pulled::of(&source(&sandbox), PullRequest::full()).await;
    let students = pulled
        .ids(EntityKind::Enrollment)
        .into_iter()
        .filter(|id| id.starts_with(&class) && id.ends_with("student"));
    assert_eq!(students.count(), expected);
    assert!(pulled.is_whole());
}

#[tokio::test]
async fn an_archived_course_keeps_its_seats_and_other_states_are_counted() {
    let sandbox = sandbox(GoogleOptions::default());
    let before = Pulled::of(&source(&sandbox), PullRequest::full()).await;
    let mut ids = Vec::new();
    sandbox.edit(|district| {
        let states = [ClassState::Archived, ClassState::Upcoming, ClassState::Inactive];
        for (class, state) in district.classes.iter_mut().zip(states) {
            class.state = state;
            ids.push(GoogleSandbox::course_id(&class.id));
        }
    });
    let after = Pulled::of(&source(&sandbox), PullRequest::full()).await;
    let Record::Class(archived) = &after.record(EntityKind::Class, &ids[0]).0 else { panic!() };
    assert_eq!(archived.state, ClassState::Archived);
    let seats = |pulled: &Pulled| {
        pulled.ids(EntityKind::Enrollment).iter().filter(|id| id.starts_with(&ids[0])).count()
    };
    assert!(seats(&after) > 0 && seats(&after) == seats(&before));
    assert_eq!(after.count(EntityKind::Class) + 2, before.count(EntityKind::Class));
    let told: Vec<_> = after
        .problems
        .iter()
        .filter(|problem| problem.code == codes::LEFT_OUT)
        .map(|it| &it.message)
        .collect();
    assert_eq!(told.len(), 2, "{told:?}");
    // One was switched off by Google: it does not end for being left out.
    for kind in [EntityKind::Class, EntityKind::Person] {
        assert!(after.all(kind).unwrap().is_partial(), "{kind}");
    }
    assert_eq!(after.all(EntityKind::Enrollment), None);
    assert!(told.iter().any(|it| it.starts_with("1 courses in the state PROVISIONED")));
    let all = builder(&sandbox)
        .states([CourseState::Active, CourseState::Archived, CourseState::Provisioned])
        .build()
        .unwrap();
    assert_eq!(
        Pulled::of(&all, PullRequest::full()).await.count(EntityKind::Class),
        after.count(EntityKind::Class) + 1
    );
}

#[tokio::test]
async fn without_any_e_mail_people_arrive_by_id_and_the_scope_is_named() {
    let sandbox = sandbox(GoogleOptions::default().without_emails());
    let teacher = Pulled::of(&teacher(&sandbox), PullRequest::full()).await;
    assert!(teacher.count(EntityKind::Person) > 3);
    let told = teacher.problem(codes::EMAILS_WITHHELD).unwrap();
    assert!(told.message.contains("the scope classroom.profile.emails"), "{}", told.message);
    for ((kind, _), (record, unseen)) in &teacher.records {
        if let (EntityKind::Person, Record::Person(person)) = (kind, record) {
            assert!(person.email.is_none() && unseen.contains(PersonField::Email));
        }
    }
    // In a domain, the Directory tells them.
    let district = Pulled::of(&source(&sandbox), PullRequest::full()).await;
    assert!(district.problem(codes::EMAILS_WITHHELD).is_none() && district.is_whole());
}

#[tokio::test]
async fn a_scope_that_was_not_delegated_is_named_too() {
    let sandbox = sandbox(GoogleOptions::default().without_emails());
    sandbox.grant(&["classroom.courses.readonly", "classroom.rosters.readonly"]);
    let consented = roster_gclassroom::GClassroomSource::builder()
        .domain("me")
        .refresh_token(sandbox.client_id(), sandbox.client_secret(), sandbox.refresh_token())
        .token_url(sandbox.token_url())
        .base_url(sandbox.base_url())
        .build()
        .unwrap();
    let pulled = Pulled::of(&consented, PullRequest::full()).await;
    assert!(pulled.error.is_none() && pulled.count(EntityKind::Person) > 3);
    assert!(
        pulled
            .problem(codes::EMAILS_WITHHELD)
            .unwrap()
            .message
            .starts_with("the scope classroom.profile.emails was not granted")
    );
}

#[tokio::test]
async fn a_teacher_s_own_classes_are_never_the_whole() {
    let sandbox = sandbox(GoogleOptions::default());
    let pulled = Pulled::of(&teacher(&sandbox), everything()).await;
    assert!(
        pulled.error.is_none() && pulled.count(EntityKind::Class) > 0 && pulled.count(EntityKind::Org) == 0
    );
    let whole = Pulled::of(&source(&sandbox), PullRequest::full()).await;
    assert!(pulled.count(EntityKind::Class) < whole.count(EntityKind::Class));
    assert!(!pulled.ends.is_empty());
    for (kind, slice, end) in &pulled.ends {
        assert!(
            matches!(end, Completeness::Partial { code: PartialCode::Withheld, .. }),
            "{kind} {slice:?} {end:?}"
        );
    }
}

#[tokio::test]
async fn a_pull_that_is_dropped_asks_for_nothing_more() {
    use futures::StreamExt;
    use roster_core::RosterSource;
    let sandbox = sandbox(GoogleOptions::default().latency(Duration::from_millis(20)));
    let mut stream =
        source(&sandbox).pull(PullRequest::full().only([EntityKind::Enrollment]), crate::context());
    for _ in 0..4 {
        stream.next().await.unwrap().unwrap();
    }
    drop(stream);
    let asked = sandbox.requests();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(sandbox.requests() <= asked + 8);
}

#[tokio::test]
async fn an_owner_who_does_not_teach_is_told_and_not_made_a_teacher() {
    let sandbox = sandbox(GoogleOptions::default());
    let mut id = None;
    sandbox.edit(|district| {
        let class = district.classes[0].id.clone();
        district.enrollments.retain(|seat| seat.class != class || seat.role == Role::Student);
        id = Some(GoogleSandbox::course_id(&class));
    });
    let id = id.unwrap();
    let pulled = Pulled::of(&source(&sandbox), PullRequest::full()).await;
    assert_eq!(pulled.problem(codes::OWNER_NOT_TEACHER).unwrap().id.as_deref(), Some(id.as_str()));
    assert!(
        !pulled
            .ids(EntityKind::Enrollment)
            .iter()
            .any(|seat| seat.starts_with(&id) && seat.ends_with("teacher"))
    );
    assert!(pulled.is_whole());
}
