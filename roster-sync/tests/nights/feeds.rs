//! Nights on which the vendor tells what changed.
#![allow(clippy::unnecessary_wraps, reason = "what makes an event makes an item of a stream")]

use roster_core::{
    Class, Course, Cursor, Enrollment, Entity, Identifier, Org, OrgType, Person, Role, SourceInfo,
};

use super::*;

stories! {
    what_precedes_the_last_checkpoint_is_applied,
    what_is_absent_before_the_last_checkpoint_ends,
    a_feed_that_breaks_off_at_once_loses_nothing,
    a_cursor_that_expired_is_followed_by_a_full_pull_at_once,
    what_only_a_full_pull_can_tell_makes_the_next_one_full,
    a_feed_without_a_new_cursor_goes_on_from_the_old_one,
    what_a_full_pull_could_not_read_is_read_in_full_again,
    a_feed_that_empties_a_kind_is_held,
    a_full_pull_that_failed_is_held_by_nothing,
    an_error_in_a_feed_makes_the_next_pull_full,
    seats_follow_their_class_and_their_person,
    seats_that_nobody_delivers_follow_too,
}

fn checkpoint(position: u32) -> Result<PullEvent> {
    let source = SourceInfo::new("playback", ROSTER);
    Ok(PullEvent::Checkpoint(Box::new(Cursor::encode(&source, 1, &request(), &position).unwrap())))
}

fn upsert(record: impl Into<Record>) -> Result<PullEvent> {
    Ok(PullEvent::Upsert { record: record.into(), unseen: FieldSet::EMPTY, place: None })
}

fn begins() -> Vec<Result<PullEvent>> {
    let begin = |kind| Ok(PullEvent::Begin { kind, expected: None, fields: FieldSet::all(kind) });
    EntityKind::ALL.map(begin).into()
}

/// What changed, told whole.
fn feed(events: Vec<Result<PullEvent>>, position: u32) -> Vec<Result<PullEvent>> {
    let ends = EntityKind::ALL.map(|kind| Ok(end(kind, Completeness::Changes)));
    begins().into_iter().chain(events).chain(ends).chain([checkpoint(position)]).collect()
}

fn first(records: Vec<Record>) -> Vec<Result<PullEvent>> {
    [checkpoint(1)].into_iter().chain(night(records)).collect()
}

fn broken(kind: ErrorKind) -> Result<PullEvent> {
    Err(Error::new(kind, "playback", "reading the feed", "the feed is no more"))
}

fn school(name: &str) -> Org {
    Org::new("s1", OrgType::School, name)
}

fn pupil(number: u32) -> Record {
    Person::new(format!("p{number}")).into_record()
}

fn delete(number: u32) -> Result<PullEvent> {
    Ok(PullEvent::Delete { kind: EntityKind::Person, id: format!("p{number}").into() })
}

fn ids(store: &dyn Store) -> Vec<String> {
    active(store).into_keys().map(|(_, id)| id).collect()
}

/// The ids and the school's name.
fn looks(store: &dyn Store) -> (Vec<String>, String) {
    let name = active(store).into_values().find_map(|record| match record {
        Record::Org(org) => Some(org.name),
        _ => None,
    });
    (ids(store), name.unwrap())
}

fn what_precedes_the_last_checkpoint_is_applied(store: &dyn Store) {
    sync(store, first((1..=4).map(pupil).chain([school("Elm").into()]).collect()));
    let mut events = begins();
    events.extend([upsert(pupil(5)), delete(1), checkpoint(2), upsert(pupil(6)), delete(2), delete(5)]);
    events.extend([upsert(school("Oak")), broken(ErrorKind::Transport)]);
    let report = sync(store, events);
    assert_eq!((report.status, report.mode), (Status::Failed, Mode::Changes));
    assert_eq!(report.error.as_ref().unwrap().kind, "transport");
    assert_eq!((report.kinds[&EntityKind::Person].created, report.kinds[&EntityKind::Person].ended), (1, 1));
    assert!(report.is_partial());
    let half = ["s1", "p2", "p3", "p4", "p5"].map(str::to_owned).to_vec();
    assert_eq!(looks(store), (half, "Elm".to_owned()));

    // The feed goes on from there, and nothing of what came after it is lost.
    let rest = vec![upsert(pupil(6)), delete(2), delete(5), upsert(school("Oak"))];
    let report = sync(store, feed(rest, 3));
    assert_eq!((report.status, report.mode), (Status::Applied, Mode::Changes));
    let whole = ["s1", "p3", "p4", "p6"].map(str::to_owned).to_vec();
    assert_eq!(looks(store), (whole, "Oak".to_owned()));
    assert_eq!(active(store), replayed(store));
}

/// A feed tells all seats of a class at once: the cursor goes past that, so that it must count.
fn what_is_absent_before_the_last_checkpoint_ends(store: &dyn Store) {
    let class = |id: &str| Class::new(id, id).into_record();
    let seat = |class: &str, person: u32| {
        Enrollment::from_parts(class.into(), format!("p{person}").into(), Role::Student).into_record()
    };
    let seats = [("c1", 1), ("c1", 2), ("c2", 1), ("c2", 2)].map(|(class, person)| seat(class, person));
    let records = [class("c1"), class("c2"), pupil(1), pupil(2)].into_iter().chain(seats);
    sync(store, first(records.collect()));
    let end_of = |class: &str| {
        let slice = Slice::Of(EntityKind::Class, class.into());
        Ok(PullEvent::End { kind: EntityKind::Enrollment, slice, completeness: Completeness::Complete })
    };
    let mut events = begins();
    events.extend([upsert(seat("c1", 1)), end_of("c1"), checkpoint(2), upsert(seat("c2", 1)), end_of("c2")]);
    events.push(broken(ErrorKind::Transport));
    assert_eq!(sync(store, events).status, Status::Failed);
    let seats: Vec<_> = ids(store).into_iter().filter(|id| id.contains(':')).collect();
    assert_eq!(seats, ["c1:p1:student", "c2:p1:student", "c2:p2:student"]);
}

fn a_feed_that_breaks_off_at_once_loses_nothing(store: &dyn Store) {
    sync(store, first(vec![pupil(1), school("Elm").into()]));
    let events = vec![upsert(pupil(2)), delete(1), broken(ErrorKind::Transport)];
    assert_eq!(sync(store, events).status, Status::Failed);
    assert_eq!(ids(store), ["s1", "p1"]);
    assert_eq!(sync(store, feed(vec![upsert(pupil(2))], 2)).mode, Mode::Changes);
    assert_eq!(ids(store), ["s1", "p1", "p2"]);
}

fn a_cursor_that_expired_is_followed_by_a_full_pull_at_once(store: &dyn Store) {
    for (number, kind) in [(2, ErrorKind::CursorExpired), (3, ErrorKind::CursorInvalid)] {
        sync_with(store, first((1..number).map(pupil).collect()), |sync| sync.full(true));
        let source = Playback::new(ROSTER)
            // What the feed said before it failed is forgotten.
            .then(vec![upsert(pupil(9)), delete(1), broken(kind)])
            .then(first((1..=number).map(pupil).collect()));
        let run = RosterSync::new(store, ROSTER).request(request());
        let report = block_on(run.run(&source, &PullContext::default())).unwrap();
        assert_eq!((report.status, report.mode), (Status::Applied, Mode::Full));
        let note = "Everything was pulled, since the cursor could not be used: the feed is no more.";
        assert_eq!(report.notes, [note]);
        assert_eq!(ids(store).len(), number as usize);
    }
    assert_eq!(sync(store, feed(Vec::new(), 4)).mode, Mode::Changes, "the new cursor is used");
}

fn what_only_a_full_pull_can_tell_makes_the_next_one_full(store: &dyn Store) {
    sync(store, first(vec![pupil(1)]));
    let mut events = feed(vec![upsert(pupil(2))], 2);
    let partial = Completeness::Partial { code: PartialCode::NeedsFull, reason: "a school came in".into() };
    events.insert(events.len() - 1, Ok(end(EntityKind::Person, partial)));
    let report = sync(store, events);
    assert_eq!((report.status, report.mode), (Status::Applied, Mode::Changes));
    assert!(!report.kinds[&EntityKind::Person].complete);
    let report = sync(store, first((1..=3).map(pupil).collect()));
    assert_eq!((report.status, report.mode), (Status::Applied, Mode::Full));
    assert_eq!(
        report.notes,
        ["Everything was pulled, since only a full pull can tell all of the kind person."]
    );
    assert_eq!(sync(store, feed(Vec::new(), 3)).mode, Mode::Changes, "once is enough");
}

fn an_error_in_a_feed_makes_the_next_pull_full(store: &dyn Store) {
    for named in [true, false] {
        sync_with(store, first(vec![pupil(1), pupil(2)]), |sync| sync.full(true));
        let problem = Problem::error(codes::BAD_DATE, "damaged").of(EntityKind::Person);
        let problem = if named { problem.with_id("p1") } else { problem };
        let report = sync(store, feed(vec![Ok(PullEvent::Problem(Box::new(problem)))], 2));
        assert_eq!((report.status, report.mode), (Status::Unchanged, Mode::Changes));
        let report = sync(store, first(vec![pupil(1), pupil(2)]));
        assert_eq!((report.status, report.mode), (Status::Unchanged, Mode::Full));
        assert!(report.notes[0].starts_with("Everything was pulled, since an error concerned"), "{report:?}");
        assert!(!report.notes[0].ends_with(".."), "{report:?}");
    }
}

fn a_feed_without_a_new_cursor_goes_on_from_the_old_one(store: &dyn Store) {
    sync(store, first(vec![pupil(1)]));
    for number in [2, 3] {
        let mut events = feed(vec![upsert(pupil(number))], 9);
        events.pop();
        assert_eq!(sync(store, events).mode, Mode::Changes);
    }
    assert_eq!(ids(store), ["p1", "p2", "p3"]);
}

fn what_a_full_pull_could_not_read_is_read_in_full_again(store: &dyn Store) {
    let all = || (1..=3).map(pupil).collect::<Vec<_>>();
    let unread = |code| {
        let mut events = first(vec![pupil(1)]);
        events.push(Ok(end(EntityKind::Person, Completeness::Partial { code, reason: "page 2".into() })));
        events
    };
    assert_eq!(sync(store, unread(PartialCode::Unreadable)).mode, Mode::Full);
    let report = sync(store, first(all()));
    assert_eq!(report.mode, Mode::Full, "a feed would never tell of page 2");
    assert_eq!(
        report.notes,
        ["Everything was pulled, since the last full pull could not read all of the kind person."]
    );
    assert_eq!(ids(store), ["p1", "p2", "p3"]);
    // What the vendor does not show is not there for another try either.
    let report = sync_with(store, unread(PartialCode::Withheld), |sync| sync.full(true));
    assert_eq!(report.mode, Mode::Full);
    assert_eq!(sync(store, feed(Vec::new(), 2)).mode, Mode::Changes);
}

fn a_feed_that_empties_a_kind_is_held(store: &dyn Store) {
    sync(store, first(vec![pupil(1), pupil(2), school("Elm").into()]));
    let report = sync(store, feed(vec![delete(1), delete(2)], 2));
    assert_eq!(report.status, Status::Held);
    assert!(
        report
            .holds
            .iter()
            .any(|hold| (hold.guard, hold.kind) == (Guard::EmptyKind, Some(EntityKind::Person)))
    );
    let report = sync(store, feed(vec![delete(1), delete(2), upsert(pupil(3))], 2));
    assert_eq!((report.status, ids(store)), (Status::Applied, vec!["s1".to_owned(), "p3".to_owned()]));
}

fn a_full_pull_that_failed_is_held_by_nothing(store: &dyn Store) {
    let named = |given: &'static str| {
        (1..=20).map(move |number| {
            let mut person = Person::new(format!("p{number}"));
            person.name.given = Some(given.to_owned());
            person.into_record()
        })
    };
    sync(store, night(named("A")));
    let mut events = night(named("B"));
    events.push(broken(ErrorKind::Transport));
    let report = sync(store, events);
    assert_eq!((report.status, report.holds, report.plan.as_str()), (Status::Failed, Vec::new(), ""));
}

/// A class and a pupil, known by what outlives their ids, and what hangs on them under ids made of theirs.
fn derived(class: &str, person: &str) -> Vec<Record> {
    let sis = |value: &str| vec![Identifier::new(IdentifierScheme::SisId, value)];
    let mut room = Class::new(class, "Algebra");
    (room.org, room.identifiers, room.course) = (Some("s1".into()), sis("room"), Some("k1".into()));
    let mut pupil = Person::new(person);
    pupil.identifiers = sis("pupil");
    let seat = |class: &str, person: &str| Enrollment::from_parts(class.into(), person.into(), Role::Student);
    vec![
        school("Elm").into(),
        Course::new("k1", "Algebra").into(),
        room.into(),
        pupil.into_record(),
        Person::new("q").into_record(),
        seat(class, person).into(),
        seat(class, "q").into(),
    ]
}

fn assert_followed(store: &dyn Store, report: &SyncReport, seats: u64) {
    assert_eq!(report.status, Status::Applied, "{:?}", report.holds);
    let counts = report.kinds[&EntityKind::Enrollment];
    assert_eq!((counts.rekeyed, counts.created, counts.ended), (seats, 0, 0));
    let wanted: BTreeMap<_, _> = derived("c2", "p2")
        .into_iter()
        .map(|record| ((record.kind(), record.id().to_string()), record))
        .collect();
    assert!(active(store) == wanted && replayed(store) == wanted);
}

fn seats_follow_their_class_and_their_person(store: &dyn Store) {
    sync(store, first(derived("c1", "p1")));
    let report = sync_with(store, first(derived("c2", "p2")), |sync| sync.full(true));
    assert_followed(store, &report, 2);
    let report = sync_with(store, first(derived("c2", "p2")), |sync| sync.full(true));
    assert_eq!(report.status, Status::Unchanged, "and stay where they are");
}

fn seats_that_nobody_delivers_follow_too(store: &dyn Store) {
    sync(store, first(derived("c1", "p1")));
    let gone = |kind, id: &str| Ok(PullEvent::Delete { kind, id: id.into() });
    let told = derived("c2", "p2").into_iter().filter(|record| ["c2", "p2"].contains(&record.id().as_str()));
    let mut events: Vec<_> = told.map(upsert).collect();
    events.extend([gone(EntityKind::Class, "c1"), gone(EntityKind::Person, "p1")]);
    let report = sync(store, feed(events, 2));
    assert_eq!(report.mode, Mode::Changes);
    assert_followed(store, &report, 2);
    // A full pull finds nothing else; it learns what the seats look like when they are delivered.
    let report = sync_with(store, first(derived("c2", "p2")), |sync| sync.full(true));
    assert!(report.kinds.values().all(|counts| counts.changes() == 0), "{report:?}");
    let report = sync_with(store, first(derived("c2", "p2")), |sync| sync.full(true));
    assert_eq!(report.status, Status::Unchanged);
}
