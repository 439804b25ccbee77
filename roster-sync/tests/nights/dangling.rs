//! References to what is not there.

use roster_core::{
    AcademicSession, Affiliation, Class, Course, Enrollment, Entity, Identifier, Org, OrgType, Person,
    ProblemGroup, Role, Scope, SessionType, Severity,
};

use super::*;

stories! {
    what_names_nobody_stands_and_is_noted,
    a_note_is_given_where_it_is_certain_and_once,
    what_waits_is_told_by_the_root_of_it,
    references_of_all_kinds_follow_a_rekey,
    a_seat_that_was_protected_when_its_pupil_left_follows_later,
    a_seat_that_was_renamed_unseen_is_read_when_it_comes,
}

/// A record of each kind that names something gone, beside its parents, which are there.
fn adrift() -> Vec<Record> {
    let mut school = Org::new("s1", OrgType::School, "Elm");
    school.parent = Some("gone".into());
    let mut term = AcademicSession::new("t1", SessionType::Term, "Fall");
    (term.parent, term.org) = (Some("gone".into()), Some("gone".into()));
    let mut course = Course::new("k1", "Algebra");
    course.session = Some("gone".into());
    let mut class = Class::new("c1", "Algebra 1");
    (class.org, class.course, class.sessions) = (Some("s1".into()), Some("gone".into()), vec!["t1".into()]);
    let mut person = Person::new("p1");
    person.affiliations = ["gone", "s1"].map(|org| Affiliation::new(Role::Student, Some(org.into()))).into();
    person.identifiers = vec![Identifier::new(IdentifierScheme::SisId, "7")];
    person.identifiers[0].org = Some("gone".into());
    let mut seat = Enrollment::new("e1", "c1", "p1", Role::Student);
    seat.org = Some("gone".into());
    vec![school.into(), term.into(), course.into(), class.into(), person.into_record(), seat.into()]
}

fn dangling(report: &SyncReport) -> Vec<&ProblemGroup> {
    report.report.iter().filter(|group| group.code == codes::DANGLING_REFERENCE).collect()
}

fn what_names_nobody_stands_and_is_noted(store: &dyn Store) {
    let report = sync(store, night(adrift()));
    assert_eq!(report.status, Status::Applied);
    assert!(report.kinds.values().all(|counts| counts.quarantined == 0 && counts.rejected == 0));
    let groups = dangling(&report);
    assert!(groups.iter().all(|group| group.severity == Severity::Warning));
    let mut fields: Vec<_> = groups
        .iter()
        .flat_map(|group| &group.first)
        .map(|problem| (problem.id.as_deref().unwrap(), problem.field.as_deref().unwrap()))
        .collect();
    fields.sort_unstable();
    let wanted = [
        ("c1", "course"),
        ("e1", "org"),
        ("k1", "session"),
        ("p1", "affiliations"),
        ("p1", "identifiers"),
        ("s1", "parent"),
        ("t1", "org"),
        ("t1", "parent"),
    ];
    assert_eq!(fields, wanted);
    assert_eq!((report.problems, groups.iter().map(|group| group.count).sum()), (8, 8));
    let run = &block_on(store.runs(Some(ROSTER), None, 1)).unwrap()[0];
    assert_eq!(run.named.len(), 8, "each can be found by its id");
    assert!(active(store).len() == adrift().len());

    let again = sync(store, night(adrift()));
    assert_eq!((again.status, again.problems), (Status::Unchanged, 0), "what did not change is not read");
    let mut whole = adrift();
    whole.push(Org::new("gone", OrgType::School, "Oak").into());
    whole.push(AcademicSession::new("gone", SessionType::SchoolYear, "2026").into());
    whole.push(Course::new("gone", "Geometry").into());
    assert_eq!(sync(store, night(whole)).problems, 0);
}

fn a_note_is_given_where_it_is_certain_and_once(store: &dyn Store) {
    let class = |number: u32| {
        let mut class = Class::new(format!("c{number}"), "Algebra");
        (class.org, class.course) = (Some("s1".into()), Some("gone".into()));
        Record::from(class)
    };
    let with = |number: u32| {
        let school = Record::from(Org::new("s1", OrgType::School, "Elm"));
        night([school].into_iter().chain((1..=number).map(class)))
    };
    let told = |events| dangling(&sync(store, events)).iter().map(|group| group.count).sum::<u64>();
    assert_eq!(told(with(1)), 1);

    let mut said = with(2);
    let problem = Problem::warning(codes::DANGLING_REFERENCE, "the files say so");
    said.push(Ok(PullEvent::Problem(Box::new(problem.of(EntityKind::Class).with_id("c2")))));
    assert_eq!(told(said), 1, "the source's own word alone");

    let mut in_doubt = with(3);
    let partial = Completeness::Partial { code: PartialCode::Unreadable, reason: "cut".into() };
    in_doubt.push(Ok(end(EntityKind::Course, partial)));
    assert_eq!(told(in_doubt), 0, "the courses were not all seen");

    let mut limited = request();
    limited.scope = Scope::of_orgs(["s1".into()]);
    let source = Playback::new(ROSTER).then(with(4));
    let asked = RosterSync::new(store, ROSTER).request(limited);
    let (report, _) = block_on(asked.plan(&source, &PullContext::default(), &mut |_| {})).unwrap();
    assert_eq!(report.kinds[&EntityKind::Class].created, 1);
    assert_eq!(dangling(&report).len(), 0, "what it names may lie outside");
}

fn what_waits_is_told_by_the_root_of_it(store: &dyn Store) {
    let records = || {
        let mut class = Class::new("c1", "Algebra");
        class.org = Some("s9".into());
        let seat = |number: u32| {
            let seat = Enrollment::new(format!("e{number}"), "c1", format!("p{number}"), Role::Student);
            [Record::from(seat), Person::new(format!("p{number}")).into_record()]
        };
        let lost = Enrollment::new("e9", "c9", "p1", Role::Student);
        [class.into(), lost.into()].into_iter().chain((1..=3).flat_map(seat))
    };
    let notes = [
        "The org s9 is not there; in quarantine for it: 1 (class), 3 (enrollment).",
        "The class c9 is not there; in quarantine for it: 1 (enrollment).",
    ];
    assert_eq!(sync(store, night(records())).notes, notes);
    assert_eq!(sync(store, night(records())).notes, notes, "as long as they wait");
    let school = Record::from(Org::new("s9", OrgType::School, "Oak"));
    let report = sync(store, night(records().chain([school])));
    assert_eq!(report.notes, notes[1..]);
    assert_eq!(report.kinds[&EntityKind::Enrollment].created, 3);
}

fn a_seat_that_was_protected_when_its_pupil_left_follows_later(store: &dyn Store) {
    let all = |with: &[&str]| {
        let class = Record::from(Class::new("c1", "Algebra"));
        let pupils = ["p1", "p2"].map(|id| Person::new(id).into_record());
        let seats = [("e1", "p1"), ("e2", "p2")]
            .map(|(id, person)| Record::from(Enrollment::new(id, "c1", person, Role::Student)));
        let records = [class].into_iter().chain(pupils).chain(seats);
        night(records.filter(|record| with.contains(&record.id().as_str())))
    };
    sync(store, all(&["c1", "p1", "p2", "e1", "e2"]));
    let mut events = all(&["c1", "p2", "e2"]);
    let problem = Problem::error(codes::BAD_DATE, "damaged").of(EntityKind::Enrollment).with_id("e1");
    events.push(Ok(PullEvent::Problem(Box::new(problem))));
    let report = sync(store, events);
    assert_eq!(
        (report.kinds[&EntityKind::Person].ended, report.kinds[&EntityKind::Enrollment].ended),
        (1, 0)
    );
    let report = sync(store, all(&["c1", "p2", "e1", "e2"]));
    let seats = report.kinds[&EntityKind::Enrollment];
    assert_eq!((seats.ended, seats.quarantined), (1, 1), "the row is sound again, and names nobody");
    let report = sync(store, all(&["c1", "p1", "p2", "e1", "e2"]));
    assert_eq!(report.kinds[&EntityKind::Enrollment].restored, 1);
}

fn a_seat_that_was_renamed_unseen_is_read_when_it_comes(store: &dyn Store) {
    let records = |pupil: &str| {
        let mut person = Person::new(pupil);
        person.identifiers = vec![Identifier::new(IdentifierScheme::SisId, "7")];
        let seat = Enrollment::new("e1", "c1", pupil, Role::Student);
        vec![Class::new("c1", "Algebra").into(), person.into_record(), Record::from(seat)]
    };
    sync(store, night(records("p1")));
    // The pupil has another id, and the row of the seat is damaged.
    let mut events = night(records("x1").into_iter().take(2));
    let problem = Problem::error(codes::BAD_DATE, "damaged").of(EntityKind::Enrollment).with_id("e1");
    events.push(Ok(PullEvent::Problem(Box::new(problem))));
    assert_eq!(sync(store, events).kinds[&EntityKind::Person].rekeyed, 1);
    // Then all is as it was; at first it is not sure that nobody else is there.
    let mut cut = night(records("p1"));
    let partial = Completeness::Partial { code: PartialCode::Unreadable, reason: "cut".into() };
    cut.push(Ok(end(EntityKind::Person, partial)));
    sync(store, cut);
    let report = sync(store, night(records("p1")));
    assert_eq!((report.status, report.kinds[&EntityKind::Enrollment].quarantined), (Status::Applied, 0));
    let wanted: BTreeMap<_, _> =
        records("p1").into_iter().map(|record| ((record.kind(), record.id().to_string()), record)).collect();
    assert!(active(store) == wanted && replayed(store) == wanted);
}

fn references_of_all_kinds_follow_a_rekey(store: &dyn Store) {
    let records = |school: &str| {
        let bears = || {
            let mut identifier = Identifier::new(IdentifierScheme::MisId, "7");
            identifier.org = Some(school.into());
            vec![identifier]
        };
        let mut org = Org::new(school, OrgType::School, "Elm");
        org.identifiers = vec![Identifier::new(IdentifierScheme::SisId, "elm")];
        let mut term = AcademicSession::new("t1", SessionType::Term, "Fall");
        (term.org, term.identifiers) = (Some(school.into()), bears());
        let mut course = Course::new("k1", "Algebra");
        (course.org, course.identifiers) = (Some(school.into()), bears());
        let mut class = Class::new("c1", "Algebra 1");
        (class.org, class.identifiers) = (Some(school.into()), bears());
        let mut person = Person::new("p1");
        person.affiliations = vec![Affiliation::new(Role::Student, Some(school.into()))];
        person.identifiers = bears();
        vec![org.into(), term.into(), course.into(), class.into(), person.into_record()]
    };
    sync(store, night(records("s1")));
    // The feed tells the school alone.
    let none = |kind| end(kind, Completeness::Changes);
    let school: Vec<Record> = records("s2").into_iter().take(1).collect();
    let mut events: Vec<_> = night(school)
        .into_iter()
        .filter(|event| !matches!(event, Ok(PullEvent::End { kind, .. }) if *kind != EntityKind::Org))
        .collect();
    events.extend(EntityKind::ALL.into_iter().filter(|kind| *kind != EntityKind::Org).map(none).map(Ok));
    let report = sync(store, events);
    assert_eq!(
        (report.status, report.kinds[&EntityKind::Org].rekeyed),
        (Status::Applied, 1),
        "{:?}",
        report.holds
    );
    let wanted: BTreeMap<_, _> = records("s2")
        .into_iter()
        .map(|record: Record| ((record.kind(), record.id().to_string()), record))
        .collect();
    assert!(active(store) == wanted && replayed(store) == wanted);
}
