//! Days of changes.

use std::collections::BTreeMap;

use roster_core::{Completeness, EntityKind, ErrorKind, PullRequest, Record, Slice, SourcedId};
use roster_testkit::{district::DistrictSpec, sandbox::WondeSandbox};

use super::{Told, pull, source};

type Held = BTreeMap<(EntityKind, SourcedId), Record>;

/// What a host holds after a pull, by the laws: deletes, complete slices, and a parent's end that takes its children along.
fn apply(held: &mut Held, told: &Told) {
    for key in &told.deleted {
        held.remove(key);
    }
    for (kind, slice, _) in told.ends.iter().filter(|(.., end)| *end == Completeness::Complete) {
        held.retain(|key, record| {
            let inside = match (slice, record) {
                (Slice::All, _) => key.0 == *kind,
                (Slice::Of(EntityKind::Class, class), Record::Enrollment(seat)) => seat.class == *class,
                (Slice::Of(EntityKind::Person, student), Record::Relationship(tie)) => {
                    tie.student == *student
                }
                _ => false,
            };
            !inside || told.records.contains_key(key)
        });
    }
    held.extend(told.records.iter().map(|(key, record)| (key.clone(), record.clone())));
    let keys: std::collections::BTreeSet<_> = held.keys().cloned().collect();
    held.retain(|_, record| match record {
        Record::Enrollment(seat) => {
            keys.contains(&(EntityKind::Class, seat.class.clone()))
                && keys.contains(&(EntityKind::Person, seat.person.clone()))
        }
        _ => true,
    });
}

fn differing(one: &Held, other: &Held) -> Vec<(EntityKind, SourcedId)> {
    let keys = one.keys().chain(other.keys());
    let mut keys: Vec<_> = keys.filter(|key| one.get(*key) != other.get(*key)).cloned().collect();
    keys.sort();
    keys.dedup();
    keys
}

#[tokio::test]
async fn a_hundred_changes_are_what_a_full_pull_finds() {
    for school in 0..2 {
        let sandbox = WondeSandbox::start(DistrictSpec::new(7).students(300)).unwrap();
        let school = sandbox.schools()[school].clone();
        let source = source(&sandbox, &school);
        let mut held = Held::new();
        let mut told = pull(&source, PullRequest::full()).await;
        apply(&mut held, &told);
        let mut changes = 0;
        let mut day = 0;
        while changes < 100 || day < 4 {
            day += 1;
            let truth = sandbox.next_day();
            changes += [&truth.created, &truth.updated, &truth.ended]
                .into_iter()
                .flat_map(BTreeMap::values)
                .flatten()
                .count();
            if day == 2 {
                // A pupil goes, and comes back under the same id a moment later.
                let mut gone = None;
                sandbox.edit(|district| {
                    let at = district
                        .people
                        .iter()
                        .position(|person| person.has_role(&roster_core::Role::Student));
                    gone = at.map(|at| district.people.remove(at));
                });
                sandbox.edit(|district| district.people.extend(gone.take()));
            }
            told = pull(&source, PullRequest::changes(told.cursor.take().unwrap())).await;
            assert!(told.error.is_none(), "{:?}", told.error);
            apply(&mut held, &told);
        }
        let fresh = pull(&source, PullRequest::full()).await;
        let mut expected = Held::new();
        apply(&mut expected, &fresh);
        assert_eq!(differing(&held, &expected), [], "after {changes} changes in {day} days");

        // What the feed can't tell, the reconcile finds.
        let goes = |id: &SourcedId| id.ends_with("20") || id.ends_with("21");
        sandbox.edit_silently(|district| {
            district.people.retain(|person| !goes(&person.id));
            district.enrollments.retain(|seat| !goes(&seat.person));
        });
        let quiet = pull(&source, PullRequest::changes(told.cursor.take().unwrap())).await;
        apply(&mut held, &quiet);
        let fresh = pull(&source, PullRequest::full()).await;
        apply(&mut expected, &fresh);
        let missed = differing(&held, &expected);
        assert!(!missed.is_empty() && missed.len() < 100, "{missed:?}");
        apply(&mut held, &fresh);
        assert_eq!(differing(&held, &expected), []);
    }
}

#[tokio::test]
async fn a_quiet_day_costs_few_requests_and_tells_nothing() {
    let sandbox = WondeSandbox::start(DistrictSpec::new(7).students(300)).unwrap();
    let school = sandbox.schools()[1].clone();
    let source = source(&sandbox, &school);
    let told = pull(&source, PullRequest::full()).await;
    let before = sandbox.requests();
    let told = pull(&source, PullRequest::changes(told.cursor.unwrap())).await;
    let people = told.of(EntityKind::Person) + told.of(EntityKind::Class) + told.of(EntityKind::Enrollment);
    assert_eq!((people, told.deleted.len()), (0, 0));
    assert!(sandbox.requests() - before <= 14, "{}", sandbox.requests() - before);
    assert_eq!(*told.all(EntityKind::Person), Completeness::Changes);
    // Orgs are always read whole.
    assert_eq!(*told.all(EntityKind::Org), Completeness::Complete);
}

#[tokio::test]
async fn during_a_migration_nothing_ends_and_after_it_all_is_read() {
    let sandbox = WondeSandbox::start(DistrictSpec::new(7)).unwrap();
    let school = sandbox.schools()[0].clone();
    let source = source(&sandbox, &school);
    let first = pull(&source, PullRequest::full()).await;
    sandbox.begin_migration(&school);
    sandbox.edit(|district| {
        district.people.pop();
        district.classes.pop();
    });
    let told = pull(&source, PullRequest::changes(first.cursor.clone().unwrap())).await;
    assert!(told.deleted.is_empty() && told.codes().contains(&"frozen"));
    let full = pull(&source, PullRequest::full()).await;
    for told in [&told, &full] {
        let frozen = |end: &Completeness| {
            matches!(end, Completeness::Partial { code: roster_core::PartialCode::Frozen, .. })
        };
        assert!(told.ends.iter().all(|(.., end)| frozen(end)), "{:?}", told.ends);
    }
    // What went meanwhile is told afterwards: the cursor stayed.
    sandbox.finish_migration(&school, false);
    let told = pull(&source, PullRequest::changes(told.cursor.unwrap())).await;
    assert_eq!(told.error.unwrap().kind(), ErrorKind::CursorExpired);
    let mut request = PullRequest::full();
    request.cursor = first.cursor;
    let told = pull(&source, request).await;
    assert!(told.codes().contains(&"mis_changed"));
    assert_eq!(*told.all(EntityKind::Person), Completeness::Complete);
}

#[tokio::test]
async fn what_classes_are_taken_from_is_not_decided_by_what_changed() {
    let sandbox = WondeSandbox::start(DistrictSpec::new(7).students(120)).unwrap();
    let school = sandbox.schools()[1].clone();
    let source = source(&sandbox, &school);
    sandbox.grant(&school, "classes.read", false);
    let told = pull(&source, PullRequest::full()).await;
    assert_eq!(told.of(EntityKind::Class), 0);
    // Nothing changed meanwhile, so that changes alone would tell of no class.
    sandbox.grant(&school, "classes.read", true);
    let told = pull(&source, PullRequest::changes(told.cursor.unwrap())).await;
    let classes = |told: &Told| {
        let all = told.records.values().filter_map(|record| match record {
            Record::Class(class) => Some((class.id.clone(), class.class_type.clone())),
            _ => None,
        });
        all.collect::<Vec<_>>()
    };
    let fresh = pull(&source, PullRequest::full()).await;
    assert!(!classes(&fresh).is_empty());
    assert_eq!(classes(&told), classes(&fresh));
    assert_eq!(told.of(EntityKind::Enrollment), fresh.of(EntityKind::Enrollment));
    assert_eq!(*told.all(EntityKind::Class), Completeness::Complete);
    assert!(!told.codes().contains(&"class_source"));

    // From now on changes tell.
    let quiet = pull(&source, PullRequest::changes(told.cursor.unwrap())).await;
    assert!(classes(&quiet).is_empty() && *quiet.all(EntityKind::Class) == Completeness::Changes);

    // A list that classes were not taken from before is read whole.
    let both = roster_wonde::WondeSource::builder().school(&school).token(sandbox.token());
    let both =
        both.base_url(sandbox.base_url()).class_source(roster_wonde::ClassSource::Both).build().unwrap();
    let told = pull(&both, PullRequest::changes(quiet.cursor.unwrap())).await;
    let groups = |told: &Told| {
        classes(told).into_iter().filter(|(_, of)| *of == roster_core::ClassType::Registration).count()
    };
    assert!(groups(&told) > 0);
    assert_eq!(groups(&told), groups(&pull(&both, PullRequest::full()).await));
}
