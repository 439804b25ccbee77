//! A district on Clever, night after night, into a store.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests, and functions of tests")]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use roster::{
    Enrollment, EntityKind, Person, PullContext, PullRequest, Record, Role, SensitiveField, SourcedId,
    clever::CleverSource,
    sync::{Guard, MemoryStore, Mode, RecordState, RosterSync, Status, Store, StoredRecord, SyncReport},
};
use roster_testkit::{
    TestClock,
    district::{District, DistrictSpec},
    sandbox::{At, CleverOptions, CleverSandbox, SandboxFault},
};

const ROSTER: &str = "lincoln";

type Records = BTreeMap<(EntityKind, String), Record>;

struct Town {
    sandbox: CleverSandbox,
    store: MemoryStore,
    clock: TestClock,
}

impl Town {
    fn new(spec: DistrictSpec) -> Self {
        let sandbox = CleverSandbox::start_with(spec.generate(), CleverOptions::default()).unwrap();
        Self { sandbox, store: MemoryStore::new(), clock: TestClock::default() }
    }

    fn cx(&self) -> PullContext {
        PullContext::default().with_clock(Arc::new(self.clock.clone()))
    }

    fn source(&self) -> CleverSource {
        CleverSource::builder()
            .base_url(self.sandbox.base_url())
            .district(self.sandbox.district_id())
            .client(self.sandbox.client_id(), self.sandbox.client_secret())
            .build()
            .unwrap()
    }

    async fn sync_as(&self, change: impl FnOnce(RosterSync<'_>) -> RosterSync<'_>) -> SyncReport {
        let sync = change(RosterSync::new(&self.store, ROSTER).request(everything()));
        sync.run(&self.source(), &self.cx()).await.unwrap()
    }

    async fn sync(&self) -> SyncReport {
        self.sync_as(|sync| sync).await
    }

    /// Compares with a store that is made now, by a full pull.
    async fn assert_like_fresh(&self) {
        let store = MemoryStore::new();
        let sync = RosterSync::new(&store, ROSTER).request(everything());
        let report = sync.run(&self.source(), &self.cx()).await.unwrap();
        assert_eq!(report.status, Status::Applied, "{report:?}");
        let (ours, fresh) = (active(&self.store).await, active(&store).await);
        let lacks = |one: &Records, other: &Records| -> Vec<(EntityKind, String)> {
            let differ = one.iter().filter(|(key, record)| other.get(*key) != Some(*record));
            differ.map(|(key, _)| key.clone()).collect()
        };
        assert_eq!((lacks(&ours, &fresh), lacks(&fresh, &ours)), (Vec::new(), Vec::new()));
        let held = all(&self.store).await;
        assert!(held.iter().all(|stored| stored.state != RecordState::Quarantined));
    }
}

fn everything() -> PullRequest {
    PullRequest::full().with_sensitive(SensitiveField::ALL)
}

async fn all(store: &dyn Store) -> Vec<StoredRecord> {
    let (mut list, mut after) = (Vec::new(), None);
    loop {
        let page = store.records(ROSTER, None, after, 1000).await.unwrap();
        list.extend(page.items);
        after = page.next;
        if after.is_none() {
            return list;
        }
    }
}

async fn active(store: &dyn Store) -> Records {
    let standing = all(store).await.into_iter().filter(|stored| stored.state == RecordState::Active);
    standing.map(|stored| ((stored.kind, stored.id.to_string()), stored.record.unwrap())).collect()
}

fn person(records: &Records, id: &str) -> Person {
    match &records[&(EntityKind::Person, id.to_owned())] {
        Record::Person(person) => (**person).clone(),
        _ => panic!(),
    }
}

/// Two hundred changes of all sorts.
fn two_hundred_changes(district: &mut District) {
    let schools: Vec<_> =
        district.orgs.iter().filter(|org| org.parent.is_some()).map(|org| org.id.clone()).collect();
    let mut changed = 0;
    // Moves between schools, and new names.
    let students = district.people.iter_mut().filter(|person| person.has_role(&Role::Student));
    for (at, student) in students.take(120).enumerate() {
        if at % 2 == 0 {
            let there = student.affiliations.first().and_then(|held| held.org.clone());
            let other = schools.iter().find(|school| Some(*school) != there.as_ref()).cloned();
            student.affiliations.iter_mut().for_each(|held| held.org.clone_from(&other));
        } else {
            student.name.family = Some(format!("Newname{changed}"));
        }
        changed += 1;
    }
    // A co-teacher added, to sections that somebody leaves, too.
    let teachers = district.people.iter().filter(|person| person.has_role(&Role::Teacher));
    let teachers: Vec<_> = teachers.map(|person| person.id.clone()).collect();
    let classes: Vec<_> =
        district.classes.iter().map(|class| (class.id.clone(), class.org.clone())).collect();
    for (at, (class, org)) in classes.iter().enumerate().take(30) {
        let mut seat =
            Enrollment::from_parts(class.clone(), teachers[at % teachers.len()].clone(), Role::Teacher);
        (seat.primary, seat.org) = (Some(false), org.clone());
        if district.enrollments.iter().all(|other| other.id != seat.id) {
            district.enrollments.push(seat);
        }
        let is_leaving = |seat: &Enrollment| seat.class == *class && seat.role == Role::Student;
        if let Some(leaving) = district.enrollments.iter().position(is_leaving) {
            district.enrollments.remove(leaving);
        }
        changed += 1;
    }
    // A section re-made: the same under another id.
    for (class, _) in classes.iter().skip(30).take(10) {
        let new = SourcedId::from(format!("{class}-again"));
        let is_it = |other: &&mut roster::Class| other.id == *class;
        district.classes.iter_mut().filter(is_it).for_each(|class| class.id = new.clone());
        for seat in district.enrollments.iter_mut().filter(|seat| seat.class == *class) {
            let (person, role) = (seat.person.clone(), seat.role.clone());
            seat.id = Enrollment::from_parts(new.clone(), person, role).id;
            seat.class = new.clone();
        }
        changed += 1;
    }
    // A contact edited: another address makes another contact.
    for person in district.people.iter_mut().filter(|person| person.is_contact()).take(25) {
        person.email = Some(format!("new.address{changed}@mail.example"));
        changed += 1;
    }
    // A person who loses one of two roles.
    let is_other = |role: &Role| role.is_staff() && *role != Role::Teacher;
    let has_two = |person: &&mut Person| {
        person.has_role(&Role::Teacher) && person.affiliations.iter().any(|held| is_other(&held.role))
    };
    let mut lost = 0;
    for person in district.people.iter_mut().filter(has_two).take(5) {
        person.affiliations.retain(|held| !is_other(&held.role));
        lost += 1;
    }
    assert!(lost > 0);
    // A term re-made, and courses renamed: they get other ids by that.
    district.sessions.iter_mut().for_each(|session| session.title.push_str(" (moved)"));
    for course in district.courses.iter_mut().take(15) {
        course.title.push_str(" II");
        changed += 1;
    }
    assert!(changed + lost >= 200, "{changed}");
}

#[tokio::test]
async fn two_hundred_changes_replayed_are_as_a_fresh_full_pull() {
    let town = Town::new(DistrictSpec::new(21).schools(3).students(400));
    assert_eq!(town.sync().await.status, Status::Applied);
    let second = town.sync().await;
    assert_eq!((second.status, second.mode), (Status::Unchanged, Mode::Changes));

    let events = town.sandbox.events();
    town.sandbox.edit(two_hundred_changes);
    // What says the same under other ids is told too.
    town.sandbox.remake_catalogue();
    let events = town.sandbox.events() - events;
    assert!(events > 200, "{events}");
    let before = town.sandbox.requests();
    let held = town.sync().await;
    let requests = town.sandbox.requests() - before;
    assert_eq!(held.mode, Mode::Changes);
    assert!(requests <= events as u64 / 1000 + 5, "{requests} requests for {events} events");
    let report = match held.status {
        Status::Held => town.sync_as(|sync| sync.approve(held.plan.clone())).await,
        _ => held,
    };
    assert_eq!((report.status, report.mode), (Status::Applied, Mode::Changes), "{report:?}");
    town.assert_like_fresh().await;
    assert_eq!(town.sync().await.status, Status::Unchanged);
    for _ in 0..3 {
        town.sandbox.next_day();
        assert_eq!(town.sync().await.mode, Mode::Changes);
    }
    town.assert_like_fresh().await;
}

#[tokio::test]
async fn a_replay_that_breaks_off_goes_on_where_it_stopped() {
    for (fault, at) in [
        ("status_500:events", At::Any),
        ("cut_body:events", At::Middle),
        ("cut_body:events", At::Last),
        ("status_500:terms", At::Any),
        ("status_500:courses", At::Any),
        ("invalid_json:districts", At::Any),
    ] {
        let town = Town::new(DistrictSpec::new(22).schools(2).students(500));
        town.sync().await;
        for _ in 0..2 {
            town.sandbox.next_day();
        }
        town.sandbox.fault(fault.parse::<SandboxFault>().unwrap().at(at));
        // Small pages, so that some lie behind the fault.
        let mut request = everything();
        request.page_size = Some(10);
        let report = town.sync_as(|sync| sync.request(request.clone())).await;
        assert_eq!(
            (report.status, report.mode),
            (Status::Failed, Mode::Changes),
            "{fault} {at:?}: {report:?}"
        );
        town.sandbox.recover();
        let report = town.sync_as(|sync| sync.request(request.clone())).await;
        assert_eq!(
            (report.status, report.mode),
            (Status::Applied, Mode::Changes),
            "{fault} {at:?}: {report:?}"
        );
        town.assert_like_fresh().await;
    }
}

#[tokio::test]
async fn many_who_are_missing_are_held_a_few_end_and_come_back_under_their_names() {
    let town = Town::new(DistrictSpec::new(23).schools(2).students(1000).families_with_contacts(0));
    town.sync().await;
    let whole = town.sandbox.district();
    let uids = |records: Vec<StoredRecord>| -> BTreeMap<String, u64> {
        let people = records.into_iter().filter(|stored| stored.kind == EntityKind::Person);
        people.filter_map(|stored| Some((stored.id.to_string(), stored.uid?))).collect()
    };
    let before = uids(all(&town.store).await);
    let without = |count: usize| {
        let mut district = whole.clone();
        let students = district.people.iter().filter(|person| person.has_role(&Role::Student));
        let gone: BTreeSet<_> = students.map(|person| person.id.clone()).take(count).collect();
        district.people.retain(|person| !gone.contains(&person.id));
        district.enrollments.retain(|seat| !gone.contains(&seat.person));
        district
    };
    town.sandbox.edit(|district| *district = without(300));
    let held = town.sync_as(|sync| sync.full(true)).await;
    assert_eq!((held.status, held.mode), (Status::Held, Mode::Full));
    let is_it =
        |hold: &roster::sync::Hold| hold.guard == Guard::Ends && hold.kind == Some(EntityKind::Person);
    assert!(held.holds.iter().any(is_it));
    town.sandbox.edit(|district| *district = without(10));
    let ended = town.sync_as(|sync| sync.full(true)).await;
    assert_eq!((ended.status, ended.kinds[&EntityKind::Person].ended), (Status::Applied, 10));
    town.sandbox.edit(|district| *district = whole.clone());
    let back = town.sync_as(|sync| sync.full(true)).await;
    assert_eq!((back.status, back.kinds[&EntityKind::Person].restored), (Status::Applied, 10));
    assert_eq!(uids(all(&town.store).await), before);
}

/// Contacts and their relationships.
fn contacts(records: &Records) -> (usize, usize) {
    let is_contact = |record: &&Record| matches!(record, Record::Person(person) if person.is_contact());
    let ties = records.keys().filter(|(kind, _)| *kind == EntityKind::Relationship).count();
    (records.values().filter(is_contact).count(), ties)
}

#[tokio::test]
async fn contacts_that_are_no_longer_shared_are_kept_and_told_to_be_frozen() {
    for full in [true, false] {
        let town = Town::new(DistrictSpec::new(24).schools(2).students(100));
        town.sync().await;
        let before = contacts(&active(&town.store).await);
        assert!(before.0 > 50 && before.1 > 50);
        town.sandbox.share_contacts(false);
        let report = town.sync_as(|sync| sync.full(full)).await;
        assert!(matches!(report.status, Status::Applied | Status::Unchanged), "{report:?}");
        assert!(!report.kinds[&EntityKind::Relationship].complete && report.is_partial());
        let mut told = report.report.iter().flat_map(|group| &group.first);
        assert!(told.any(|problem| problem.message.contains("frozen")), "{report:?}");
        assert_eq!(contacts(&active(&town.store).await), before, "full: {full}");
        // They stay so, however often it is looked.
        town.sync().await;
        town.sync_as(|sync| sync.full(true)).await;
        assert_eq!(contacts(&active(&town.store).await), before);
        town.sandbox.share_contacts(true);
        town.sync_as(|sync| sync.full(true)).await;
        town.assert_like_fresh().await;
    }
}

/// With a district's own token nothing tells its scopes: the feed alone does, by taking all contacts away.
#[tokio::test]
async fn a_feed_that_takes_all_contacts_away_is_not_believed() {
    let town = Town::new(DistrictSpec::new(25).schools(2).students(100));
    let source = CleverSource::builder()
        .base_url(town.sandbox.base_url())
        .district(town.sandbox.district_id())
        .token(town.sandbox.token())
        .build()
        .unwrap();
    let sync = RosterSync::new(&town.store, ROSTER).request(everything());
    sync.run(&source, &town.cx()).await.unwrap();
    let before = contacts(&active(&town.store).await);
    town.sandbox.share_contacts(false);
    let report = sync.run(&source, &town.cx()).await.unwrap();
    assert_eq!(report.mode, Mode::Changes);
    assert!(!report.kinds[&EntityKind::Relationship].complete, "{report:?}");
    assert_eq!(contacts(&active(&town.store).await), before);
}

#[tokio::test]
async fn what_is_sensitive_and_no_longer_asked_for_is_held_and_then_erased() {
    let town = Town::new(DistrictSpec::new(26).schools(2).students(60));
    town.sync().await;
    let held = town.sync_as(|sync| sync.request(PullRequest::full())).await;
    assert_eq!(held.status, Status::Held);
    assert!(held.holds.iter().any(|hold| hold.guard == Guard::Narrowed));
    let report = town.sync_as(|sync| sync.request(PullRequest::full()).approve(held.plan.clone())).await;
    assert_eq!(report.status, Status::Applied, "{report:?}");
    let records = active(&town.store).await;
    assert_eq!(contacts(&records), (0, 0));
    let is_secret = |record: &Record| matches!(record, Record::Person(person) if person.sensitive.is_some());
    assert!(!records.values().any(is_secret));
}

#[tokio::test]
async fn a_shrunken_event_blanks_nothing_and_a_lost_role_is_lost() {
    let town = Town::new(DistrictSpec::new(27).schools(2).students(60));
    town.sync().await;
    let said = town.sandbox.said();
    let student = said.people.iter().find(|person| person.has_role(&Role::Student)).unwrap();
    let before = person(&active(&town.store).await, &student.id);
    // Neither name nor roles, and another address.
    let object = serde_json::json!({ "id": student.id, "email": "shrunken@students.example" });
    town.sandbox.add_event("users.updated", &object);
    let report = town.sync().await;
    assert_eq!((report.status, report.mode), (Status::Applied, Mode::Changes), "{report:?}");
    let after = person(&active(&town.store).await, &student.id);
    assert_eq!(after.email.as_deref(), Some("shrunken@students.example"));
    let mut expected = before;
    expected.email.clone_from(&after.email);
    assert!(after == expected);

    // Of a teacher who also was staff, the staff's role and ids go.
    let has_two = |person: &&Person| person.has_role(&Role::Teacher) && person.has_role(&Role::Staff);
    let two = said.people.iter().find(has_two).unwrap();
    town.sandbox.edit(|district| {
        let is_it = |person: &&mut Person| person.has_role(&Role::Teacher) && person.email == two.email;
        let it = district.people.iter_mut().find(is_it).unwrap();
        it.affiliations.retain(|held| held.role == Role::Teacher);
    });
    town.sync().await;
    let after = person(&active(&town.store).await, &two.id);
    assert!(!after.has_role(&Role::Staff) && after.has_role(&Role::Teacher));
    assert!(after.identifiers.iter().all(|id| id.role != Some(Role::Staff)));
    assert!(after.identifiers.iter().any(|id| id.role == Some(Role::Teacher)));
}

/// What is no longer shared looks like what is not there. A stored "yes" is not made a "no" by that.
#[tokio::test]
async fn a_fact_that_is_no_longer_shared_stays_as_it_was() {
    use roster::DemographicField::EnglishLearner;

    let town = Town::new(DistrictSpec::new(29).schools(2).students(60));
    town.sync().await;
    let learners = |records: &Records| -> BTreeMap<(EntityKind, String), String> {
        let fact = |record: &Record| match record {
            Record::Person(person) => person.sensitive.as_ref()?.demographics.get(&EnglishLearner).cloned(),
            _ => None,
        };
        records.iter().filter_map(|(key, record)| Some((key.clone(), fact(record)?))).collect()
    };
    let before = learners(&active(&town.store).await);
    assert!(before.values().any(|word| word == "true"));
    town.sandbox.edit(|district| {
        for person in &mut district.people {
            if let Some(sensitive) = &mut person.sensitive {
                sensitive.demographics.remove(&EnglishLearner);
            }
        }
    });
    town.sync_as(|sync| sync.full(true)).await;
    assert_eq!(learners(&active(&town.store).await), before);
}

#[tokio::test]
async fn a_paused_district_ends_nobody_and_one_that_is_gone_neither() {
    let town = Town::new(DistrictSpec::new(28).schools(2).students(60));
    town.sync().await;
    let before = active(&town.store).await;
    town.sandbox.set_state("paused");
    town.sandbox.edit(|district| {
        district.people.retain(Person::is_contact);
        district.enrollments.clear();
    });
    let report = town.sync_as(|sync| sync.full(true)).await;
    assert!(report.is_partial(), "{report:?}");
    assert_eq!(report.kinds[&EntityKind::Person].ended, 0);
    assert_eq!(active(&town.store).await.len(), before.len());
    town.sandbox.revoke(true);
    let report = town.sync_as(|sync| sync.full(true)).await;
    assert_eq!((report.status, report.error.unwrap().kind.as_str()), (Status::Failed, "unauthorized"));
    assert_eq!(active(&town.store).await.len(), before.len());
}
