//! What a host asks for, and no longer asks for.

use roster_core::{
    Affiliation, Class, ClassField, Entity, Org, OrgType, Person, PersonField, Relationship, Role,
    jiff::civil::date,
};

use super::*;

stories! {
    what_is_no_longer_asked_for_is_erased_everywhere,
    what_is_withheld_stays_as_it_was,
    what_was_unknown_at_first_is_taken_when_it_is_told_again,
    contacts_come_and_go_with_the_request,
    what_is_withheld_survives_quarantine,
    fields_newly_asked_for_count_for_no_guard,
}

/// A word that stands in a sensitive field alone.
const SECRET: &str = "Canary";

fn person(number: u32, gender: Option<&str>) -> Person {
    let mut person = Person::new(format!("p{number}"));
    person.name.given = Some(format!("Given{number}"));
    person.affiliations = vec![Affiliation::new(Role::Student, Some("s1".into()))];
    if let Some(gender) = gender {
        person.sensitive_mut().gender = Some(gender.to_owned());
        person.sensitive_mut().birth_date = Some(date(2014, 2, 3));
    }
    person
}

fn people(numbers: impl IntoIterator<Item = u32>, gender: Option<&str>) -> Vec<Record> {
    let school = Record::from(Org::new("s1", OrgType::School, "Elm"));
    numbers.into_iter().map(|number| person(number, gender).into_record()).chain([school]).collect()
}

/// As `night`, seen without these fields of people.
fn blind(records: Vec<Record>, fields: impl IntoIterator<Item = PersonField>) -> Vec<Result<PullEvent>> {
    let mut events = night(records);
    let seen = FieldSet::all(EntityKind::Person).minus(FieldSet::of(fields));
    for event in &mut events {
        if let Ok(PullEvent::Begin { kind: EntityKind::Person, fields, .. }) = event {
            *fields = seen;
        }
    }
    events
}

fn asking(fields: impl IntoIterator<Item = SensitiveField>) -> PullRequest {
    PullRequest::full().with_sensitive(fields)
}

fn sync_asking(store: &dyn Store, events: Vec<Result<PullEvent>>, request: &PullRequest) -> SyncReport {
    sync_with(store, events, |sync| sync.request(request.clone()))
}

/// Held as `narrowed`, and then approved.
fn narrow(
    store: &dyn Store,
    events: impl Fn() -> Vec<Result<PullEvent>>,
    request: &PullRequest,
) -> SyncReport {
    let before = everything(store);
    let held = sync_asking(store, events(), request);
    assert_eq!(held.status, Status::Held);
    assert!(held.holds.iter().any(|hold| hold.guard == Guard::Narrowed), "{:?}", held.holds);
    assert_eq!(everything(store), before, "nothing is erased before that is approved");
    let report = sync_with(store, events(), |sync| sync.request(request.clone()).approve(&held.plan));
    assert_eq!(report.status, Status::Applied);
    assert_eq!(sync_asking(store, events(), request).status, Status::Unchanged);
    report
}

/// All that the store gives out, as text.
fn everything(store: &dyn Store) -> String {
    let changes = block_on(store.changes(ROSTER, 0, 100_000)).unwrap();
    let records = all(store).into_iter().map(|stored| stored.record);
    let told: Vec<_> = changes.into_iter().map(|change| change.record).chain(records).flatten().collect();
    serde_json::to_string(&told).unwrap()
}

fn what_is_no_longer_asked_for_is_erased_everywhere(store: &dyn Store) {
    // 1 stays; 2 is gone when the host stops asking; 3 lost the field before; 4 is not delivered that night.
    sync(store, night(people(1..=4, Some(SECRET))));
    let second = || people([1, 4], Some(SECRET)).into_iter().chain([person(3, None).into_record()]);
    sync(store, night(second()));
    assert!(everything(store).contains(SECRET) && everything(store).contains("2014-02-03"));

    let without = asking([SensitiveField::BirthDate]);
    let events = || {
        let mut events = blind(people([1, 3], None), [PersonField::Gender]);
        let partial = Completeness::Partial { code: PartialCode::Unreadable, reason: "cut".into() };
        events.retain(|event| !matches!(event, Ok(PullEvent::End { kind: EntityKind::Person, .. })));
        events.push(Ok(end(EntityKind::Person, partial)));
        events
    };
    let born = |number| {
        let mut person = person(number, None);
        person.sensitive_mut().birth_date = Some(date(2014, 2, 3));
        person
    };
    let delivered = || {
        let mut events = events();
        for event in &mut events {
            if let Ok(PullEvent::Upsert { record, .. }) = event
                && record.id().as_str() == "p1"
            {
                *record = born(1).into_record();
            }
        }
        events
    };
    let told = sync_asking(store, delivered(), &without).notes;
    assert!(
        told[0].starts_with("No longer asked for: the kind relationship, the sensitive field contacts, the sensitive field gender,"),
        "{told:?}"
    );
    let report = narrow(store, delivered, &without);
    assert_eq!(report.kinds[&EntityKind::Person].ended, 0);
    assert!(!everything(store).contains(SECRET), "{}", everything(store));
    let there = active(store);
    let of = |number: u32| there.get(&(EntityKind::Person, format!("p{number}"))).cloned();
    assert_eq!(of(1), Some(born(1).into_record()), "what is still asked for is there");
    assert_eq!(of(4), Some(born(4).into_record()), "also of whom the night did not tell");
    assert_eq!(of(3), Some(person(3, None).into_record()));
    assert!(replayed_without_the_blanked(store) == there);
}

/// As a host that comes later sees it: what was blanked is told by what follows.
fn replayed_without_the_blanked(store: &dyn Store) -> BTreeMap<(EntityKind, String), Record> {
    let mut tables: BTreeMap<u64, Record> = BTreeMap::new();
    for change in block_on(store.changes(ROSTER, 0, 100_000)).unwrap() {
        match change.record {
            Some(record) => drop(tables.insert(change.uid, record)),
            None if change.op == Op::End => drop(tables.remove(&change.uid)),
            None => {}
        }
    }
    tables.into_values().map(|record| ((record.kind(), record.id().to_string()), record)).collect()
}

fn what_is_withheld_stays_as_it_was(store: &dyn Store) {
    let whole = people(1..=3, Some(SECRET));
    sync(store, night(whole.clone()));
    let before = active(store);
    // Of the kind: the pull could not see it.
    let fields = || [PersonField::Gender, PersonField::BirthDate];
    let report = sync(store, blind(people(1..=3, None), fields()));
    assert_eq!(report.kinds[&EntityKind::Person].updated, 0, "{report:?}");
    assert!(active(store) == before);
    // What it could see is taken, beside what it could not.
    let renamed = people(1..=3, None).into_iter().map(|record| match record {
        Record::Person(mut person) if person.id.as_str() == "p1" => {
            person.name.given = Some("Other".to_owned());
            Record::Person(person)
        }
        other => other,
    });
    assert_eq!(sync(store, blind(renamed.collect(), fields())).kinds[&EntityKind::Person].updated, 1);
    for record in active(store).into_values() {
        let Record::Person(person) = record else { continue };
        assert_eq!(person.name.given.as_deref() == Some("Other"), person.id.as_str() == "p1");
        assert_eq!(person.sensitive.unwrap().gender.as_deref(), Some(SECRET));
    }
    // Of one record: it could not be read.
    let mut events = night(people(1..=3, Some("x")));
    for event in &mut events {
        if let Ok(PullEvent::Upsert { record, unseen, .. }) = event
            && record.id().as_str() == "p2"
        {
            *unseen = FieldSet::of(fields());
        }
    }
    sync(store, events);
    let gender = |id: &str| match &active(store)[&(EntityKind::Person, id.to_owned())] {
        Record::Person(person) => person.sensitive.clone().unwrap().gender.unwrap(),
        _ => String::new(),
    };
    assert_eq!(["p1", "p2", "p3"].map(gender), ["x", SECRET, "x"]);
}

/// A source may know only at the end of a list what it could see at its beginning.
fn what_was_unknown_at_first_is_taken_when_it_is_told_again(store: &dyn Store) {
    sync(store, night(people(1..=3, Some(SECRET))));
    let mut events = night(people(1..=3, None));
    let is_person =
        |event: &Result<PullEvent>| matches!(event, Ok(PullEvent::Upsert { record: Record::Person(_), .. }));
    let again: Vec<Result<PullEvent>> = events
        .iter()
        .filter(|event| is_person(event))
        .take(2)
        .filter_map(|event| event.as_ref().ok().cloned().map(Ok))
        .collect();
    for event in &mut events {
        if let Ok(PullEvent::Upsert { unseen, record: Record::Person(_), .. }) = event {
            *unseen = FieldSet::of([PersonField::Gender, PersonField::BirthDate]);
        }
    }
    let end = events.iter().rposition(is_person).unwrap() + 1;
    events.splice(end..end, again);
    let report = sync(store, events);
    let counts = &report.kinds[&EntityKind::Person];
    assert_eq!((counts.seen, counts.updated, counts.unchanged), (3, 2, 1), "{counts:?}");
    let has_gender = |id: &str| match &active(store)[&(EntityKind::Person, id.to_owned())] {
        Record::Person(person) => person.sensitive.is_some(),
        _ => panic!(),
    };
    assert_eq!(["p1", "p2", "p3"].map(has_gender), [false, false, true]);
}

fn what_is_withheld_survives_quarantine(store: &dyn Store) {
    let class = |location: Option<&str>| {
        let mut class = Class::new("c1", "Algebra");
        (class.org, class.location) = (Some("s1".into()), location.map(str::to_owned));
        Record::from(class)
    };
    let schools = || ["s1", "s2"].map(|id| Record::from(Org::new(id, OrgType::School, "Elm")));
    let blind = |records: Vec<Record>| {
        let mut events = night(records);
        for event in &mut events {
            if let Ok(PullEvent::Begin { kind: EntityKind::Class, fields, .. }) = event {
                *fields = fields.minus(FieldSet::of([ClassField::Location]));
            }
        }
        events
    };
    sync(store, night(schools().into_iter().chain([class(Some("R12"))])));
    // The school is lost, and with it the room's number is withheld.
    let [_, other] = schools();
    let events = || blind(vec![other.clone(), class(None)]);
    let held = sync(store, events());
    sync_with(store, events(), |sync| sync.approve(&held.plan));
    assert_eq!(all(store).iter().filter(|stored| stored.state == RecordState::Quarantined).count(), 1);
    sync(store, blind(schools().into_iter().chain([class(None)]).collect()));
    assert_eq!(active(store).get(&(EntityKind::Class, "c1".to_owned())), Some(&class(Some("R12"))));
}

/// A family: pupils, a parent of theirs, and a teacher who is a parent too.
fn family(with_contacts: bool) -> Vec<Record> {
    let mut records = people(1..=2, None);
    let mut teacher = Person::new("t1");
    teacher.affiliations = vec![Affiliation::new(Role::Teacher, Some("s1".into()))];
    if with_contacts {
        let mut parent = Person::new("g1");
        parent.name.given = Some(SECRET.to_owned());
        parent.affiliations = vec![Affiliation::new(Role::Guardian, None)];
        teacher.affiliations.push(Affiliation::new(Role::Guardian, None));
        let mut tie = Relationship::from_parts("p1".into(), "g1".into());
        tie.relation = Some(SECRET.to_owned());
        // It waits in quarantine, for a contact who never came.
        let mut lost = Relationship::from_parts("p2".into(), "g9".into());
        lost.relation = Some(SECRET.to_owned());
        records.extend([parent.into_record(), tie.into(), lost.into()]);
    }
    let mut teacher = teacher.into_record();
    teacher.normalize();
    records.push(teacher);
    records
}

fn contacts_come_and_go_with_the_request(store: &dyn Store) {
    let (none, contacts) = (asking([]), asking([SensitiveField::Contacts]));
    let alone = || {
        let mut events = night(family(false));
        events.retain(|event| {
            !matches!(
                event,
                Ok(PullEvent::Begin { kind: EntityKind::Relationship, .. }
                    | PullEvent::End { kind: EntityKind::Relationship, .. })
            )
        });
        events
    };
    sync_asking(store, alone(), &none);
    assert_eq!(active(store).len(), 4);

    let report = sync_asking(store, night(family(true)), &contacts);
    assert_eq!((report.status, report.kinds[&EntityKind::Relationship].created), (Status::Applied, 1));
    assert_eq!(report.kinds[&EntityKind::Relationship].quarantined, 1);
    assert!(everything(store).contains(SECRET));
    assert_eq!(active(store).len(), 6);

    let report = narrow(store, alone, &none);
    assert!(!everything(store).contains(SECRET), "{}", everything(store));
    assert_eq!(active(store).len(), 4);
    assert_eq!(report.kinds[&EntityKind::Person].ended, 1);
    let ties = report.kinds[&EntityKind::Relationship];
    assert!(ties.supported && ties.ended == 1 && !report.is_partial(), "the source has the kind: {ties:?}");
    assert_eq!(all(store).iter().filter(|stored| stored.state == RecordState::Quarantined).count(), 0);

    // They are the same when they come back.
    let report = sync_asking(store, night(family(true)), &contacts);
    assert_eq!(report.kinds[&EntityKind::Person].restored, 1);
    assert_eq!(report.kinds[&EntityKind::Relationship].restored, 1);
    assert!(active(store).len() == 6 && everything(store).contains(SECRET));
}

fn fields_newly_asked_for_count_for_no_guard(store: &dyn Store) {
    let none = asking([]);
    sync_asking(store, night(people(1..=50, None)), &none);
    let report = sync(store, night(people(1..=50, Some("x"))));
    assert_eq!(report.status, Status::Applied, "{:?}", report.holds);
    assert_eq!(report.kinds[&EntityKind::Person].updated, 50);
}
